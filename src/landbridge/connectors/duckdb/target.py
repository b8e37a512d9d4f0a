"""Deciding what a load does to its target table, and building it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from landbridge.connectors.duckdb.catalogue import (
    Place,
    Table,
    TableColumn,
    described,
    place_of,
)
from landbridge.connectors.duckdb.database import DIALECT
from landbridge.connectors.duckdb.types import fit_of
from landbridge.data.types import Logical, meaning_of
from landbridge.data.widths import holds
from landbridge.kernel.errors import SchemaChangedError, StreamMissingError
from landbridge.sdk.sink import Change, Load

_WIDER: Mapping[Logical, frozenset[Logical]] = {
    "number": frozenset({"text"}),
    "bits": frozenset({"text"}),
    "opaque": frozenset({"text"}),
    "json": frozenset({"text"}),
    "uuid": frozenset({"text"}),
}
_INT64_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Target:
    """The table of a load as it is, and what is missing.

    Attributes:
        place: Where the table is or will be.
        table: The existing table, or None.
        added: Columns to add to it.
        natives: Type of each column of the load in the target, in the load's order.
    """

    place: Place
    table: Table | None
    added: tuple[pa.Field, ...]
    natives: tuple[str, ...]

    @property
    def required(self) -> frozenset[str]:
        """Columns that refuse NULL, beside those of the load that do."""
        if self.table is None:
            return frozenset()
        return frozenset(one.field.name for one in self.table.columns if not one.field.nullable)

    def merges(self, key: Sequence[str]) -> bool:
        """Return whether a constraint covers exactly the key."""
        return self.table is None or frozenset(key) in self.table.unique


def staging_of(load: Load, target: Target) -> Place:
    """Return the table that holds the load's rows until it is published."""
    return Place(target.place.schema, f"{staging_prefix(load)}{load.generation}")


def staging_prefix(load: Load) -> str:
    """Return how the names of all its generations' staging tables begin."""
    digest = hashlib.sha256(load.load_id.encode()).hexdigest()[:16]
    return f"_landbridge_new_{digest}_"


def target_of(connection: duckdb.DuckDBPyConnection, load: Load, default_schema: str) -> Target:
    """Compare the load's columns with the table.

    Raises:
        SchemaChangedError: They do not fit, or columns are missing and may not be added.
    """
    natives = {field.name: fit_of(field).native for field in load.columns}
    try:
        table = described(connection, load.stream, default_schema)
    except StreamMissingError:
        place = place_of(connection, load.stream, default_schema)
        return Target(place, None, (), tuple(natives.values()))
    known = {one.field.name: one for one in table.columns}
    added = tuple(field for field in load.columns if field.name not in known)
    if table.kind == "view":
        raise SchemaChangedError(f"{load.stream} is a view", stream=load.stream)
    if added and not load.evolve:
        names = ", ".join(field.name for field in added)
        raise SchemaChangedError(f"{load.stream} has no column {names}", stream=load.stream)
    for one in table.columns:
        _require_value(one, load)
    for field in load.columns:
        if field.name in known:
            natives[field.name] = _fitting(field, known[field.name], load.stream)
    return Target(table.place, table, added, tuple(natives.values()))


def changes_of(target: Target, load: Load) -> Sequence[Change]:
    """Return what opening and publishing does, in order."""
    found: list[Change] = []
    if target.table is None:
        found.append(Change("create", creation(target.place, load, target)))
    found += [Change("add_column", addition(target.place, field)) for field in target.added]
    if target.table is not None and load.mode == "replace":
        statement = f"DROP TABLE {target.place.quoted}; ALTER TABLE … RENAME"
        found.append(Change("replace", statement, destructive=True))
    elif load.mode == "mirror":
        sentence = f"delete the rows of {load.stream} that are not loaded"
        found.append(Change("delete_rows", sentence, destructive=True))
    found.append(Change("write", f"{load.mode} rows into {load.stream}"))
    return found


def creation(place: Place, load: Load, target: Target) -> str:
    """Return the statement that creates a table like the target, or for the load's rows."""
    parts: list[str] = []
    given = dict(zip(load.columns.names, target.natives, strict=True))
    primary = load.key
    if target.table is not None:
        primary = target.table.primary or load.key
        for one in target.table.columns:
            default = f" DEFAULT {one.default}" if one.default is not None else ""
            parts.append(_definition(one.field, one.native, primary) + default)
            given.pop(one.field.name, None)
    for name, native in given.items():
        parts.append(_definition(load.columns.field(name), native, primary))
    if primary:
        parts.append(f"PRIMARY KEY ({DIALECT.columns(primary)})")
    return f"CREATE TABLE {place.quoted} ({', '.join(parts)})"


def comments(place: Place, load: Load, target: Target) -> Sequence[str]:
    """Return the statements that comment a table, its own comments first."""
    table = target.table
    whole = table.comment if table is not None else load.comment
    stated = {field.name: meaning_of(field).comment for field in load.columns}
    if table is not None:
        stated |= {one.field.name: meaning_of(one.field).comment for one in table.columns}
    found = [f"COMMENT ON TABLE {place.quoted} IS {_text(whole)}"] if whole else []
    found += [
        f"COMMENT ON COLUMN {place.quoted}.{DIALECT.quoted(name)} IS {_text(comment)}"
        for name, comment in stated.items()
        if comment
    ]
    return found


def addition(place: Place, field: pa.Field) -> str:
    """Return the statement that adds a column, NULL in the rows there are."""
    name = DIALECT.quoted(field.name)
    return f"ALTER TABLE {place.quoted} ADD COLUMN {name} {fit_of(field).native}"


def _definition(field: pa.Field, native: str, primary: Sequence[str]) -> str:
    fixed = " NOT NULL" if not field.nullable or field.name in primary else ""
    return f"{DIALECT.quoted(field.name)} {native}{fixed}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _require_value(one: TableColumn, load: Load) -> None:
    given = one.field.name in load.columns.names
    if one.generated or (not given and not one.field.nullable and one.default is None):
        what = "is generated" if one.generated else "needs a value and the load has none"
        raise SchemaChangedError(
            f"{load.stream}.{one.field.name} {what}",
            stream=load.stream,
            column=one.field.name,
        )


def _fitting(field: pa.Field, column: TableColumn, stream: str) -> str:
    """Return the type of an existing column that keeps every value of the field."""
    here, there = meaning_of(field).logical, meaning_of(column.field).logical
    fit = fit_of(field)
    fits = column.native == fit.native and fit.kind != "lossy"
    if not fits and column.native.startswith("ENUM("):
        fits = False  # a text outside of the list would be refused; the user decides
    elif not fits and here == there:
        fits = holds(field.type, column.field.type)
    elif not fits:
        fits = there in _WIDER.get(here, frozenset()) or _numbers(field, column.field)
    if not fits:
        raise SchemaChangedError(
            f"{stream}.{field.name} is {column.native}, which does not keep {here} values "
            f"of {field.type}",
            hint=f"load into a new table, or alter the column to {fit.native}",
            stream=stream,
            column=field.name,
        )
    return column.native


def _numbers(field: pa.Field, kept: pa.Field) -> bool:
    """Return whether a decimal keeps every integer of the field's type."""
    if not pa.types.is_integer(field.type) or not pa.types.is_decimal(kept.type):
        return False
    return kept.type.precision - kept.type.scale >= _INT64_DIGITS
