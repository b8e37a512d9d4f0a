"""The statement that reads one share, and the exact filter that finishes its window."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.sqlite.catalogue import DIALECT, Table, TableColumn
from landbridge.connectors.sqlite.values import to_arrow
from landbridge.data.batch import Position
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import OptionsInvalidError, PositionUnusableError
from landbridge.sdk.reading import Reading, Share, Window
from landbridge.sdk.sql.dialect import Scalar

Mark = tuple[Scalar, ...]
"""Values of a row's order columns, or the number of rows read so far."""

_EXACT = frozenset({"int", "float", "text"})
_DATED = frozenset({"date", "timestamp", "instant"})
_COUNTED = frozenset({"decimal", "number"})


@dataclass(frozen=True, slots=True)
class Query:
    """How one share of a reading is asked for.

    Attributes:
        table: The table.
        columns: Columns of the result after those of the order.
        wanted: How many of them belong to the batch; the rest serve the window.
        window: The window, when SQL only narrows it down and Arrow decides.
        conditions: SQL conditions, joined by AND.
        values: What they bind.
    """

    table: Table
    columns: tuple[TableColumn, ...]
    wanted: int
    window: Window | None
    conditions: tuple[str, ...]
    values: tuple[Scalar, ...]

    def statement(self, *, resumed: bool) -> str:
        """Return the SELECT; it binds `values`, a mark when resumed, and how many rows."""
        order = self.table.order
        names = [DIALECT.quoted(one.field.name) for one in self.columns]
        conditions = list(self.conditions)
        tail = "LIMIT ?"
        if self.table.keyset:
            names = [*order, *names]
            if resumed:
                marks = DIALECT.marks(len(order))
                conditions.append(f"({', '.join(order)}) > ({marks})")
        else:
            tail = "LIMIT -1 OFFSET ?"
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return (
            f"SELECT {', '.join(names)} FROM {DIALECT.quoted(self.table.name)}{where} "  # noqa: S608  quoted names, bound values
            f"ORDER BY {', '.join(order)} {tail}"
        )

    def kept(self, rows: pa.RecordBatch) -> pa.Array | None:
        """Return which rows lie in the window, or None when SQL has decided."""
        if self.window is None:
            return None
        at = rows.schema.names.index(self.window.column)
        values = rows.column(at)
        if meaning_of(rows.schema.field(at)).logical == "number":
            values = values.cast(pa.float64())
        kept = pc.is_valid(values)
        after, until = self.window.after, self.window.until
        if after is not None:
            above = pc.greater_equal if self.window.inclusive else pc.greater
            kept = pc.and_(kept, above(values, _bound(after, values.type)))
        if until is not None:
            kept = pc.and_(kept, pc.less_equal(values, _bound(until, values.type)))
        return pc.fill_null(kept, fill_value=False)


def query_for(table: Table, reading: Reading, share: Share) -> Query:
    """Return the query of a share."""
    names = reading.columns or tuple(one.field.name for one in table.columns)
    columns = [table.column(name) for name in names]
    conditions: list[str] = []
    values: list[Scalar] = []
    if share.bounds:
        number = table.order[0]
        low, high = json.loads(share.bounds)
        for bound, sign in ((low, ">"), (high, "<=")):
            if bound is not None:
                conditions.append(f"{number} {sign} ?")
                values.append(bound)
    if reading.keys is not None:
        key = DIALECT.quoted(table.column(reading.keys.column).field.name)
        for bound, sign in ((reading.keys.lower, ">="), (reading.keys.upper, "<")):
            if bound is not None:
                conditions.append(f"{key} {sign} ?")
                values.append(bound)
    window = reading.window
    if window is not None:
        cursor = table.column(window.column)
        narrowed, bound_values = _narrowed(window, cursor)
        conditions += narrowed
        values += bound_values
        if meaning_of(cursor.field).logical in _EXACT and not cursor.lenient:
            window = None
        elif window.column not in names:
            columns.append(cursor)
    return Query(table, tuple(columns), len(names), window, tuple(conditions), tuple(values))


def cursor_logical(cursor: TableColumn) -> str:
    """Return the logical type of a cursor column.

    Raises:
        OptionsInvalidError: Its values have no order that two systems agree on.
    """
    logical = meaning_of(cursor.field).logical
    if logical in _EXACT | _DATED | _COUNTED and not cursor.lenient:
        return logical
    raise OptionsInvalidError(
        f"{cursor.field.name} is {logical} and cannot be a cursor",
        hint="choose a column of numbers, dates or timestamps",
        column=cursor.field.name,
    )


def _narrowed(window: Window, cursor: TableColumn) -> tuple[list[str], list[Scalar]]:
    logical = cursor_logical(cursor)
    name = DIALECT.quoted(window.column)
    conditions, values = [f"{name} IS NOT NULL"], list[Scalar]()
    for bound, sign in (
        (window.after, ">=" if window.inclusive or logical in _DATED else ">"),
        (window.until, "<="),
    ):
        if bound is None or logical in _COUNTED:
            continue
        if logical in _DATED:
            # To the second, whatever the spelling; years SQLite cannot read pass.
            conditions.append(f"coalesce(datetime({name}) {sign} datetime(?), 1)")
            values.append(bound)
        else:
            conditions.append(f"{name} {sign} ?")
            values.append(_literal(bound, logical))
    return conditions, values


def _literal(bound: str, logical: str) -> Scalar:
    if logical == "int":
        return int(bound)
    return float(bound) if logical == "float" else bound


def _bound(text: str, storage: pa.DataType) -> pa.Scalar:
    if pa.types.is_timestamp(storage) or pa.types.is_date(storage):
        return to_arrow([text], pa.field("bound", storage))[0]
    return pa.scalar(text).cast(storage)


def position_of(mark: Mark) -> Position:
    """Return a mark as a position.

    Example:
        >>> marked(position_of((7, "é", b"x", 1.5)))
        (7, 'é', b'x', 1.5)
    """
    tagged = [{"hex": one.hex()} if isinstance(one, bytes) else one for one in mark]
    return Position(json.dumps(tagged, ensure_ascii=False).encode())


def marked(position: Position) -> Mark:
    """Return the mark of a position.

    Raises:
        PositionUnusableError: The position is not ours.
    """
    try:
        tagged: Sequence[Scalar | dict[str, str]] = json.loads(position)
        return tuple(
            bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in tagged
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PositionUnusableError("the position is not of a SQLite table") from error
