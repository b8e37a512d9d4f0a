"""What to read of a stream, and the shares it is cut into."""

from dataclasses import dataclass

DEFAULT_BATCH_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Window:
    """Rows whose cursor column lies in ``(after, until]``; None means no bound.

    Bounds are texts in ISO 8601 (timestamps, dates; instants in UTC with ``+00:00``) or
    decimal digits, as `Source.newest` returns them.

    Attributes:
        inclusive: Also take rows equal to `after` (a merge re-reads ties; none is lost).
    """

    column: str
    after: str | None = None
    until: str | None = None
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows whose integer key column lies in ``[lower, upper)``; None means no bound."""

    column: str
    lower: int | None = None
    upper: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading one stream; the same value gives the same rows in every process.

    Attributes:
        stream: A name that the source's catalogue lists.
        columns: Columns wanted, in this order, or None for all.
        window: Only rows in this window of a cursor column.
        keys: Only rows in this range of an integer key (repair, re-reading a range).
        batch_bytes: Arrow bytes of a batch to aim at; a batch stays below twice this
            unless a single row is larger.
    """

    stream: str
    columns: tuple[str, ...] | None = None
    window: Window | None = None
    keys: KeyRange | None = None
    batch_bytes: int = DEFAULT_BATCH_BYTES


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a reading that can be read on its own, in a stable order.

    Shares are stored with the progress of a load and read by later processes.

    Attributes:
        name: Unique within the reading, at most 60 characters.
        bounds: What the source needs to find it again, as text of its own.
    """

    name: str
    bounds: str = ""
