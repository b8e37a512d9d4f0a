"""Statements that create and evolve a target table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from landbridge.connectors.mysql.catalogue import CatalogueColumn, Relation
from landbridge.connectors.mysql.dialects import QUOTING, MysqlDialect, literal
from landbridge.connectors.mysql.keeping import bends
from landbridge.connectors.mysql.native import parse_native
from landbridge.connectors.mysql.types import Abilities, created_as, key_type
from landbridge.connectors.mysql.widening import widened
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import SchemaChangedError, TypeRefusedError
from landbridge.sdk.sink import Change, Load

_COLUMN_COMMENT = 1024
_TABLE_COMMENT = 2048
_ROW_BYTES = 60_000
_BYTES_PER_CHARACTER = 4
_LONG = 255
_TRANSACTIONAL = frozenset({"innodb", "rocksdb", "tokudb", "oceanbase", "xtradb"})


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes statements for one server."""

    dialect: MysqlDialect
    abilities: Abilities

    def create(self, table: str, load: Load) -> str:
        """Return the statement that creates a table for a load's rows.

        Raises:
            TypeRefusedError: A column has no type here.
        """
        types = self._types(load)
        parts = [
            self._column(field, types[field.name], required=field.name in load.key)
            for field in load.columns
        ]
        if load.key:
            parts.append(f"PRIMARY KEY ({QUOTING.columns(load.key)})")
        engine = f" ENGINE={self.dialect.engine}" if self.dialect.engine else ""
        comment = f" COMMENT={literal(load.comment[:_TABLE_COMMENT])}" if load.comment else ""
        return (
            f"CREATE TABLE {QUOTING.quoted(table)} ({', '.join(parts)}){engine} "
            f"DEFAULT CHARSET=utf8mb4 COLLATE={self.abilities.collation}{comment}"
        )

    def add(self, table: str, fields: Sequence[pa.Field]) -> str:
        """Return the statement that adds columns, NULL in every old row."""
        added = [
            f"ADD COLUMN {self._column(field, self._type(field), required=False)}"
            for field in fields
        ]
        return f"ALTER TABLE {QUOTING.quoted(table)} {', '.join(added)}"

    def _types(self, load: Load) -> dict[str, str]:
        """Types by column; wide ones give way to texts outside of the row's 64 KiB."""
        types = {field.name: self._type(field) for field in load.columns}
        for name in load.key:
            types[name] = key_type(types[name], len(load.key))
        total = sum(_row_bytes(text) for text in types.values())
        movable = [name for name in types if name not in load.key]
        for name in sorted(movable, key=lambda one: -_row_bytes(types[one])):
            if total <= _ROW_BYTES or _row_bytes(types[name]) <= _LONG:
                break
            total -= _row_bytes(types[name])
            binary = parse_native(types[name]).name.endswith("binary")
            types[name] = "longblob" if binary else "longtext"
        return types

    def _type(self, field: pa.Field) -> str:
        fit = created_as(field, self.abilities)
        if fit.kind == "refused":
            raise TypeRefusedError(f"{field.name}: {fit.reason}", column=field.name)
        return fit.native

    def _column(self, field: pa.Field, native: str, *, required: bool) -> str:
        nullable = field.nullable and not required
        comment = meaning_of(field).comment
        said = f" COMMENT {literal(comment[:_COLUMN_COMMENT])}" if comment else ""
        # A timestamp without NULL would set itself to the time of each change.
        automatic = native.startswith("timestamp") and not nullable
        default = " DEFAULT '1970-01-01 00:00:01'" if automatic else ""
        return (
            f"{QUOTING.quoted(field.name)} {native} "
            f"{'NULL' if nullable else 'NOT NULL'}{default}{said}"
        )


def _row_bytes(native: str) -> int:
    found = parse_native(native)
    if found.name in {"varchar", "char"}:
        return (found.size or 1) * _BYTES_PER_CHARACTER + 2
    if found.name in {"varbinary", "binary"}:
        return (found.size or 1) + 2
    return 12


def missing_columns(load: Load, relation: Relation) -> list[pa.Field]:
    """Return the load's columns that the table does not have."""
    return [
        field.with_nullable(True)  # noqa: FBT003  pyarrow's signature
        for field in load.columns
        if relation.column(field.name) is None
    ]


def widened_columns(
    builder: Builder, load: Load, relation: Relation
) -> Mapping[str, tuple[CatalogueColumn, str]]:
    """Return the table's columns to widen, by the field's name, each with its new type."""
    found: dict[str, tuple[CatalogueColumn, str]] = {}
    for field in load.columns if load.evolve else ():
        target = relation.column(field.name)
        wider = widened(field, target, builder.abilities) if target is not None else None
        if target is not None and wider is not None:
            found[field.name] = target, wider
    return found


def require_keeping(builder: Builder, load: Load, relation: Relation) -> None:
    """Check that the table can take the load's rows unchanged, once it has evolved.

    Raises:
        SchemaChangedError: It is a view, has no transactions, needs columns that the load
            lacks, bends values, or may not be given the columns it lacks.
    """
    table = relation.table
    if relation.view:
        raise SchemaChangedError(f"{table} is a view", stream=table)
    if relation.engine.lower() not in _TRANSACTIONAL:
        raise SchemaChangedError(
            f"{table} has the engine {relation.engine}, which has no transactions",
            hint=f"ALTER TABLE {relation.quoted} ENGINE=InnoDB",
            stream=table,
        )
    wider = widened_columns(builder, load, relation)
    for field in load.columns:
        target = relation.column(field.name)
        if field.name in wider and target is not None:
            target = replace(target, type=parse_native(wider[field.name][1]))
        reason = bends(field, target) if target is not None else ""
        if reason:
            raise SchemaChangedError(
                f"{table}.{field.name} {reason}",
                hint="cast the field in the mapping, or change the column",
                stream=table,
                column=field.name,
            )
    given = {field.name.casefold() for field in load.columns}
    lacking = [
        column.name
        for column in relation.columns
        if column.name.casefold() not in given and not column.optional
    ]
    if lacking:
        raise SchemaChangedError(
            f"{table}.{lacking[0]} must have a value, and the copy has none",
            hint="add the field to the mapping, or give the column a default",
            stream=table,
            column=lacking[0],
        )
    missing = missing_columns(load, relation)
    if missing and not load.evolve:
        names = ", ".join(field.name for field in missing)
        raise SchemaChangedError(f"{table} has no column {names}", stream=table)


def planned(builder: Builder, load: Load, relation: Relation | None) -> list[Change]:
    """Return what opening and publishing the load does to the target.

    Raises:
        SchemaChangedError: The existing target does not fit and may not evolve.
    """
    if relation is None:
        return [Change("create", builder.create(load.stream, load))]
    require_keeping(builder, load, relation)
    found = [
        Change(
            "widen_column",
            f"ALTER TABLE {relation.quoted} MODIFY {QUOTING.quoted(column.name)} {wider}",
        )
        for column, wider in widened_columns(builder, load, relation).values()
    ]
    missing = missing_columns(load, relation)
    if missing:
        found.append(Change("add_column", builder.add(load.stream, missing)))
    if load.mode == "replace":
        swap = f"RENAME TABLE new TO {relation.quoted}, in one step with the old one's removal"
        found.append(Change("replace", swap, destructive=True))
    elif load.mode == "mirror":
        text = f"DELETE FROM {relation.quoted} WHERE the key is not in the source"  # noqa: S608  words
        found.append(Change("delete_rows", text, destructive=True))
    return found
