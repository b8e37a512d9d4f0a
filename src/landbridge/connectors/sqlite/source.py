"""Reading SQLite."""

import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress, pairwise
from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.connectors.sqlite.catalogue import (
    DIALECT,
    connect,
    described,
    estimated_rows,
    listed,
)
from landbridge.connectors.sqlite.errors import explained
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.query import (
    Mark,
    Query,
    cursor_logical,
    marked,
    position_of,
    query_for,
)
from landbridge.connectors.sqlite.values import MistypedError, to_arrow, to_python
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import DataUnreadableError, PositionUnusableError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source, StreamEntry

_FIRST_ROWS = 256
_MOST_ROWS = 16_384
_FEWEST_ROWS = 16
_CHUNKS_PER_BATCH = 4
_UNDECODED = "Could not decode"


@dataclass(frozen=True, slots=True)
class _Chunk:
    rows: pa.RecordBatch
    marks: list[Mark]


class SqliteSource(Source):
    """Reads each chunk of rows by a statement of its own, so that no lock is held between."""

    def __init__(self, options: SqliteOptions, context: Context) -> None:
        self._options = options
        self._path = context.folder / options.path

    @override
    def check(self) -> str:
        with self._connected() as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            return f"SQLite {sqlite3.sqlite_version}"

    @override
    def streams(self) -> Iterator[StreamEntry]:
        with self._connected() as connection:
            found = list(listed(connection))
        for name, kind in found:
            yield StreamEntry(name, "view" if kind == "view" else "table")

    @override
    def describe(self, stream: str) -> StreamSchema:
        with self._connected() as connection:
            table = described(connection, stream, self._options)
            rows = estimated_rows(connection, table)
        return StreamSchema(table.name, table.schema, key=table.key, rows=rows)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        with self._connected() as connection:
            table = described(connection, reading.stream, self._options)
            cursor = table.column(column)
            logical = cursor_logical(cursor)
            query = _greatest_of(DIALECT.quoted(column), DIALECT.quoted(table.name), logical)
            found = connection.execute(query).fetchall()
        try:
            values = to_arrow([value for (value,) in found], cursor.field.with_nullable(True))  # noqa: FBT003
        except MistypedError as error:
            self._refuse(reading.stream, column, "of the newest", error)
        return _greatest(values, cursor.field)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        whole = (Share("all"),)
        with self._connected() as connection:
            table = described(connection, reading.stream, self._options)
            rows = estimated_rows(connection, table)
            if not rows or want < 2:  # noqa: PLR2004  nothing to cut
                return whole
            number, quoted = table.order[0], DIALECT.quoted(table.name)
            low = connection.execute(f"SELECT min({number}) FROM {quoted}").fetchone()[0]  # noqa: S608  quoted names
        count = min(want, rows)
        cuts = [low - 1 + rows * at // count for at in range(1, count)]
        ends: list[int | None] = [None, *cuts, None]
        return tuple(
            Share(f"rows-{at}", json.dumps([start, end]))
            for at, (start, end) in enumerate(pairwise(ends))
        )

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        with self._connected() as connection:
            table = described(connection, reading.stream, self._options)
            query = query_for(table, reading, share)
            mark = marked(after) if after is not None else ()
            if mark and len(mark) != (len(table.order) if table.keyset else 1):
                raise PositionUnusableError(f"the order of {table.name} has changed")
            chunks = self._chunks(connection, query, mark, reading.batch_bytes)
            yield from _batches(chunks, query, reading.batch_bytes)

    @override
    def close(self) -> None:
        pass  # every connection is closed by the call that opened it

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        with (
            explained(self._path.name),
            closing(connect(self._path, self._options)) as connection,
        ):
            yield connection

    def _chunks(
        self, connection: sqlite3.Connection, query: Query, mark: Mark, target: int
    ) -> Iterator[_Chunk]:
        counted = not query.table.keyset
        done = int(mark[0] or 0) if counted and mark else 0
        step = _FIRST_ROWS
        if counted:
            cursor = connection.execute(query.statement(resumed=True), (*query.values, done))
        else:
            cursor = connection.cursor()
        while True:
            rows = self._fetched(cursor, query, None if counted else mark, step)
            if not rows:
                return
            width = 0 if counted else len(query.table.order)
            columns = list(zip(*rows, strict=True))
            batch = self._converted(columns[width:], query, columns, done)
            done += len(rows)
            if counted:
                marks: list[Mark] = [(at,) for at in range(done - len(rows) + 1, done + 1)]
            else:
                marks = list(zip(*columns[:width], strict=True))
                mark = marks[-1]
            yield _Chunk(batch, marks)
            bytes_each = max(1, batch.nbytes // len(rows))
            wanted = target // _CHUNKS_PER_BATCH // bytes_each
            step = max(_FEWEST_ROWS, min(_MOST_ROWS, wanted))

    def _fetched(
        self, cursor: sqlite3.Cursor, query: Query, mark: Mark | None, step: int
    ) -> list[tuple[object, ...]]:
        """Fetch rows after the mark, or the next ones when rows are counted."""
        try:
            if mark is None:
                return cursor.fetchmany(step)
            statement = query.statement(resumed=bool(mark))
            return cursor.execute(statement, (*query.values, *mark, step)).fetchall()
        except (sqlite3.OperationalError, UnicodeDecodeError) as error:
            if isinstance(error, UnicodeDecodeError) or str(error).startswith(_UNDECODED):
                name = query.table.name
                raise DataUnreadableError(
                    f"{name} holds text that is not {self._options.encoding}",
                    hint="state the file's `encoding` on the connection",
                    stream=name,
                    **_undecoded(cursor.connection, query, mark, self._options.encoding),
                ) from error
            raise

    def _converted(
        self,
        values: Sequence[Sequence[object]],
        query: Query,
        row: Sequence[Sequence[object]],
        done: int,
    ) -> pa.RecordBatch:
        arrays: list[pa.Array] = []
        for column, one in zip(values, query.columns, strict=True):
            try:
                arrays.append(to_arrow(column, one.field, lenient=one.lenient))
            except MistypedError as error:
                place = row[0][error.row] if query.table.keyset else done + error.row + 1
                self._refuse(query.table.name, one.field.name, str(place), error)
        return pa.RecordBatch.from_arrays(
            arrays, schema=pa.schema([one.field for one in query.columns])
        )

    def _refuse(self, table: str, column: str, row: str, error: MistypedError) -> NoReturn:
        raise DataUnreadableError(
            f"{table}.{column} holds {error.kind} that its declared type does not allow, "
            f"in row {row}",
            hint=f"add `{table}.{column}` to `read_as_text` on the connection",
            stream=table,
            column=column,
            row=row,
        ) from error


def _batches(chunks: Iterator[_Chunk], query: Query, target: int) -> Iterator[Batch]:
    held: list[pa.RecordBatch] = []
    size = 0
    mark: Mark = ()
    for chunk in chunks:
        for piece, end in _pieces(_filtered(chunk, query), target):
            if held and size + piece.nbytes > target:
                yield Batch(pa.concat_batches(held), position_of(mark))
                held, size = [], 0
            held.append(piece)
            size, mark = size + piece.nbytes, end
    if held:
        yield Batch(pa.concat_batches(held), position_of(mark))


def _filtered(chunk: _Chunk, query: Query) -> _Chunk:
    kept = query.kept(chunk.rows)
    rows = chunk.rows.select(list(range(query.wanted)))
    if kept is None:
        return _Chunk(rows, chunk.marks)
    return _Chunk(rows.filter(kept), list(compress(chunk.marks, kept.to_pylist())))


def _pieces(chunk: _Chunk, target: int) -> Iterator[tuple[pa.RecordBatch, Mark]]:
    count = chunk.rows.num_rows
    if count > 1 and chunk.rows.nbytes > target:
        half = count // 2
        yield from _pieces(_Chunk(chunk.rows.slice(0, half), chunk.marks[:half]), target)
        yield from _pieces(_Chunk(chunk.rows.slice(half), chunk.marks[half:]), target)
    elif count:
        yield chunk.rows, chunk.marks[-1]


def _undecoded(
    connection: sqlite3.Connection, query: Query, mark: Mark | None, encoding: str
) -> dict[str, str]:
    """Return column and row of the first text after the mark that cannot be decoded."""
    connection.text_factory = bytes
    resumed = bool(mark)
    tail = (-1,) if mark is not None else (0,)
    rows = connection.execute(
        query.statement(resumed=resumed), (*query.values, *(mark or ()), *tail)
    )
    width = len(query.table.order) if query.table.keyset else 0
    for number, row in enumerate(rows, start=1):
        for value, one in zip(row[width:], query.columns, strict=True):
            if isinstance(value, bytes) and one.affinity != "BLOB":
                try:
                    value.decode(encoding)
                except UnicodeDecodeError:
                    return {"column": one.field.name, "row": str(row[0] if width else number)}
    return {}


def _greatest(values: pa.Array, field: pa.Field) -> str | None:
    if meaning_of(field).logical == "number":
        digits = [one for one in values.to_pylist() if one is not None and one != "NaN"]
        return max(digits, key=Decimal, default=None)
    found = pc.max(values)
    if not found.is_valid:
        return None
    [written] = to_python(pa.array([found], values.type), field)
    return (
        str(written).replace(" ", "T") if meaning_of(field).logical != "text" else str(written)
    )


def _greatest_of(name: str, stream: str, logical: str) -> str:
    """Return the query of the values among which the greatest is; names come quoted."""
    rounded = {
        "date": f"datetime({name})",
        "timestamp": f"datetime({name})",
        "instant": f"datetime({name})",
        "decimal": f"CAST({name} AS REAL)",
        "number": f"CAST({name} AS REAL)",
    }.get(logical)
    if rounded is None:
        return f"SELECT max({name}) FROM {stream}"  # noqa: S608  quoted names
    # Equal when rounded need not be equal; what SQLite cannot round may be the greatest.
    return (
        f"SELECT DISTINCT {name} FROM {stream} WHERE {name} IS NOT NULL AND "  # noqa: S608  quoted names
        f"coalesce({rounded} >= (SELECT max({rounded}) FROM {stream}), 1)"
    )
