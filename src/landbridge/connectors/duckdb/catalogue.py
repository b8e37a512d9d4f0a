"""What a DuckDB database holds: tables, columns, keys, comments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from landbridge.connectors.duckdb.database import DIALECT
from landbridge.connectors.duckdb.types import Known, known
from landbridge.data.types import Meaning, column
from landbridge.kernel.errors import OptionsInvalidError, StreamMissingError
from landbridge.sdk.sql.progress_tables import is_internal

_TABLES = (
    "SELECT schema_name, table_name, 'table' AS kind, comment, estimated_size "
    "FROM duckdb_tables() WHERE database_name = current_database() "
    "UNION ALL SELECT schema_name, view_name, 'view', comment, NULL FROM duckdb_views() "
    "WHERE database_name = current_database() AND NOT internal"
)
_COLUMNS = (
    "SELECT * FROM duckdb_columns() WHERE database_name = current_database() "
    "AND schema_name = ? AND table_name = ? ORDER BY column_index"
)
_KEYS = (
    "SELECT constraint_type, constraint_column_names FROM duckdb_constraints() "
    "WHERE database_name = current_database() AND schema_name = ? AND table_name = ? "
    "AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') ORDER BY constraint_index"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A table by schema and name."""

    schema: str
    name: str

    @property
    def quoted(self) -> str:
        """The name in SQL."""
        return DIALECT.quoted(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: how it is read, and what else its definition says."""

    field: pa.Field
    known: Known
    native: str
    default: str | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view.

    Attributes:
        stream: Its name as a stream.
        place: Its name.
        kind: What it is.
        columns: In the order of the table.
        key: See `StreamSchema.key`.
        primary: Columns of its primary key.
        unique: Every set of columns that a constraint keeps unique.
        comment: Its comment.
        rows: Estimated number of rows.
    """

    stream: str
    place: Place
    kind: Literal["table", "view"]
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    primary: tuple[str, ...]
    unique: tuple[frozenset[str], ...]
    comment: str
    rows: int | None

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow fields."""
        return pa.schema([one.field for one in self.columns])

    def column(self, name: str) -> TableColumn:
        """Return one column by name.

        Raises:
            OptionsInvalidError: There is none of that name.
        """
        for one in self.columns:
            if one.field.name == name:
                return one
        raise OptionsInvalidError(f"{self.stream} has no column {name}", stream=self.stream)


def place_of(connection: duckdb.DuckDBPyConnection, stream: str, default: str) -> Place:
    """Return where a stream is, or where it would be created.

    A name without a dot, or one that a table of the default schema has, is in the default
    schema; else what stands before the first dot is the schema.
    """
    found = connection.execute(
        f"SELECT 1 FROM ({_TABLES}) WHERE schema_name = ? AND table_name = ?",  # noqa: S608  a constant
        [default, stream],
    ).fetchall()
    schema, dot, name = stream.partition(".")
    if found or not dot or not name:
        return Place(default, stream)
    return Place(schema, name)


def listed(
    connection: duckdb.DuckDBPyConnection, default: str
) -> Iterator[tuple[str, str, str, int | None]]:
    """Yield stream name, kind, comment and estimated rows, in name order."""
    found: list[tuple[str, str, str, int | None]] = []
    for schema, name, kind, comment, rows in connection.execute(_TABLES).fetchall():
        if not is_internal(name):
            stream = name if schema == default else f"{schema}.{name}"
            found.append((stream, kind, comment or "", rows))
    yield from sorted(found)


def described(connection: duckdb.DuckDBPyConnection, stream: str, default: str) -> Table:
    """Return what a table looks like now.

    Raises:
        StreamMissingError: There is none of that name.
    """
    place = place_of(connection, stream, default)
    names: Sequence[object] = [place.schema, place.name]
    found = connection.execute(
        f"SELECT kind, comment, estimated_size FROM ({_TABLES}) "  # noqa: S608  a constant
        "WHERE schema_name = ? AND table_name = ?",
        names,
    ).fetchall()
    if not found:
        raise StreamMissingError(f"there is no table {stream}", stream=stream)
    kind, comment, rows = found[0]
    result = connection.execute(_COLUMNS, names)
    titles = [title[0] for title in result.description or ()]
    rows_found = result.fetchall()
    columns = tuple(_column(dict(zip(titles, row, strict=True))) for row in rows_found)
    keys = connection.execute(_KEYS, names).fetchall()
    filled = {one.field.name for one in columns if not one.field.nullable}
    primary = next((tuple(key) for sort, key in keys if sort == "PRIMARY KEY"), ())
    complete = [tuple(key) for _, key in keys if set(key) <= filled]
    key = primary or min(complete, key=lambda names: (len(names), names), default=())
    unique = tuple(frozenset(key) for _, key in keys)
    return Table(stream, place, kind, columns, key, primary, unique, comment or "", rows)


def _column(row: Mapping[str, object]) -> TableColumn:
    name, native = str(row["column_name"]), str(row["data_type"])
    what = known(native)
    comment = str(row["comment"] or "")
    meaning = Meaning(what.logical, native=what.native, comment=comment)
    field = column(name, what.storage, meaning, nullable=bool(row["is_nullable"]))
    default = row["column_default"]
    # Before DuckDB 1.5 a generated column looks like one with a default.
    generated = bool(row.get("is_generated"))
    return TableColumn(
        field, what, native, None if default is None else str(default), generated
    )
