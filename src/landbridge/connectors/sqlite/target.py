"""Deciding what a load does to its target table, and building it."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from landbridge.connectors.sqlite.catalogue import DIALECT, Table, TableColumn, described
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.types import declared_for
from landbridge.data.types import Logical, meaning_of
from landbridge.data.widths import holds
from landbridge.kernel.errors import SchemaChangedError, StreamMissingError
from landbridge.sdk.sink import Change, Load

_FLOAT_DIGITS = 15
_WIDER: Mapping[Logical, frozenset[Logical]] = {
    "bool": frozenset({"int"}),
    "int": frozenset({"decimal", "number"}),
    "decimal": frozenset({"number"}),
    "date": frozenset({"text"}),
    "time": frozenset({"text"}),
    "timestamp": frozenset({"text"}),
    "instant": frozenset({"text"}),
    "json": frozenset({"text"}),
    "uuid": frozenset({"text"}),
    "bits": frozenset({"text"}),
    "opaque": frozenset({"text"}),
    "number": frozenset({"text"}),
}


@dataclass(frozen=True, slots=True)
class Target:
    """The table of a load as it is, and what is missing.

    Attributes:
        table: The existing table, or None.
        added: Columns to add to it.
        stored: How each column of the load is bound, in the load's order.
    """

    table: Table | None
    added: tuple[pa.Field, ...]
    stored: tuple[pa.Field, ...]

    def merges(self, key: Sequence[str]) -> bool:
        """Return whether a unique index covers exactly the key."""
        return self.table is None or frozenset(key) in self.table.unique


def staging_name(load: Load) -> str:
    """Return the name of the table that holds the load's rows until it is published."""
    return f"{staging_prefix(load)}{load.generation}"


def staging_prefix(load: Load) -> str:
    """Return how the names of all its generations' staging tables begin."""
    digest = hashlib.sha256(load.load_id.encode()).hexdigest()[:16]
    return f"_landbridge_new_{digest}_"


def target_of(connection: sqlite3.Connection, load: Load, options: SqliteOptions) -> Target:
    """Compare the load's columns with the table.

    Raises:
        SchemaChangedError: They do not fit, or columns are missing and may not be added.
    """
    try:
        table = described(connection, load.stream, options)
    except StreamMissingError:
        return Target(None, (), tuple(load.columns))
    known = {one.field.name: one for one in table.columns}
    added = tuple(field for field in load.columns if field.name not in known)
    if added and not load.evolve:
        names = ", ".join(field.name for field in added)
        raise SchemaChangedError(f"{load.stream} has no column {names}", stream=load.stream)
    given = set(load.columns.names)
    for one in table.columns:
        if one.required and one.field.name not in given:
            raise SchemaChangedError(
                f"{load.stream}.{one.field.name} needs a value and the load has none",
                stream=load.stream,
                column=one.field.name,
            )
    stored = tuple(
        _stored(field, known[field.name], load.stream) if field.name in known else field
        for field in load.columns
    )
    return Target(table, added, stored)


def changes_of(target: Target, load: Load) -> Sequence[Change]:
    """Return what opening and publishing does, in order."""
    found: list[Change] = []
    if target.table is None:
        found.append(Change("create", creation(load.stream, load, target.stored)))
    found += [Change("add_column", addition(load.stream, field)) for field in target.added]
    if target.table is not None and load.mode == "replace":
        statement = f"DELETE FROM {DIALECT.quoted(load.stream)}"  # noqa: S608  quoted names
        found.append(Change("replace", statement, destructive=True))
    elif load.mode == "mirror":
        sentence = f"delete the rows of {load.stream} that are not loaded"
        found.append(Change("delete_rows", sentence, destructive=True))
    found.append(Change("write", f"{load.mode} rows into {load.stream}"))
    return found


def creation(name: str, load: Load, fields: Sequence[pa.Field]) -> str:
    """Return the statement that creates a table for the load's rows."""
    parts: list[str] = []
    for field in fields:
        fixed = " NOT NULL" if not field.nullable or field.name in load.key else ""
        parts.append(f"{DIALECT.quoted(field.name)} {declared_for(field)}{fixed}")
    if load.key:
        parts.append(f"PRIMARY KEY ({DIALECT.columns(load.key)})")
    return f"CREATE TABLE {DIALECT.quoted(name)} ({', '.join(parts)})"


def addition(name: str, field: pa.Field) -> str:
    """Return the statement that adds a column, NULL in the rows there are."""
    quoted = DIALECT.quoted(name)
    return f"ALTER TABLE {quoted} ADD COLUMN {DIALECT.quoted(field.name)} {declared_for(field)}"


def _stored(field: pa.Field, column: TableColumn, stream: str) -> pa.Field:
    """Return how values of the field are bound for an existing column."""
    here, there = meaning_of(field).logical, meaning_of(column.field).logical
    kept = column.field if not column.lenient else field
    if here == there or column.lenient:
        fits = column.lenient or holds(field.type, column.field.type)
    else:
        fits = there in _WIDER.get(here, frozenset())
        if fits and there == "decimal":
            fits = column.field.type.precision - column.field.type.scale >= 20  # noqa: PLR2004  digits of uint64
    if fits and there in {"decimal", "number"} and column.affinity != "TEXT":
        fits = there == "decimal" and column.field.type.precision <= _FLOAT_DIGITS
    if fits and there == "json" and column.affinity != "TEXT":
        fits = False
    if not fits:
        raise SchemaChangedError(
            f"{stream}.{field.name} is declared {column.declared or 'without a type'}, which "
            f"does not keep {here} values of {field.type}",
            hint="load into a new table, or declare the column as "
            f"{declared_for(field)} (see the type table of the connector)",
            stream=stream,
            column=field.name,
        )
    # Bound in the form of the load where the target only stores its text.
    return kept.with_nullable(column.field.nullable) if here == there else _bound(field, kept)


def _bound(field: pa.Field, kept: pa.Field) -> pa.Field:
    meaning = meaning_of(kept).logical
    return (field if meaning == "text" else kept).with_nullable(kept.nullable)


def converted(column: pa.Array, stored: pa.Field) -> pa.Array:
    """Return a column in the storage it is bound as; it fits, as `target_of` has found."""
    if column.type == stored.type:
        return column
    return column.cast(stored.type)
