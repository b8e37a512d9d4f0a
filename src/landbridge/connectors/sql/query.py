"""Statements that read one share, in whatever SQL the dialect speaks."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa

from landbridge.connectors.sql.system import System
from landbridge.connectors.sql.table import Query, Table, TableColumn, require_cursor
from landbridge.data.batch import Position
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import OptionsInvalidError, PositionUnusableError
from landbridge.sdk.reading import Reading, Share, Window

Mark = tuple[object, ...]
_TAGS: tuple[tuple[str, type, Callable[[str], object]], ...] = (
    ("decimal", Decimal, Decimal),
    ("date", date, date.fromisoformat),
    ("uuid", UUID, UUID),
)


def share_query(
    system: System, table: Table, reading: Reading, share: Share
) -> tuple[Query, list[TableColumn], int]:
    """Return the statement of a share without an end, its columns, and how many are a mark.

    Columns of the key come first, so that every row says where it stands.
    """
    names = reading.columns or tuple(one.field.name for one in table.columns)
    wanted = [table.column(name) for name in names]
    marks = list(table.keyset)
    columns = [*marks, *wanted]
    shown = [system.shown(one).label(f"c{at}") for at, one in enumerate(columns)]
    statement = sa.select(*shown).select_from(table.clause)
    for condition in _conditions(system, table, reading, share):
        statement = statement.where(condition)
    if marks:
        statement = statement.order_by(*(_plain(one) for one in marks))
    return cast("Query", statement), columns, len(marks)


def after_mark(system: System, statement: Query, table: Table, mark: Mark) -> Query:
    """Return the statement of the rows past a mark."""
    keys = table.keyset
    branches: list[sa.ColumnElement[bool]] = []
    for at, one in enumerate(keys):
        equal = [_plain(keys[i]) == system.bound(keys[i], mark[i]) for i in range(at)]
        branches.append(sa.and_(*equal, _plain(one) > system.bound(one, mark[at])))
    return statement.where(sa.or_(*branches))


def greatest(system: System, table: Table, column: TableColumn) -> Query:
    """Return the statement of the greatest value of a cursor column."""
    require_cursor(column)
    highest: sa.ColumnElement[object] = sa.func.max(system.shown(column))
    return sa.select(highest).select_from(table.clause)


def ends(table: Table, column: TableColumn) -> Query:
    """Return the statement of the smallest and the greatest value of an integer key."""
    low: sa.ColumnElement[object] = sa.func.min(_plain(column), type_=column.type)
    high: sa.ColumnElement[object] = sa.func.max(_plain(column), type_=column.fetched)
    return cast("Query", sa.select(low, high).select_from(table.clause))


def _plain(column: TableColumn) -> "sa.ColumnClause[object]":
    return sa.column(column.field.name, column.type)


def _conditions(
    system: System, table: Table, reading: Reading, share: Share
) -> list["sa.ColumnElement[bool]"]:
    found: list[sa.ColumnElement[bool]] = []
    if share.bounds:
        low, high = json.loads(share.bounds)
        found += _between(system, table.keyset[0], low, high)
    keys = reading.keys
    if keys is not None:
        found += _between(system, table.column(keys.column), keys.lower, keys.upper)
    if reading.window is not None:
        found += _within(system, table.column(reading.window.column), reading.window)
    return found


def _between(
    system: System, key: TableColumn, low: int | None, high: int | None
) -> list["sa.ColumnElement[bool]"]:
    found: list[sa.ColumnElement[bool]] = []
    if low is not None:
        found.append(_plain(key) >= system.bound(key, low))
    if high is not None:
        found.append(_plain(key) < system.bound(key, high))
    return found


def _within(
    system: System, cursor: TableColumn, window: Window
) -> list["sa.ColumnElement[bool]"]:
    require_cursor(cursor)
    name = _plain(cursor)
    found: list[sa.ColumnElement[bool]] = [name.is_not(None)]
    if window.after is not None:
        bound = system.bound(cursor, _bound(window.after, cursor))
        found.append(name >= bound if window.inclusive else name > bound)
    if window.until is not None:
        found.append(name <= system.bound(cursor, _bound(window.until, cursor)))
    return found


def _bound(text: str, cursor: TableColumn) -> object:
    logical = meaning_of(cursor.field).logical
    try:
        if logical in {"timestamp", "instant"}:
            return datetime.fromisoformat(text)
        if logical == "date":
            return date.fromisoformat(text)
        if logical == "int":
            return int(text)
        if logical in {"decimal", "number"}:
            return Decimal(text)
        return float(text) if logical == "float" else text
    except (ValueError, ArithmeticError) as error:
        raise OptionsInvalidError(
            f"{text} is not a bound of {cursor.field.name}, which is {logical}"
        ) from error


def marks_of(rows: pa.RecordBatch, columns: Sequence[TableColumn]) -> list[Mark]:
    """Return the key of every row, as values that can be bound."""
    values = [_keys(rows.column(at), one) for at, one in enumerate(columns)]
    return list(zip(*values, strict=True))


def _keys(column: pa.Array, one: TableColumn) -> list[object]:
    values: list[object] = column.to_pylist()
    if meaning_of(one.field).logical == "uuid":
        return [UUID(bytes=value) if isinstance(value, bytes) else value for value in values]
    return values


def position_of(mark: Mark) -> Position:
    """Return a mark as a position.

    Example:
        >>> marked(position_of((7, "é", Decimal("1.50"))))
        (7, 'é', Decimal('1.50'))
    """
    return Position(json.dumps([_tagged(one) for one in mark], ensure_ascii=False).encode())


def _tagged(value: object) -> object:
    for tag, kind, _ in _TAGS:
        if isinstance(value, kind):
            return {tag: str(value)}
    return value


def marked(position: Position) -> Mark:
    """Return the mark of a position.

    Raises:
        PositionUnusableError: The position is not ours.
    """
    try:
        return tuple(_untagged(one) for one in json.loads(position))
    except (ValueError, ArithmeticError, KeyError, TypeError) as error:
        raise PositionUnusableError("the position is not of a SQL table") from error


def _untagged(value: object) -> object:
    if not isinstance(value, dict):
        return value
    [(tag, text)] = value.items()
    parse = {name: make for name, _, make in _TAGS}
    return parse[tag](text)
