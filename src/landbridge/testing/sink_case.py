"""What the checks of a sink work on."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import INSTANT, TIMESTAMP, UUID, Meaning, column
from landbridge.sdk.manifest import SinkCapabilities
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.sink import Load, Loading, Sink, WriteMode
from landbridge.testing.rows import Row, unordered

SAMPLE = pa.schema(
    [
        column("id", pa.int64(), Meaning("int", comment="number"), nullable=False),
        column("label", pa.string(), Meaning("text", comment="名称 'quoted'", length=200)),
        column("amount", pa.decimal128(12, 2), Meaning("decimal")),
        column("ratio", pa.float64(), Meaning("float")),
        column("active", pa.bool_(), Meaning("bool")),
        column("born", pa.date32(), Meaning("date")),
        column("at", TIMESTAMP, Meaning("timestamp")),
        column("seen", INSTANT, Meaning("instant")),
        column("payload", pa.binary(), Meaning("binary")),
        column("ref", UUID, Meaning("uuid")),
    ]
)
"""Columns of the rows that the checks write."""

_LABELS = ("plain", "", "中文，表情 😀", "tab\tline\nquote'\"back\\slash;--", " spaces ")


def sample(count: int, *, start: int = 0, mark: str = "") -> pa.RecordBatch:
    """Return so many rows with the ids from `start`; every seventh has only NULLs beside."""
    rows: list[dict[str, object]] = []
    for number in range(start, start + count):
        row: dict[str, object] = {"id": number}
        if number % 7 != 6:  # noqa: PLR2004  every seventh
            row |= {
                "label": mark + _LABELS[number % len(_LABELS)],
                "amount": Decimal(number * 37 - 100) / 100,
                "ratio": number / 3 - 1,
                "active": number % 2 == 0,
                "born": date(1999, 12, 31) + timedelta(days=number),
                "at": datetime(2026, 2, 28, 23, 59, 59, 123456)  # noqa: DTZ001  local
                + timedelta(hours=number),
                "seen": datetime(2026, 2, 28, 23, 59, 59, 654321, tzinfo=UTC)
                + timedelta(minutes=number),
                "payload": bytes([0, 255, 39, number % 256]),
                "ref": number.to_bytes(16, "big"),
            }
        rows.append(row)
    return pa.RecordBatch.from_pylist(rows, schema=SAMPLE)


def null_key(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows with the id of the last one gone, which a keyed target refuses."""
    ids = rows.column("id").to_pylist()
    return rows.set_column(0, SAMPLE.field("id"), pa.array([*ids[:-1], None], pa.int64()))


@dataclass(frozen=True, slots=True)
class SinkCase:
    """A live, writable target without streams of our own yet; every check gets its own.

    Attributes:
        build: Returns a new sink object for the target, as a later process would have.
        rows: Reads what readers of a stream see now, by other means than the sink; None
            when there is no such stream.
        writes: What the manifest says.
        columns: Columns of the sample that are used; `id` is the key and comes first.
        spoil: Makes the target refuse the last of the rows, or None when it never does.
        stream: Beginning of the names of the streams that the checks create.
        odd: A name with blanks, quotes and Chinese, or "" where names are restricted.
        comments: Whether the target keeps comments.
    """

    build: Callable[[], Sink]
    rows: Callable[[str], pa.Table | None]
    writes: SinkCapabilities
    columns: tuple[str, ...] = field(default=tuple(SAMPLE.names))
    spoil: Callable[[pa.RecordBatch], pa.RecordBatch] | None = null_key
    stream: str = "contract"
    odd: str = "select 'odd\" 表"
    comments: bool = True

    @property
    def schema(self) -> pa.Schema:
        """The columns used."""
        return pa.schema([SAMPLE.field(name) for name in self.columns])

    @property
    def keyed_modes(self) -> list[WriteMode]:
        """Modes offered, in a stable order."""
        return sorted(self.writes.modes)

    def sample(self, count: int, *, start: int = 0, mark: str = "") -> pa.RecordBatch:
        """Return rows of the columns used."""
        return sample(count, start=start, mark=mark).select(list(self.columns))

    def load(self, mode: WriteMode, *, run: str = "run-1", generation: int = 1) -> Load:
        """Return a new load of its own stream for this mode."""
        return Load(
            load_id=f"contract/{mode}",
            run_id=run,
            generation=generation,
            stream=f"{self.stream}_{mode}",
            columns=self.schema,
            mode=mode,
            key=("id",),
            plan=f"plan of {run}",
            comment="表 'comment'",
        )

    def visible(self, stream: str) -> list[Row]:
        """Return what readers see, in the storages that were written."""
        found = self.rows(stream)
        assert found is not None, f"there is no stream {stream}"
        return unordered(found.select(list(self.columns)).cast(self.schema))

    def progress(self, load: Load) -> Progress:
        """Return what a later process sees of a load."""
        with closing(self.build()) as sink:
            found = sink.progress(load.load_id, load.stream)
        assert found is not None, "the target knows nothing of the load"
        return found

    def fill(self, load: Load, *batches: pa.RecordBatch) -> None:
        """Open the load with a new sink, write the batches as one share, publish, close."""
        sink = self.build()
        loading = sink.open(load)
        writer = loading.writer()
        for settled, rows in totals("all", batches):
            writer.write(rows, settled)
        writer.close()
        loading.publish()
        loading.close()
        sink.close()


def write_once(loading: Loading, rows: pa.RecordBatch, settled: Settled) -> None:
    """Write one batch with a writer of its own."""
    with closing(loading.writer()) as writer:
        writer.write(rows, settled)


def expected(*batches: pa.RecordBatch) -> list[Row]:
    """Return the rows of the batches as `SinkCase.visible` shows them."""
    return unordered(pa.Table.from_batches(list(batches)))


def totals(
    share: str, batches: Iterable[pa.RecordBatch], *, before: Settled | None = None
) -> list[tuple[Settled, pa.RecordBatch]]:
    """Return each batch with the share's totals after it, as the engine counts them."""
    found: list[tuple[Settled, pa.RecordBatch]] = []
    read = before.counts.read if before else 0
    number = before.batches if before else 0
    for rows in batches:
        read, number = read + rows.num_rows, number + 1
        settled = Settled(
            share=share,
            batches=number,
            position=Position(share.encode() + bytes([0, 255, number])),
            counts=Counts(read=read, written=read),
            read_receipt=f"{share}:{read}",
            written_receipt=f"{share}:{read}:w",
        )
        found.append((settled, rows))
    return found
