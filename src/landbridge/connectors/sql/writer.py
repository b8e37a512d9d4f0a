"""Rows into a table, each batch in a transaction with its progress."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy import exc
from typing_extensions import override

from landbridge.connectors.sql.errors import after_commit, explained
from landbridge.connectors.sql.merging import Row, insert_rows, merge_rows
from landbridge.connectors.sql.progress import ProgressTables
from landbridge.connectors.sql.target import Target, staging_name, table_for
from landbridge.connectors.sql.values import to_python
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer

_ROWS_AT_ONCE = 2000
_UNWRITABLE = (OverflowError, ValueError, pa.ArrowException)


class SqlWriter(Writer):
    """One connection."""

    def __init__(
        self, connection: sa.Connection, load: Load, target: Target, progress: ProgressTables
    ) -> None:
        self._connection = connection
        self._load = load
        self._target = target
        self._progress = progress
        place = target.place
        if load.mode in {"replace", "mirror"}:
            place = (place[0], staging_name(load))
        self._table = table_for(place, load, target)

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        try:
            with explained(writing=True):
                self._progress.settle(self._connection, self._load, settled)
                self._put(rows)
        except BaseException:
            undo(self._connection)
            raise
        commit(self._connection)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        try:
            with explained(writing=True):
                self._put(rows)
        except RowsRefusedError as error:
            return str(error)
        finally:
            undo(self._connection)
        return None

    @override
    def close(self) -> None:
        self._connection.close()

    def _put(self, rows: pa.RecordBatch) -> None:
        load, target = self._load, self._target
        refuse_nulls(rows, load, target.required)
        refuse_floats(rows, self._connection.dialect)
        taken = 0
        for part in python_rows(rows, load.columns, target.stored):
            if load.mode in {"merge", "mirror"}:
                took = merge_rows(self._connection, self._table, part, load.key)
            else:
                took = insert_rows(self._connection, self._table, part)
            taken += len(part) if took < 0 else took
        if taken != rows.num_rows:
            raise RowsRefusedError(
                f"the database took {taken} of {rows.num_rows} rows of a batch"
            )


def commit(connection: sa.Connection) -> None:
    """Commit, or say that nobody knows whether it happened."""
    try:
        connection.commit()
    except exc.SQLAlchemyError as error:
        undo(connection)
        raise after_commit(error) from error


def undo(connection: sa.Connection) -> None:
    """Roll back, on a connection that may be gone."""
    try:
        connection.rollback()
    except exc.SQLAlchemyError:
        connection.invalidate()


def python_rows(
    rows: pa.RecordBatch, columns: Sequence[pa.Field], stored: Sequence[pa.Field]
) -> Iterator[list[Row]]:
    """Yield the rows as values to bind, some thousand at a time.

    Raises:
        RowsRefusedError: Values that Python's drivers cannot carry, such as years before 1.
    """
    given = [field for field in columns if field.name in rows.schema.names]
    kept = {field.name: field for field in stored}
    for start in range(0, rows.num_rows, _ROWS_AT_ONCE):
        part = rows.slice(start, _ROWS_AT_ONCE)
        try:
            values = [
                to_python(part.column(field.name), field, kept[field.name]) for field in given
            ]
        except _UNWRITABLE as error:
            raise RowsRefusedError(
                f"a value is beyond what the database's driver carries: {error}"
            ) from error
        names = [field.name for field in given]
        yield [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def refuse_floats(rows: pa.RecordBatch, dialect: sa.Dialect) -> None:
    """Raise `RowsRefusedError` that names every float which would change in silence.

    SQLite keeps NaN as NULL, and neither it nor MariaDB keeps the sign of a zero.
    """
    sqlite = dialect.name == "sqlite"
    if not sqlite and not getattr(dialect, "is_mariadb", False):
        return
    refused: dict[int, str] = {}
    for field, column in zip(rows.schema, rows.columns, strict=True):
        if not pa.types.is_floating(field.type):
            continue
        zero = pc.equal(column, pa.scalar(0, field.type))
        negative = pc.equal(pc.divide(pa.scalar(1, field.type), column), float("-inf"))
        for row in pc.indices_nonzero(pc.and_(zero, negative)).to_pylist():
            refused.setdefault(row, f"{field.name} is -0, whose sign would be lost")
        for row in pc.indices_nonzero(pc.is_nan(column)).to_pylist() if sqlite else ():
            refused.setdefault(row, f"{field.name} is NaN, which SQLite turns into NULL")
    if refused:
        raise RowsRefusedError(next(iter(refused.values())), refused)


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
