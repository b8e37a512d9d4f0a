"""A source in memory; the target in memory is `landbridge.testing.memory_sink`."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import canonical
from landbridge.kernel.errors import PositionUnusableError, StreamMissingError
from landbridge.sdk.manifest import SourceCapabilities
from landbridge.sdk.reading import KeyRange, Reading, Share, Window
from landbridge.sdk.source import Source, StreamEntry
from landbridge.testing.memory_sink import MemorySink, MemoryStore

__all__ = ["MEMORY_READS", "MemorySink", "MemorySource", "MemoryStore"]

MEMORY_READS = SourceCapabilities(
    resumable=True, snapshot=True, windows=True, key_ranges=True, shares=True
)


class MemorySource(Source):
    """Tables in memory. A position is the number of rows of the stream already read.

    Args:
        tables: Streams by name; columns are brought into their canonical storage.
        batch_rows: Most rows of a batch.
        keys: Key columns by stream.
    """

    def __init__(
        self,
        tables: Mapping[str, pa.Table],
        *,
        batch_rows: int = 1024,
        keys: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._tables = {
            name: table.cast(canonical(table.schema)).combine_chunks()
            for name, table in tables.items()
        }
        self._batch_rows = batch_rows
        self._keys = keys or {}
        self._lock = threading.Lock()
        self._open = 0

    @property
    def open_reads(self) -> int:
        """Iterators that were begun and neither exhausted nor dropped."""
        with self._lock:
            return self._open

    @override
    def check(self) -> str:
        return "memory 1"

    @override
    def streams(self) -> Iterator[StreamEntry]:
        for name in sorted(self._tables):
            yield StreamEntry(name, rows=self._tables[name].num_rows)

    @override
    def describe(self, stream: str) -> StreamSchema:
        table = self._table(stream)
        return StreamSchema(
            stream,
            table.schema,
            key=self._keys.get(stream, ()),
            rows=table.num_rows,
            size_bytes=table.nbytes,
        )

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        values = self._table(reading.stream).column(column)
        greatest = pc.max(values).as_py()
        if greatest is None:
            return None
        return str(greatest.isoformat() if hasattr(greatest, "isoformat") else greatest)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        rows = self._table(reading.stream).num_rows
        count = max(1, min(want, rows))
        cuts = [rows * at // count for at in range(count + 1)]
        return tuple(Share(f"{start}-{end}", f"{start} {end}") for start, end in pairwise(cuts))

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        table = self._table(reading.stream)
        start, end = (int(text) for text in share.bounds.split())
        if after is not None:
            start = max(start, _resumed(after, table.num_rows))
        return self._batches(table, reading, range(start, end))

    @override
    def close(self) -> None:
        pass  # nothing is held

    def _table(self, stream: str) -> pa.Table:
        if stream not in self._tables:
            raise StreamMissingError(f"there is no stream {stream}", stream=stream)
        return self._tables[stream]

    def _batches(self, table: pa.Table, reading: Reading, rows: range) -> Iterator[Batch]:
        with self._lock:
            self._open += 1
        try:
            wanted = list(reading.columns or table.column_names)
            for start in range(rows.start, rows.stop, self._batch_rows):
                stop = min(start + self._batch_rows, rows.stop)
                at = pa.array(range(start + 1, stop + 1), pa.int64())
                part = table.slice(start, stop - start)
                kept = _kept(part, reading)
                chosen = part.select(wanted).filter(kept).combine_chunks()
                if chosen.num_rows:
                    whole = chosen.to_batches()[0]
                    yield from _pieces(whole, at.filter(kept), reading.batch_bytes)
        finally:
            with self._lock:
                self._open -= 1


def _resumed(after: Position, rows: int) -> int:
    if not after.isdigit() or int(after) > rows:
        raise PositionUnusableError("the position is not of this stream")
    return int(after)


def _kept(part: pa.Table, reading: Reading) -> pa.Array | pa.ChunkedArray:
    kept = pa.array([True] * part.num_rows, pa.bool_())
    if reading.window is not None:
        kept = pc.and_(kept, _in_window(part, reading.window))
    if reading.keys is not None:
        kept = pc.and_(kept, _in_range(part, reading.keys))
    kept = pc.fill_null(kept, fill_value=False)
    return kept.combine_chunks() if isinstance(kept, pa.ChunkedArray) else kept


def _in_window(part: pa.Table, window: Window) -> pa.ChunkedArray:
    values = part.column(window.column)
    kept = pc.is_valid(values)
    if window.after is not None:
        above = pc.greater_equal if window.inclusive else pc.greater
        kept = pc.and_(kept, above(values, _bound(window.after, values.type)))
    if window.until is not None:
        kept = pc.and_(kept, pc.less_equal(values, _bound(window.until, values.type)))
    return kept


def _in_range(part: pa.Table, keys: KeyRange) -> pa.ChunkedArray:
    values = part.column(keys.column)
    kept = pc.is_valid(values)
    if keys.lower is not None:
        kept = pc.and_(kept, pc.greater_equal(values, keys.lower))
    if keys.upper is not None:
        kept = pc.and_(kept, pc.less(values, keys.upper))
    return kept


def _bound(text: str, storage: pa.DataType) -> pa.Scalar:
    return pa.scalar(text).cast(storage)


def _pieces(rows: pa.RecordBatch, at: pa.Array, target_bytes: int) -> Iterator[Batch]:
    if rows.num_rows > 1 and rows.nbytes > target_bytes:
        half = rows.num_rows // 2
        yield from _pieces(rows.slice(0, half), at.slice(0, half), target_bytes)
        yield from _pieces(rows.slice(half), at.slice(half), target_bytes)
        return
    yield Batch(rows, Position(str(at[-1].as_py()).encode()))
