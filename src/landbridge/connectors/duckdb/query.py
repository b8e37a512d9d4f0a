"""The statement that reads one share, and what makes its result exact."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.duckdb.catalogue import Table, TableColumn
from landbridge.connectors.duckdb.database import DIALECT
from landbridge.connectors.duckdb.types import selected
from landbridge.data.batch import Position
from landbridge.data.types import meaning_of
from landbridge.data.uuids import uuid_bytes
from landbridge.kernel.errors import (
    OptionsInvalidError,
    PositionUnusableError,
)
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sql.dialect import Scalar

MARK = "_landbridge_mark"
_CURSORS = frozenset({"int", "float", "decimal", "text", "date", "timestamp", "instant"})
_INFINITE_DAYS = 2**31 - 1
_INFINITE_US = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Query:
    """How one share of a reading is asked for; the first column of the result is a mark.

    Attributes:
        columns: Columns of the result after the mark.
        text: The SELECT.
        values: What it binds.
    """

    columns: tuple[TableColumn, ...]
    text: str
    values: tuple[Scalar, ...]


def query_for(table: Table, reading: Reading, share: Share, after: int | None) -> Query:
    """Return the query of the rows of a share past a mark.

    The mark of a table's row is its row number. Rows of a view have none: they are sorted
    by all their columns and counted.
    """
    names = reading.columns or tuple(one.field.name for one in table.columns)
    columns = tuple(table.column(name) for name in names)
    shown = [
        selected(DIALECT.quoted(one.field.name), one.known.fetch)
        + f" AS {DIALECT.quoted(one.field.name)}"
        for one in columns
    ]
    conditions, values = _conditions(table, reading)
    if table.kind == "view":
        # Sorted whole, then counted, so that every process counts alike.
        sort = f"SELECT * FROM {table.place.quoted}{_where(conditions)} ORDER BY ALL OFFSET ?"  # noqa: S608  quoted names
        skipped = after or 0
        return Query(
            columns,
            f"SELECT row_number() OVER () + ? AS {MARK}, {', '.join(shown)} FROM ({sort}) AS s",  # noqa: S608  quoted names
            (skipped, *values, skipped),
        )
    low, high = json.loads(share.bounds) if share.bounds else (None, None)
    low = after if after is not None else low
    for bound, sign in ((low, ">"), (high, "<=")):
        if bound is not None:
            conditions.append(f"rowid {sign} ?")
            values.append(bound)
    return Query(
        columns,
        f"SELECT rowid AS {MARK}, {', '.join(shown)} "  # noqa: S608  quoted names
        f"FROM {table.place.quoted}{_where(conditions)}",
        tuple(values),
    )


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def newest_query(table: Table, cursor: TableColumn) -> str:
    """Return the query of the greatest value of a column, as its own type."""
    require_cursor(cursor)
    greatest = selected(f"max({DIALECT.quoted(cursor.field.name)})", cursor.known.fetch)
    return f"SELECT {greatest} AS {MARK} FROM {table.place.quoted}"  # noqa: S608  quoted names


def require_cursor(cursor: TableColumn) -> None:
    """Refuse a column whose values have no order that two systems agree on.

    Raises:
        OptionsInvalidError: It cannot be a cursor.
    """
    logical = meaning_of(cursor.field).logical
    if logical not in _CURSORS or cursor.native.startswith("ENUM("):
        raise OptionsInvalidError(
            f"{cursor.field.name} is {cursor.native} and cannot be a cursor",
            hint="choose a column of numbers, texts, dates or timestamps",
            column=cursor.field.name,
        )


def exact(rows: pa.RecordBatch, query: Query) -> pa.RecordBatch:
    """Return the result's columns in their canonical storage."""
    arrays = [_exact(rows.column(at + 1), one) for at, one in enumerate(query.columns)]
    return pa.RecordBatch.from_arrays(
        arrays, schema=pa.schema([one.field for one in query.columns])
    )


def _exact(values: pa.Array, one: TableColumn) -> pa.Array:
    logical, storage = meaning_of(one.field).logical, one.field.type
    if logical == "uuid":
        return uuid_bytes(values)
    if logical in {"date", "timestamp", "instant"}:
        wide = logical != "date"
        # DuckDB's -infinity is the negative of its infinity; ours is the least integer.
        limit = _INFINITE_US if wide else _INFINITE_DAYS
        numbers = values.cast(pa.int64() if wide else pa.int32())
        if pc.min(numbers).as_py() == -limit:
            least = pa.scalar(-limit - 1, numbers.type)
            numbers = pc.if_else(pc.equal(numbers, -limit), least, numbers)
            values = numbers.cast(values.type)
    return values if values.type == storage else values.cast(storage)


def _conditions(table: Table, reading: Reading) -> tuple[list[str], list[Scalar]]:
    conditions: list[str] = []
    values: list[Scalar] = []
    if reading.keys is not None:
        key = DIALECT.quoted(table.column(reading.keys.column).field.name)
        for bound, sign in ((reading.keys.lower, ">="), (reading.keys.upper, "<")):
            if bound is not None:
                conditions.append(f"{key} {sign} ?")
                values.append(bound)
    window = reading.window
    if window is not None:
        cursor = table.column(window.column)
        require_cursor(cursor)
        name = DIALECT.quoted(window.column)
        kind = "TIMESTAMP" if cursor.native == "DATE" else cursor.native
        conditions.append(f"{name} IS NOT NULL")
        above = ">=" if window.inclusive else ">"
        for text, sign in ((window.after, above), (window.until, "<=")):
            if text is not None:
                conditions.append(f"{name} {sign} CAST(? AS {kind})")
                values.append(text)
    return conditions, values


def marked(position: Position) -> int:
    """Return the mark of a position.

    Raises:
        PositionUnusableError: The position is not ours.
    """
    if not position.isdigit():
        raise PositionUnusableError("the position is not of a DuckDB table")
    return int(position)
