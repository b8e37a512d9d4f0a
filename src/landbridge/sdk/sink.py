"""What a sink must offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import pyarrow as pa

from landbridge.data.schema import StreamSchema
from landbridge.sdk.progress import Progress, Settled

WriteMode = Literal["append", "merge", "replace", "mirror"]
FitKind = Literal["exact", "widening", "lossy", "refused"]


@dataclass(frozen=True, slots=True)
class Fit:
    """How the target would keep a column.

    Attributes:
        kind: `exact`: every value comes back equal. `widening`: equal, in a wider or less
            specific type. `lossy`: some values change (`reason` says which); needs a
            waiver. `refused`: cannot be kept.
        native: The target's column type.
        reason: What is lost or why it is refused, in a few words.
    """

    kind: FitKind
    native: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that opening or publishing a load does to the target.

    Attributes:
        action: What is done.
        statement: The statement, or a sentence where there is none.
        destructive: Whether data or structure is removed.
    """

    action: Literal["create", "add_column", "widen_column", "replace", "delete_rows", "write"]
    statement: str
    destructive: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """One stream's copy, as the target is told of it.

    Attributes:
        load_id: Stable identity over runs (flow, node and stream), at most 180 characters.
        run_id: The run that opens it; becomes the owner of the generation.
        generation: Which generation to open; `resume` says whether it exists already.
        resume: Continue an open generation instead of beginning it.
        plan: Text kept with the generation.
        stream: The target stream.
        columns: What rows look like: canonical storages with meanings.
        key: Columns that identify a row; needed by merge and mirror.
        mode: `append` adds rows; `merge` inserts or updates by key; `replace` publishes
            the new rows in place of all old ones; `mirror` makes the target equal, rows
            gone from the source deleted.
        evolve: Whether columns may be added and widened in an existing target.
        comment: The table's comment for a target created now.
    """

    load_id: str
    run_id: str
    generation: int
    stream: str
    columns: pa.Schema
    mode: WriteMode
    key: tuple[str, ...] = ()
    plan: str = ""
    resume: bool = False
    evolve: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did beyond the rows written.

    Attributes:
        rows: Rows in the target stream afterwards, when the target can say cheaply.
        deleted: Rows that a mirror removed.
    """

    rows: int | None = None
    deleted: int = 0


class Writer(Protocol):
    """One connection writing one load; used by one thread. Several write side by side."""

    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        """Make the rows and the share's new totals durable together, or change nothing.

        Rows of a merge have unique keys within one batch. `rows` may be empty (all were
        filtered or quarantined): the progress is stored all the same.

        The sink checks that the target took exactly `rows.num_rows` rows before it
        commits; truncated, skipped or coerced values count as refused.

        Raises:
            RowsRefusedError: The data is refused; nothing was kept.
            LoadBusyError: The generation has another owner; nothing was kept.
            SystemUnavailableError: The outcome is unknown. The runtime reopens the load
                and trusts the progress that the target then reports.
        """
        ...

    def refusal(self, rows: pa.RecordBatch) -> str | None:
        """Return why the target would refuse these rows, or None; leaves no trace.

        Called to isolate refused rows by bisection, after `write` raised.
        """
        ...

    def close(self) -> None:
        """Release the connection. Calling twice is allowed."""
        ...


class Loading(Protocol):
    """An open generation of a load."""

    def writer(self) -> Writer:
        """Return a new writer with a connection of its own. Callable from any thread."""
        ...

    def publish(self) -> Published:
        """Make the load visible and mark the generation published, atomically.

        `append` and `merge` only mark. `replace` swaps the new rows in; on any failure the
        old ones stay. `mirror` applies differences and deletes rows that were not loaded.
        Called once, after every share is done; calling again after a crash is harmless.
        """
        ...

    def discard(self) -> None:
        """Give the generation up: drop its staging; rows already visible stay."""
        ...

    def close(self) -> None:
        """Release everything; an unpublished generation stays open for a later resume."""
        ...


class Sink(Protocol):
    """Write side of one connection, built but not yet connected.

    As with sources, the runtime retries and reconnects; a sink does not. Methods are
    called from one thread at a time; writers from their own.
    """

    def check(self) -> str:
        """Connect, prove that writing is possible, and return the system's version."""
        ...

    def describe(self, stream: str) -> StreamSchema | None:
        """Return the target stream as it is now, or None when it does not exist."""
        ...

    def fit(self, column: pa.Field) -> Fit:
        """Return how a newly created column of this type would be kept."""
        ...

    def changes(self, load: Load) -> Sequence[Change]:
        """Return everything that opening and publishing this load would do. Changes nothing.

        Raises:
            SchemaChangedError: The existing target does not fit and may not evolve.
        """
        ...

    def progress(self, load_id: str, stream: str) -> Progress | None:
        """Return the latest generation of a load, or None when the target knows none."""
        ...

    def open(self, load: Load) -> Loading:
        """Create or evolve the target or its staging, and take ownership of the generation.

        Beginning a generation discards an open one of the same load: its staging is
        dropped, and its writers are refused from then on. Resuming one takes it over from
        its owner.

        Raises:
            LoadBusyError: The generation to resume is not open any more.
            SchemaChangedError: See `changes`.
        """
        ...

    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        """Merge `rows` by key and delete the keys in `gone`, in one transaction.

        Args:
            load: Names stream, columns and key; no generation is opened.
            rows: Rows to insert or update; may be empty.
            gone: Key columns of rows to delete; may be empty.
        """
        ...

    def close(self) -> None:
        """Release everything. Calling twice is allowed."""
        ...
