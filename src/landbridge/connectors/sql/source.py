"""Reading any database: by keyset where a stream has a key, else in one go."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.sql.arrow_system import ArrowSystem
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.query import (
    Mark,
    after_mark,
    ends,
    greatest,
    marked,
    marks_of,
    position_of,
    share_query,
)
from landbridge.connectors.sql.system import AlchemySystem, Reader, System
from landbridge.connectors.sql.table import Query, Table, TableColumn
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source, StreamEntry

_FIRST_ROWS = 256
_MOST_ROWS = 16_384
_FEWEST_ROWS = 16
_CHUNKS_PER_BATCH = 4


@dataclass(frozen=True, slots=True)
class _Chunk:
    rows: pa.RecordBatch
    marks: list[Mark]


class SqlSource(Source):
    """A position is the key of the last row read."""

    def __init__(self, options: SqlOptions, context: Context) -> None:
        del context
        plain = options.interface == "sqlalchemy"
        self._system: System = AlchemySystem(options) if plain else ArrowSystem(options)

    @override
    def check(self) -> str:
        return self._system.version()

    @override
    def streams(self) -> Iterator[StreamEntry]:
        for name, kind in self._system.streams():
            yield StreamEntry(name, kind)

    @override
    def describe(self, stream: str) -> StreamSchema:
        table = self._system.table(stream)
        return StreamSchema(stream, table.schema, table.key, table.comment)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        table = self._system.table(reading.stream)
        cursor = table.column(column)
        value = self._one(greatest(self._system, table, cursor), [cursor])[0]
        if value is None:
            return None
        if isinstance(value, Decimal):
            return format(value, "f")
        return value.isoformat() if isinstance(value, date) else str(value)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        table = self._system.table(reading.stream)
        key = table.keyset
        if len(key) != 1 or meaning_of(key[0].field).logical != "int" or want < 2:  # noqa: PLR2004  nothing to cut
            return (Share("all"),)
        low, high = self._one(ends(table, key[0]), [key[0], key[0]])
        if not isinstance(low, int) or not isinstance(high, int):
            return (Share("all"),)
        count = min(want, high - low + 1)
        cuts = [low + (high - low + 1) * at // count for at in range(1, count)]
        bounds: list[int | None] = [None, *cuts, None]
        return tuple(
            Share(f"keys-{at}", json.dumps([start, end]))
            for at, (start, end) in enumerate(pairwise(bounds))
        )

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        table = self._system.table(reading.stream)
        mark = marked(after) if after is not None else ()
        if after is not None and (not table.keyset or len(mark) != len(table.keyset)):
            raise PositionUnusableError(
                f"{table.stream} has no key to resume after",
                hint="state its key in `keys` of the connection, if it has one",
                stream=table.stream,
            )
        reader = self._system.reading()
        try:
            chunks = _Chunks(self._system, reader, table, reading)
            found = chunks.keyed(share, mark) if table.keyset else chunks.whole(share)
            yield from _batches(found, reading.batch_bytes)
        finally:
            reader.close()

    @override
    def close(self) -> None:
        self._system.close()

    def _one(self, statement: Query, columns: Sequence[TableColumn]) -> list[object]:
        reader = self._system.reading()
        try:
            plain = [
                TableColumn(one.field.with_nullable(True), one.known, one.type)  # noqa: FBT003
                for one in columns
            ]
            [batch] = list(reader.fetched(statement, plain, None))
            return [column[0].as_py() for column in batch.columns]
        finally:
            reader.close()


class _Chunks:
    """The rows of a share, some thousand at a time."""

    def __init__(self, system: System, reader: Reader, table: Table, reading: Reading) -> None:
        self._system = system
        self._reader = reader
        self._table = table
        self._reading = reading

    def keyed(self, share: Share, mark: Mark) -> Iterator[_Chunk]:
        """Ask for each chunk anew, after the key of the last."""
        whole, columns, width = share_query(self._system, self._table, self._reading, share)
        step = _FIRST_ROWS
        while True:
            statement = after_mark(self._system, whole, self._table, mark) if mark else whole
            found = list(self._reader.fetched(statement.limit(step), columns, None))
            if not found:
                return
            rows = pa.concat_batches(found) if len(found) > 1 else found[0]
            marks = marks_of(rows, columns[:width])
            mark = marks[-1]
            yield _Chunk(_without_marks(rows, width), marks)
            if rows.num_rows < step:
                return
            step = _step(rows, self._reading.batch_bytes)

    def whole(self, share: Share) -> Iterator[_Chunk]:
        """Read in the order that the database likes; such rows have no position."""
        statement, columns, _ = share_query(self._system, self._table, self._reading, share)
        for rows in self._reader.fetched(statement, columns, _FIRST_ROWS):
            yield _Chunk(_without_marks(rows, 0), [()] * rows.num_rows)


def _without_marks(rows: pa.RecordBatch, width: int) -> pa.RecordBatch:
    return rows.select(list(range(width, rows.num_columns)))


def _step(rows: pa.RecordBatch, target: int) -> int:
    each = max(1, rows.nbytes // rows.num_rows)
    return max(_FEWEST_ROWS, min(_MOST_ROWS, target // _CHUNKS_PER_BATCH // each))


def _batches(chunks: Iterator[_Chunk], target: int) -> Iterator[Batch]:
    held: list[pa.RecordBatch] = []
    size = 0
    mark: Mark = ()
    for chunk in chunks:
        for piece, end in _pieces(chunk, target):
            if held and size + piece.nbytes > target:
                yield Batch(pa.concat_batches(held), position_of(mark))
                held, size = [], 0
            held.append(piece)
            size, mark = size + piece.nbytes, end
    if held:
        yield Batch(pa.concat_batches(held), position_of(mark))


def _pieces(chunk: _Chunk, target: int) -> Iterator[tuple[pa.RecordBatch, Mark]]:
    count = chunk.rows.num_rows
    if count > 1 and chunk.rows.nbytes > target:
        half = count // 2
        yield from _pieces(_Chunk(chunk.rows.slice(0, half), chunk.marks[:half]), target)
        yield from _pieces(_Chunk(chunk.rows.slice(half), chunk.marks[half:]), target)
    elif count:
        yield chunk.rows, chunk.marks[-1]
