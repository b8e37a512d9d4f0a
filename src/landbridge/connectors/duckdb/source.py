"""Reading DuckDB, through Arrow from end to end."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.duckdb.catalogue import described, listed
from landbridge.connectors.duckdb.database import Database, arrow_reader, in_utc
from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.query import (
    Query,
    exact,
    marked,
    newest_query,
    query_for,
)
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source, StreamEntry

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class _Piece:
    rows: pa.RecordBatch
    marks: pa.Array


class DuckdbSource(Source):
    """Reads a share by one query that streams, in the order of row numbers."""

    def __init__(self, options: DuckdbOptions, context: Context) -> None:
        self._schema = options.schema_name
        self._database = Database(options, context, create=False)

    @override
    def check(self) -> str:
        with self._database.session() as session:
            [(version,)] = session.execute("SELECT version()").fetchall()
        return f"DuckDB {version}"

    @override
    def streams(self) -> Iterator[StreamEntry]:
        with self._database.session() as session:
            found = list(listed(session, self._schema))
        for name, kind, comment, rows in found:
            yield StreamEntry(name, "view" if kind == "view" else "table", comment, rows)

    @override
    def describe(self, stream: str) -> StreamSchema:
        with self._database.session() as session:
            table = described(session, stream, self._schema)
        return StreamSchema(stream, table.schema, table.key, table.comment, table.rows)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        with self._database.session() as session:
            in_utc(session)
            table = described(session, reading.stream, self._schema)
            cursor = table.column(column)
            reader = arrow_reader(session, newest_query(table, cursor), (), 1)
            value = reader.read_all().column(0).cast(cursor.field.type).combine_chunks()
            reader.close()
        if value.null_count:
            return None
        logical = meaning_of(cursor.field).logical
        if logical == "instant":
            value = value.cast(pa.timestamp("us"))
        text = str(value.cast(pa.string())[0].as_py())
        if logical in {"timestamp", "instant"}:
            text = text.replace(" ", "T") + ("+00:00" if logical == "instant" else "")
        return text

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        with self._database.session() as session:
            table = described(session, reading.stream, self._schema)
            if table.kind == "view" or want < 2:  # noqa: PLR2004  nothing to cut
                return (Share("all"),)
            [(last,)] = session.execute(
                f"SELECT max(rowid) FROM {table.place.quoted}"  # noqa: S608  quoted names
            ).fetchall()
        if last is None:
            return (Share("all"),)
        count = min(want, last + 1)
        cuts = [(last + 1) * at // count - 1 for at in range(1, count)]
        ends: list[int | None] = [None, *cuts, None]
        return tuple(
            Share(f"rows-{at}", json.dumps([low, high]))
            for at, (low, high) in enumerate(pairwise(ends))
        )

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        mark = marked(after) if after is not None else None
        with self._database.session() as session:
            in_utc(session)
            table = described(session, reading.stream, self._schema)
            query = query_for(table, reading, share, mark)
            reader = arrow_reader(session, query.text, query.values, _ROWS_AT_ONCE)
            try:
                yield from _batches(reader, query, reading, -1 if mark is None else mark)
            finally:
                reader.close()

    @override
    def close(self) -> None:
        self._database.close()


def _batches(
    reader: pa.RecordBatchReader, query: Query, reading: Reading, last: int
) -> Iterator[Batch]:
    target = reading.batch_bytes
    held: list[pa.RecordBatch] = []
    size, end = 0, last
    for fetched in reader:
        if fetched.num_rows == 0:
            continue
        last = _in_order(fetched.column(0), last, reading.stream)
        whole = _Piece(exact(fetched, query), fetched.column(0))
        for piece in _pieces(whole, target):
            if held and size + piece.rows.nbytes > target:
                yield Batch(pa.concat_batches(held), _position(end))
                held, size = [], 0
            held.append(piece.rows)
            size += piece.rows.nbytes
            end = piece.marks[-1].as_py()
    if held:
        yield Batch(pa.concat_batches(held), _position(end))


def _position(mark: int) -> Position:
    return Position(str(mark).encode())


def _in_order(marks: pa.Array, last: int, stream: str) -> int:
    """Return the last mark; raise when rows did not come in the order of their numbers."""
    numbers = marks.to_numpy()
    if numbers[0] <= last or (numbers[1:] <= numbers[:-1]).any():
        raise PositionUnusableError(
            f"the rows of {stream} did not come in order", stream=stream
        )
    return int(numbers[-1])


def _pieces(piece: _Piece, target: int) -> Iterator[_Piece]:
    count = piece.rows.num_rows
    if count > 1 and piece.rows.nbytes > target:
        half = count // 2
        yield from _pieces(
            _Piece(piece.rows.slice(0, half), piece.marks.slice(0, half)), target
        )
        yield from _pieces(_Piece(piece.rows.slice(half), piece.marks.slice(half)), target)
    elif count:
        yield piece
