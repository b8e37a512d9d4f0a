"""A table or view of any database."""

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from landbridge.connectors.sql.types import AnyType, Known
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import OptionsInvalidError

Query = sa.Select[Any]
"""A statement that yields rows."""

_ORDERED = frozenset({"int", "decimal", "text", "date", "uuid"})
_CURSORS = frozenset(
    {"int", "float", "decimal", "number", "text", "date", "timestamp", "instant"}
)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: how it is read, and its type in the database."""

    field: pa.Field
    known: Known
    type: AnyType
    default: bool = False

    @property
    def fetched(self) -> AnyType:
        """The type by which values are fetched, exactly.

        SQLAlchemy's types for MySQL would round numbers to ten digits, turn negative
        times into other times, and sets into sets of Python, which have no order.
        """
        if self.known.logical == "float":
            return sa.Double()
        return (
            sa.types.NullType() if isinstance(self.type, mysql.TIME | mysql.SET) else self.type
        )


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view.

    Attributes:
        stream: Its name as a stream.
        schema_name: Its schema, or None for the default one.
        name: Its name.
        kind: What it is.
        columns: In the order of the table.
        key: Columns that identify a row and are never NULL.
        unique: Every set of columns that the database keeps unique.
        comment: Its comment.
    """

    stream: str
    schema_name: str | None
    name: str
    kind: Literal["table", "view"]
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    unique: tuple[frozenset[str], ...] = ()
    comment: str = ""

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow fields."""
        return pa.schema([one.field for one in self.columns])

    @property
    def keyset(self) -> tuple[TableColumn, ...]:
        """Columns after whose values reading goes on, or none without such a key."""
        found = tuple(self.column(name) for name in self.key)
        fits = all(meaning_of(one.field).logical in _ORDERED for one in found)
        return found if fits else ()

    @property
    def clause(self) -> "sa.TableClause":
        """The table for statements, with the columns of its types."""
        columns: list[sa.ColumnClause[object]] = [
            sa.column(one.field.name, one.type) for one in self.columns
        ]
        return sa.table(self.name, *columns, schema=self.schema_name)

    def column(self, name: str) -> TableColumn:
        """Return one column by name.

        Raises:
            OptionsInvalidError: There is none of that name.
        """
        for one in self.columns:
            if one.field.name == name:
                return one
        raise OptionsInvalidError(f"{self.stream} has no column {name}", stream=self.stream)


def require_cursor(column: TableColumn) -> None:
    """Refuse a column whose values have no order that two systems agree on.

    Raises:
        OptionsInvalidError: It cannot be a cursor.
    """
    logical = meaning_of(column.field).logical
    if logical not in _CURSORS:
        raise OptionsInvalidError(
            f"{column.field.name} is {logical} and cannot be a cursor",
            hint="choose a column of numbers, texts, dates or timestamps",
            column=column.field.name,
        )
