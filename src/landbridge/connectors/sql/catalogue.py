"""What SQLAlchemy finds in a database: tables, columns, keys, comments."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeVar

import sqlalchemy as sa

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.table import Table, TableColumn
from landbridge.connectors.sql.types import field_of, known
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.sql.progress_tables import is_internal

T = TypeVar("T")
Kind = Literal["table", "view"]


def listed(connection: sa.Connection, options: SqlOptions) -> Iterator[tuple[str, Kind]]:
    """Yield name and kind of every table and view of the schema, in name order."""
    found = sa.inspect(connection)
    schema = options.schema_name
    kinds: dict[str, Kind] = dict.fromkeys(found.get_table_names(schema), "table")
    for name in _tried(lambda: found.get_view_names(schema)) or ():
        kinds[name] = "view"
    for name in sorted(kinds):
        if not is_internal(name):
            yield name, kinds[name]


def placed(
    connection: sa.Connection, stream: str, options: SqlOptions
) -> tuple[str | None, str]:
    """Return schema and name of a stream, as it is or would be created.

    A name without a dot, or one that a table of the default schema has, is in the default
    schema; else what stands before the first dot is the schema.
    """
    default = options.schema_name
    schema, dot, name = stream.partition(".")
    if not dot or not name or _kind(connection, default, stream) is not None:
        return default, stream
    return schema, name


def described(connection: sa.Connection, stream: str, options: SqlOptions) -> Table:
    """Return what a table looks like now.

    Raises:
        StreamMissingError: There is none of that name.
    """
    schema, name = placed(connection, stream, options)
    kind = _kind(connection, schema, name)
    if kind is None:
        raise StreamMissingError(f"there is no table {stream}", stream=stream)
    found = sa.inspect(connection)
    rows = found.get_columns(name, schema)
    primary = tuple(found.get_pk_constraint(name, schema)["constrained_columns"])
    uniques = _tried(lambda: found.get_unique_constraints(name, schema)) or ()
    sets = [tuple(str(part) for part in one["column_names"]) for one in uniques]
    comment = _tried(lambda: found.get_table_comment(name, schema)["text"])
    filled = {row["name"] for row in rows if not row["nullable"]} | set(primary)
    columns = tuple(
        TableColumn(
            field_of(
                row["name"],
                known(row["type"]),
                nullable=row["name"] not in filled,
                comment=row.get("comment") or "",
                native=str(row["type"]),
            ),
            known(row["type"]),
            row["type"],
            row.get("default") is not None or bool(row.get("autoincrement") is True),
        )
        for row in rows
    )
    key = options.keys.get(stream, primary) or _shortest(sets, filled)
    unique = tuple(frozenset(one) for one in [primary, *sets] if one)
    return Table(stream, schema, name, kind, columns, key, unique, comment or "")


def _shortest(sets: Sequence[tuple[str, ...]], filled: set[str]) -> tuple[str, ...]:
    complete = [names for names in sets if names and set(names) <= filled]
    return min(complete, key=lambda names: (len(names), names), default=())


def _kind(connection: sa.Connection, schema: str | None, name: str) -> Kind | None:
    found = sa.inspect(connection)
    if not found.has_table(name, schema=schema):
        return None
    views = _tried(lambda: found.get_view_names(schema)) or ()
    return "view" if name in views else "table"


def _tried(ask: Callable[[], T]) -> T | None:
    """Ask what not every dialect can tell."""
    try:
        return ask()
    except NotImplementedError:
        return None
