"""What a source must offer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.sdk.reading import Reading, Share


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One line of a catalogue.

    Attributes:
        name: What documents call the stream (``public.orders``, ``orders/*.csv``).
        kind: What it is in its system.
        comment: Its comment, or "".
        rows: Estimated number of rows, or None.
    """

    name: str
    kind: Literal["table", "view", "file", "endpoint"] = "table"
    comment: str = ""
    rows: int | None = None


class Source(Protocol):
    """Read side of one connection, built but not yet connected.

    The runtime retries, reconnects, batches, counts and traces; a source starts no thread,
    logs nothing and never retries on its own. `read` is called from several threads at
    once for different shares; every other method from one thread at a time.
    """

    def check(self) -> str:
        """Connect, prove that reading is possible, and return the system's version.

        Raises:
            AuthenticationRefusedError: Credentials or rights do not suffice.
            SystemUnavailableError: Nobody answers.
        """
        ...

    def streams(self) -> Iterator[StreamEntry]:
        """List what can be read, in name order, without system catalogues."""
        ...

    def describe(self, stream: str) -> StreamSchema:
        """Return the columns and key that `stream` has now, without reading all rows.

        Raises:
            StreamMissingError: There is no such stream.
        """
        ...

    def newest(self, reading: Reading, column: str) -> str | None:
        """Return the greatest value of a cursor column as text, or None without rows.

        Called before `shares` of an incremental read; the answer becomes the window's
        `until`, so that rows arriving meanwhile wait for the next run.
        """
        ...

    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        """Cut the reading into disjoint shares that together hold every row.

        Args:
            reading: What to read.
            want: How many the runtime would like; a wish. One share is always right.

        The source fixes its snapshot here, where it has snapshots: all shares that this
        object reads see the same moment.
        """
        ...

    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        """Yield every row of `share` past `after`, in an order that never changes.

        The caller keeps `Batch.resume` with the rows it has made durable and passes it
        back after a crash, perhaps in another process. A source that returns rows at or
        before `after` delivers them twice; one that skips past it loses them. Rows come
        in the schema that `describe` gives (narrowed to the reading's columns). Batches
        are never empty. A dropped iterator is closed and must release its resources.

        Raises:
            SystemUnavailableError: The system stopped answering. The runtime builds the
                source anew and calls again with the last durable position.
            PositionUnusableError: `after` cannot be resumed from.
            DataUnreadableError: A value cannot be read exactly; facts name its place.

        Example:
            >>> import pyarrow as pa
            >>> from landbridge.testing.memory import MemorySource
            >>> source = MemorySource({"t": pa.table({"n": [1, 2, 3]})}, batch_rows=2)
            >>> [share] = source.shares(Reading("t"), want=1)
            >>> first, second = source.read(Reading("t"), share, after=None)
            >>> [again] = source.read(Reading("t"), share, after=first.resume)
            >>> again.rows.column("n").to_pylist()
            [3]
        """
        ...

    def close(self) -> None:
        """Release everything. Calling twice is allowed."""
        ...
