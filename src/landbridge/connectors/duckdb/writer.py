"""Rows into a table, each batch in a transaction with its progress."""

import threading
from collections.abc import Sequence
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
from landbridge.data.types import meaning_of
from landbridge.data.uuids import uuid_text
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer
from landbridge.sdk.sql.progress_tables import LOADS, ProgressTables
from landbridge.sdk.sql.statements import Move, merge_by_delete

BATCH = "_landbridge_batch"


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
        with explained(self._load.stream), self._turn, transaction(self._connection):
            own_generation(self._connection, self._load, self._target.place.schema)
            self._tables.settle(executor(self._connection), self._load, settled)
            self._put(rows)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        with explained(self._load.stream), self._turn:
            self._connection.execute("BEGIN").fetchall()
            try:
                with explained(self._load.stream):
                    self._put(rows)
            except RowsRefusedError as error:
                return str(error)
            finally:
                rolled_back(self._connection)
        return None

    @override
    def close(self) -> None:
        self._connection.close()

    def _put(self, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            return
        refuse_nulls(rows, self._load, self._target.required)
        put(self._connection, self._place, rows, self._load.key, merges=self._merges)


def own_generation(connection: duckdb.DuckDBPyConnection, load: Load, schema: str) -> None:
    """Touch the load's row, so that a takeover meanwhile makes this transaction fail.

    DuckDB's transactions see their snapshot: reading the owner alone would miss it.
    """
    connection.execute(
        f"UPDATE {DIALECT.quoted(schema, LOADS)} SET state = state "  # noqa: S608  quoted names
        "WHERE load_id = ? AND generation = ?",
        [load.load_id, load.generation],
    ).fetchall()


def put(
    connection: duckdb.DuckDBPyConnection,
    place: Place,
    rows: pa.RecordBatch,
    key: Sequence[str],
    *,
    merges: bool | None,
) -> None:
    """Insert rows, or merge them: by a unique key, or by deleting the equal keys first.

    Raises:
        RowsRefusedError: DuckDB took another number of rows than it was given.
    """
    names = rows.schema.names
    columns = DIALECT.columns(names)
    connection.register(BATCH, bound(rows))
    try:
        if merges is False:
            move = Move(place.quoted, BATCH, names, key)
            connection.execute(merge_by_delete(DIALECT, move)[0]).fetchall()
        statement = f"INSERT INTO {place.quoted} ({columns}) SELECT {columns} FROM {BATCH}"  # noqa: S608  quoted names
        if merges:
            statement += upsert(names, key)
        [(taken,)] = connection.execute(statement).fetchall()
    finally:
        connection.unregister(BATCH)
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


def _digits(values: pa.Array) -> pa.Array:
    texts: list[str | None] = values.cast(pa.string()).to_pylist()
    written = [
        format(Decimal(text), "f") if text is not None and "E" in text else text
        for text in texts
    ]
    return pa.array(written, pa.string())
