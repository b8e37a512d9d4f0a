"""Rows into a table, each batch in a transaction with its progress."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.connectors.duckdb.catalogue import Place
from landbridge.connectors.duckdb.database import (
    DIALECT,
    executor,
    rolled_back,
    transaction,
)
from landbridge.connectors.duckdb.errors import explained
from landbridge.connectors.duckdb.target import Target, staging_of
from landbridge.data.extremes import infinite
from landbridge.data.types import meaning_of
from landbridge.data.uuids import uuid_text
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer
from landbridge.sdk.sql.progress_tables import ProgressTables
from landbridge.sdk.sql.statements import Move, merge_by_delete

BATCH = "_landbridge_batch"
_TURNS = "_landbridge_turns"


class DuckdbWriter(Writer):
    """One connection; the writers of a sink take turns, as DuckDB would make them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        turn: threading.Lock,
        load: Load,
        target: Target,
        tables: ProgressTables,
    ) -> None:
        self._connection = connection
        self._turn = turn
        self._load = load
        self._target = target
        self._tables = tables
        staged = load.mode in {"replace", "mirror"}
        self._place = staging_of(load, target) if staged else target.place
        # A staging table has the load's key or the target's; a target need not have one.
        unique = target.merges(load.key) or (
            staged and not (target.table and target.table.primary)
        )
        self._merges: bool | None = None
        if load.mode in {"merge", "mirror"}:
            self._merges = unique

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        connection, load = self._connection, self._load
        with (
            explained(load.stream),
            self._turn,
            lent(connection, rows),
            transaction(connection),
        ):
            take_turn(connection, load, self._target.place.schema)
            self._tables.settle(executor(connection), load, settled)
            self._put(rows)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        connection, stream = self._connection, self._load.stream
        with explained(stream), self._turn, lent(connection, rows):
            connection.execute("BEGIN").fetchall()
            try:
                with explained(stream):
                    self._put(rows)
            except RowsRefusedError as error:
                return str(error)
            finally:
                rolled_back(connection)
        return None

    @override
    def close(self) -> None:
        self._connection.close()

    def _put(self, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            return
        refuse_nulls(rows, self._load, self._target.required)
        put(self._connection, self._place, rows, self._load.key, merges=self._merges)


def turn_creation(schema: str) -> str:
    """Return the statement that creates the table `take_turn` counts in."""
    return (
        f"CREATE TABLE IF NOT EXISTS {DIALECT.quoted(schema, _TURNS)} "
        "(load_id VARCHAR PRIMARY KEY, taken BIGINT NOT NULL)"
    )


def begin_turns(connection: duckdb.DuckDBPyConnection, load: Load, schema: str) -> None:
    """Let the transactions of a load be counted from now on, if they are not yet."""
    connection.execute(
        f"INSERT INTO {DIALECT.quoted(schema, _TURNS)} VALUES (?, 0) ON CONFLICT DO NOTHING",  # noqa: S608  quoted names
        [load.load_id],
    ).fetchall()


def take_turn(connection: duckdb.DuckDBPyConnection, load: Load, schema: str) -> None:
    """Count the transaction, so that two of a load at a time cannot both commit.

    DuckDB's transactions see their snapshot and only fail when they change the same value:
    reading the owner alone would miss a takeover that commits meanwhile.
    """
    connection.execute(
        f"UPDATE {DIALECT.quoted(schema, _TURNS)} SET taken = taken + 1 WHERE load_id = ?",  # noqa: S608  quoted names
        [load.load_id],
    ).fetchall()


@contextmanager
def lent(connection: duckdb.DuckDBPyConnection, rows: pa.RecordBatch) -> Generator[None]:
    """Let statements of the block read the rows by the name of `BATCH`.

    Around a transaction, not within: one that failed cannot even take the name back.
    """
    connection.register(BATCH, bound(rows))
    try:
        yield
    finally:
        connection.unregister(BATCH)


def put(
    connection: duckdb.DuckDBPyConnection,
    place: Place,
    rows: pa.RecordBatch,
    key: Sequence[str],
    *,
    merges: bool | None,
) -> None:
    """Insert the lent rows, or merge them: by a unique key, or by deleting equal keys first.

    Raises:
        RowsRefusedError: DuckDB took another number of rows than it was given.
    """
    names = rows.schema.names
    columns = DIALECT.columns(names)
    if merges is False:
        move = Move(place.quoted, BATCH, names, key)
        connection.execute(merge_by_delete(DIALECT, move)[0]).fetchall()
    statement = f"INSERT INTO {place.quoted} ({columns}) SELECT {columns} FROM {BATCH}"  # noqa: S608  quoted names
    if merges:
        statement += upsert(names, key)
    [(taken,)] = connection.execute(statement).fetchall()
    if taken != rows.num_rows and set(names) != set(key):
        raise RowsRefusedError(f"DuckDB took {taken} of {rows.num_rows} rows of a batch")


def upsert(names: Sequence[str], key: Sequence[str]) -> str:
    """Return the clause that updates the row of equal key."""
    updated = [DIALECT.quoted(name) for name in names if name not in key]
    action = ", ".join(f"{name} = excluded.{name}" for name in updated)
    conflict = f" ON CONFLICT ({DIALECT.columns(key)}) DO "
    return conflict + (f"UPDATE SET {action}" if action else "NOTHING")


def bound(rows: pa.RecordBatch) -> pa.Table:
    """Return the rows in forms that DuckDB casts to its types without loss."""
    arrays: list[pa.Array] = []
    for at, field in enumerate(rows.schema):
        values = rows.column(at)
        logical = meaning_of(field).logical
        if logical == "uuid":
            values = uuid_text(values)
        elif pa.types.is_decimal256(field.type):
            values = _digits(values)
        elif infinite(values, field):
            values = _infinities(values)
        arrays.append(values)
    return pa.table(arrays, names=rows.schema.names)


def refuse_nulls(rows: pa.RecordBatch, load: Load, required: frozenset[str]) -> None:
    """Raise `RowsRefusedError` that names every row without a value it must have."""
    refused: dict[int, str] = {}
    for field in load.columns:
        column = rows.column(field.name)
        needed = not field.nullable or field.name in load.key or field.name in required
        if column.null_count and needed:
            for row in pc.indices_nonzero(column.is_null()).to_pylist():
                refused.setdefault(row, f"{field.name} is NULL")
    if refused:
        raise RowsRefusedError(next(iter(refused.values())), refused)


def _infinities(values: pa.Array) -> pa.Array:
    """DuckDB's -infinity is the negative of its infinity; ours is the least integer."""
    width = pa.int32() if pa.types.is_date32(values.type) else pa.int64()
    numbers = values.cast(width)
    least = pc.min(numbers)
    above = pa.scalar(least.as_py() + 1, width)
    limit = -(2 ** (width.bit_width - 1))
    if least.as_py() != limit:
        return values
    return pc.if_else(pc.equal(numbers, least), above, numbers).cast(values.type)


def _digits(values: pa.Array) -> pa.Array:
    texts: list[str | None] = values.cast(pa.string()).to_pylist()
    written = [
        format(Decimal(text), "f") if text is not None and "E" in text else text
        for text in texts
    ]
    return pa.array(written, pa.string())
