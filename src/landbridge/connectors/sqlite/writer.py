"""Rows into a table, each batch in a transaction with its progress."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.connectors.sqlite.catalogue import DIALECT
from landbridge.connectors.sqlite.errors import explained, translated
from landbridge.connectors.sqlite.target import Target, converted, staging_name
from landbridge.connectors.sqlite.values import to_python
from landbridge.data.extremes import infinite, negative_zeros
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer
from landbridge.sdk.sql.dialect import Execute, Scalar
from landbridge.sdk.sql.progress_tables import ProgressTables

_ROWS_AT_ONCE = 8192
_TABLES = ProgressTables(DIALECT)


def executor(connection: sqlite3.Connection) -> Execute:
    """Return how the progress tables run statements on a connection."""

    def run(statement: str, parameters: Sequence[Scalar] = ()) -> Sequence[tuple[Scalar, ...]]:
        return connection.execute(statement, tuple(parameters)).fetchall()

    return run


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Commit what the block does, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def unique_key(target: Target, load: Load) -> bool:
    """Return whether rows can be merged by the table's own unique key."""
    return target.merges(load.key)


class SqliteWriter(Writer):
    """One connection; every batch begins by taking the file's write lock."""

    def __init__(
        self, connection: sqlite3.Connection, file: str, load: Load, target: Target
    ) -> None:
        self._connection = connection
        self._file = file
        self._load = load
        self._target = target
        staged = load.mode in {"replace", "mirror"}
        self._table = staging_name(load) if staged else load.stream
        # A staging table has the load's key; a target need not.
        self._merges = load.mode == "mirror" or (
            load.mode == "merge" and unique_key(target, load)
        )

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        with explained(self._file):
            try:
                with transaction(self._connection):
                    _TABLES.settle(executor(self._connection), self._load, settled)
                    self._put(rows)
            except sqlite3.IntegrityError as error:
                raise RowsRefusedError(
                    str(translated(error, self._file)), self._refused(rows), file=self._file
                ) from error

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        with explained(self._file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._put(rows)
            except (RowsRefusedError, sqlite3.IntegrityError) as error:
                return str(error)
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        return None

    @override
    def close(self) -> None:
        self._connection.close()

    def _put(self, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            return
        load, target = self._load, self._target
        refuse_unkept(rows, target.stored, load.key)
        if load.mode == "merge" and not self._merges:
            delete_keys(self._connection, self._table, rows.select(list(load.key)), target)
        key = load.key if self._merges else ()
        insert(self._connection, self._table, rows, target.stored, key=key)

    def _refused(self, rows: pa.RecordBatch) -> dict[int, str]:
        """Return every row that the table refuses after the good ones before it."""
        refused: dict[int, str] = {}
        key = self._load.key if self._merges else ()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for row in range(rows.num_rows):
                try:
                    one = rows.slice(row, 1)
                    insert(self._connection, self._table, one, self._target.stored, key=key)
                except sqlite3.IntegrityError as error:
                    refused[row] = str(error)
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return refused


def refuse_unkept(rows: pa.RecordBatch, stored: Sequence[pa.Field], key: Sequence[str]) -> None:
    """Raise `RowsRefusedError` that names every row SQLite would not keep as it is."""
    refused: dict[int, str] = {}
    for field in stored:
        column = rows.column(field.name)
        if column.null_count and (not field.nullable or field.name in key):
            for row in pc.indices_nonzero(column.is_null()).to_pylist():
                refused.setdefault(row, f"{field.name} is NULL")
        for row in infinite(column, field):
            refused.setdefault(row, f"{field.name} is infinite, which SQLite cannot keep")
        if pa.types.is_floating(column.type):
            for row in negative_zeros(column):
                refused.setdefault(row, f"{field.name} is -0.0, which SQLite keeps as 0.0")
    if refused:
        raise RowsRefusedError(next(iter(refused.values())), refused)


def insert(
    connection: sqlite3.Connection,
    table: str,
    rows: pa.RecordBatch,
    stored: Sequence[pa.Field],
    *,
    key: Sequence[str] = (),
) -> None:
    """Insert every row, or update the row of equal key where a key is given.

    Raises:
        RowsRefusedError: SQLite took another number of rows than it was given.
    """
    names = [field.name for field in stored]
    statement = (
        f"INSERT INTO {DIALECT.quoted(table)} ({DIALECT.columns(names)}) "  # noqa: S608  quoted names
        f"VALUES ({DIALECT.marks(len(names))}){_upsert(names, key)}"
    )
    taken = 0
    for tuples in _tuples(rows, stored):
        taken += connection.executemany(statement, tuples).rowcount
    if taken != rows.num_rows and set(names) != set(key):
        raise RowsRefusedError(f"SQLite took {taken} of {rows.num_rows} rows of a batch")


def delete_keys(
    connection: sqlite3.Connection, table: str, keys: pa.RecordBatch, target: Target
) -> None:
    """Delete the rows of these keys."""
    fields = {field.name: field for field in target.stored}
    names = keys.schema.names
    condition = " AND ".join(f"{DIALECT.quoted(name)} = ?" for name in names)
    statement = f"DELETE FROM {DIALECT.quoted(table)} WHERE {condition}"  # noqa: S608  quoted names
    for tuples in _tuples(keys, [fields[name] for name in names]):
        connection.executemany(statement, tuples)


def _upsert(names: Sequence[str], key: Sequence[str]) -> str:
    if not key:
        return ""
    updated = [DIALECT.quoted(name) for name in names if name not in key]
    action = ", ".join(f"{name} = excluded.{name}" for name in updated)
    conflict = f" ON CONFLICT ({DIALECT.columns(key)}) DO "
    return conflict + (f"UPDATE SET {action}" if action else "NOTHING")


def _tuples(
    rows: pa.RecordBatch, stored: Sequence[pa.Field]
) -> Iterator[list[tuple[object, ...]]]:
    """Yield the rows as Python tuples, some thousand at a time."""
    for start in range(0, rows.num_rows, _ROWS_AT_ONCE):
        part = rows.slice(start, _ROWS_AT_ONCE)
        columns = [
            to_python(converted(part.column(field.name), field), field) for field in stored
        ]
        yield list(zip(*columns, strict=True))
