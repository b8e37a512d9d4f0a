"""Deciding what a load does to its target table, and building it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

import pyarrow as pa
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.schema import CreateTable

from landbridge.connectors.sql.catalogue import described, placed
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.table import Table, TableColumn
from landbridge.connectors.sql.types import AnyType, field_of, kept, known
from landbridge.data.types import Logical, meaning_of
from landbridge.data.widths import holds
from landbridge.kernel.errors import SchemaChangedError, StreamMissingError
from landbridge.sdk.sink import Change, Load

_WIDER: Mapping[Logical, frozenset[Logical]] = {
    "bool": frozenset({"int"}),
    "date": frozenset({"timestamp"}),
    "instant": frozenset({"timestamp"}),
    "number": frozenset({"text"}),
    "bits": frozenset({"text"}),
    "opaque": frozenset({"text"}),
    "json": frozenset({"text"}),
    "uuid": frozenset({"text"}),
    "time": frozenset({"text"}),
}
_INT64_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Target:
    """The table of a load as it is, and what is missing.

    Attributes:
        place: Schema and name.
        table: The existing table, or None.
        added: Columns to add to it.
        stored: The field of each column in the target, in the load's order.
        types: Its type.
    """

    place: tuple[str | None, str]
    table: Table | None
    added: tuple[pa.Field, ...]
    stored: tuple[pa.Field, ...]
    types: tuple[AnyType, ...]

    @property
    def required(self) -> frozenset[str]:
        """Columns that refuse NULL, beside those of the load that do."""
        columns = () if self.table is None else self.table.columns
        return frozenset(one.field.name for one in columns if not one.field.nullable)


def staging_name(load: Load) -> str:
    """Return the name of the table that holds the load's rows until it is published."""
    return f"{staging_prefix(load)}{load.generation}"


def staging_prefix(load: Load) -> str:
    """Return how the names of all its generations' staging tables begin.

    Short enough for databases whose names have 30 characters.
    """
    digest = hashlib.sha256(load.load_id.encode()).hexdigest()[:10]
    return f"_landbridge_{digest}_"


def target_of(connection: sa.Connection, load: Load, options: SqlOptions) -> Target:
    """Compare the load's columns with the table.

    Raises:
        SchemaChangedError: They do not fit, or columns are missing and may not be added.
    """
    dialect = connection.dialect.name
    made = {
        field.name: kept(field, dialect, key=field.name in load.key) for field in load.columns
    }
    stored = {name: _field_of_type(name, how.type) for name, how in made.items()}
    types = {name: how.type for name, how in made.items()}
    place = placed(connection, load.stream, options)
    try:
        table = described(connection, load.stream, options)
    except StreamMissingError:
        return Target(place, None, (), tuple(stored.values()), tuple(types.values()))
    found = {one.field.name: one for one in table.columns}
    added = tuple(field for field in load.columns if field.name not in found)
    if added and not load.evolve:
        names = ", ".join(field.name for field in added)
        raise SchemaChangedError(f"{load.stream} has no column {names}", stream=load.stream)
    for one in table.columns:
        _require_value(one, load)
    for field in load.columns:
        if field.name in found:
            one = found[field.name]
            _require_fit(field, stored[field.name], one, load.stream)
            stored[field.name], types[field.name] = one.field, one.type
    return Target(place, table, added, tuple(stored.values()), tuple(types.values()))


def changes_of(dialect: sa.Dialect, target: Target, load: Load) -> Sequence[Change]:
    """Return what opening and publishing does, in order."""
    found: list[Change] = []
    if target.table is None:
        made = table_for(target.place, load, target)
        statement = str(CreateTable(made).compile(dialect=dialect)).strip()
        found.append(Change("create", statement))
    found += [Change("add_column", _stated(dialect, target, field)) for field in target.added]
    if target.table is not None and load.mode == "replace":
        sentence = f"delete every row of {load.stream}, then insert the rows loaded"
        found.append(Change("replace", sentence, destructive=True))
    elif load.mode == "mirror":
        sentence = f"delete the rows of {load.stream} that are not loaded"
        found.append(Change("delete_rows", sentence, destructive=True))
    found.append(Change("write", f"{load.mode} rows into {load.stream}"))
    return found


def table_for(place: tuple[str | None, str], load: Load, target: Target) -> sa.Table:
    """Return the definition of a table of the load's columns at some place."""
    schema, name = place
    columns: list[sa.Column[object]] = []
    for field, kind in zip(load.columns, target.types, strict=True):
        columns.append(
            sa.Column(
                field.name,
                kind,
                primary_key=field.name in load.key,
                autoincrement=False,
                nullable=field.nullable and field.name not in load.key,
                comment=meaning_of(field).comment or None,
            )
        )
    return sa.Table(name, sa.MetaData(schema=schema), *columns, comment=load.comment or None)


def add_columns(connection: sa.Connection, target: Target) -> None:
    """Add what is missing, NULL in the rows there are."""
    changes = Operations(MigrationContext.configure(connection))
    for field in target.added:
        schema, name = target.place
        column = _addition(connection.dialect, field)
        changes.add_column(name, column, schema=schema)


def _addition(dialect: sa.Dialect, field: pa.Field) -> "sa.Column[object]":
    comment = meaning_of(field).comment or None
    return sa.Column(field.name, kept(field, dialect.name).type, comment=comment)


def _stated(dialect: sa.Dialect, target: Target, field: pa.Field) -> str:
    """Return the statement that adds a column."""
    written = StringIO()
    options = {"as_sql": True, "output_buffer": written}
    context = MigrationContext.configure(dialect=dialect, opts=options)
    schema, name = target.place
    Operations(context).add_column(name, _addition(dialect, field), schema=schema)
    return written.getvalue().strip().rstrip(";")


def _field_of_type(name: str, kind: AnyType) -> pa.Field:
    return field_of(name, known(kind), nullable=True, comment="", native=str(kind))


def _require_value(one: TableColumn, load: Load) -> None:
    if one.field.nullable or one.default or one.field.name in load.columns.names:
        return
    raise SchemaChangedError(
        f"{load.stream}.{one.field.name} needs a value and the load has none",
        stream=load.stream,
        column=one.field.name,
    )


def _require_fit(field: pa.Field, made: pa.Field, column: TableColumn, stream: str) -> None:
    """Raise unless an existing column keeps every value of the field.

    A column that is like the one we would create is as good as it.
    """
    here, there = meaning_of(field).logical, meaning_of(column.field).logical
    same = made.type == column.field.type and meaning_of(made).logical == there
    if same or (here == there and holds(field.type, column.field.type)):
        return
    if there in _WIDER.get(here, frozenset()) or _numbers(field, column.field):
        return
    raise SchemaChangedError(
        f"{stream}.{field.name} is {column.type}, which does not keep {here} values of "
        f"{field.type}",
        hint="load into a new table, or alter the column",
        stream=stream,
        column=field.name,
    )


def _numbers(field: pa.Field, stored: pa.Field) -> bool:
    """Return whether a decimal keeps every integer of the field's type."""
    if not pa.types.is_integer(field.type) or not pa.types.is_decimal(stored.type):
        return False
    return stored.type.precision - stored.type.scale >= _INT64_DIGITS
