"""What a SQLite file holds: tables, columns, keys, and the order rows are read in."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from landbridge.connectors.sqlite.errors import explained
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.types import Affinity, Declared, text_field, understood
from landbridge.data.types import Logical, Meaning, column
from landbridge.kernel.errors import OptionsInvalidError, StreamMissingError
from landbridge.sdk.sql.dialect import SqlDialect
from landbridge.sdk.sql.progress_tables import is_internal

DIALECT = SqlDialect("sqlite")
_ROWIDS = ("_rowid_", "rowid", "oid")
_HIDDEN = 1
_KINDS: Mapping[frozenset[str], tuple[Logical, pa.DataType]] = {
    frozenset({"integer"}): ("int", pa.int64()),
    frozenset({"real"}): ("float", pa.float64()),
    frozenset({"integer", "real"}): ("float", pa.float64()),
    frozenset({"blob"}): ("binary", pa.binary()),
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column.

    Attributes:
        field: How it is read.
        affinity: What SQLite does to values stored in it.
        declared: Its type as declared.
        lenient: Numbers in it are read as text.
        required: It must be given a value when a row is inserted.
    """

    field: pa.Field
    affinity: Affinity
    declared: str
    lenient: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view.

    Attributes:
        name: Its name.
        kind: What it is.
        columns: In the order of the table.
        key: See `StreamSchema.key`.
        order: Quoted expressions by which rows are read in an order of their own.
        keyset: Whether `order` is unique and never NULL, so that reading can go on after
            a row; otherwise rows are counted.
        unique: Every set of columns that a unique index or the primary key covers.
    """

    name: str
    kind: Literal["table", "view"]
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    keyset: bool
    unique: tuple[frozenset[str], ...] = ()

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
        raise OptionsInvalidError(f"{self.name} has no column {name}", stream=self.name)


def connect(path: Path, options: SqliteOptions, *, write: bool = False) -> sqlite3.Connection:
    """Return a connection that begins no transaction of its own.

    Raises:
        OptionsInvalidError: A file to read is not there, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < (3, 37):
        raise OptionsInvalidError(
            f"SQLite {sqlite3.sqlite_version} is too old", hint="use one of 3.37 or later"
        )
    if not write and not path.is_file():
        raise OptionsInvalidError(f"there is no file {path.name}", file=path.name)
    with explained(path.name):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'rwc' if write else 'ro'}",
            uri=True,
            timeout=options.busy_timeout_secs,
            isolation_level=None,
            check_same_thread=False,
        )
        if options.encoding.lower().replace("-", "") != "utf8":
            connection.text_factory = _decoder(options.encoding)
        return connection


def _decoder(encoding: str) -> Callable[[bytes], str]:
    return lambda text: text.decode(encoding)


def listed(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield name and kind of every table and view of the user, in name order."""
    rows = connection.execute(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' "
        "AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    for name, kind in sorted(rows):
        if not is_internal(name):
            yield name, kind


def described(connection: sqlite3.Connection, name: str, options: SqliteOptions) -> Table:
    """Return what a table looks like now.

    Raises:
        StreamMissingError: There is none of that name.
    """
    found = connection.execute(
        "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?",
        (name,),
    ).fetchone()
    if found is None:
        raise StreamMissingError(f"there is no table {name}", stream=name)
    with closing(connection.cursor()) as cursor:
        rows = cursor.execute(
            'SELECT name, type, "notnull", pk, dflt_value FROM pragma_table_xinfo(?) '
            "WHERE hidden <> ?",
            (found[0], _HIDDEN),
        ).fetchall()
    plain, without_rowid = found[1] == "table", bool(found[2])
    key = tuple(row[0] for row in sorted(rows, key=lambda row: row[3]) if row[3])
    unique = _unique(connection, found[0]) if plain else []
    filled = {row[0] for row in rows if row[2]}
    if key and (without_rowid or _never_null(connection, found[0], key, filled)):
        filled |= set(key)
    columns = tuple(
        _column(connection, found[0], row, options, nullable=row[0] not in filled)
        for row in rows
    )
    chosen = key if set(key) <= filled else ()
    if not chosen:
        complete = [names for names in unique if set(names) <= filled]
        chosen = min(complete, key=lambda names: (len(names), names), default=())
    order, keyset = _order(rows, key if without_rowid else (), plain=plain)
    sets = tuple(frozenset(names) for names in ([key] if key else []) + unique)
    kind: Literal["table", "view"] = "view" if found[1] == "view" else "table"
    return Table(found[0], kind, columns, chosen, order, keyset, sets)


def estimated_rows(connection: sqlite3.Connection, table: Table) -> int | None:
    """Return how many rows there may be, from the ends of the row numbers alone."""
    if not table.keyset or table.order[0] not in _ROWIDS:
        return None
    number = table.order[0]
    quoted = DIALECT.quoted(table.name)
    [(low, high)] = connection.execute(
        f"SELECT (SELECT min({number}) FROM {quoted}), (SELECT max({number}) FROM {quoted})"  # noqa: S608  quoted names
    ).fetchall()
    return 0 if low is None else high - low + 1


def _column(
    connection: sqlite3.Connection,
    table: str,
    row: tuple[str, str, int, int, object],
    options: SqliteOptions,
    *,
    nullable: bool,
) -> TableColumn:
    name, declared, not_null, _, default = row
    known = understood(declared)
    required = bool(not_null) and default is None
    if f"{table}.{name}" in options.read_as_text:
        field = text_field(name, nullable=nullable)
        return TableColumn(field, known.affinity, declared, lenient=True, required=required)
    if known.logical is None:
        field = _probed(connection, table, name, nullable=nullable)
        lenient = field.type == pa.string()
        return TableColumn(field, known.affinity, declared, lenient=lenient, required=required)
    field = column(name, known.storage, _meaning(known), nullable=nullable)
    return TableColumn(field, known.affinity, declared, required=required)


def _meaning(known: Declared) -> Meaning:
    return Meaning(known.logical or "text", length=known.length)


def _probed(
    connection: sqlite3.Connection, table: str, name: str, *, nullable: bool
) -> pa.Field:
    """Return the field of a column without a type, by what it holds at this moment."""
    quoted = DIALECT.quoted(name)
    kinds = {
        kind
        for (kind,) in connection.execute(
            f"SELECT DISTINCT typeof({quoted}) FROM {DIALECT.quoted(table)}"  # noqa: S608  quoted names
        )
    }
    logical, storage = _KINDS.get(frozenset(kinds - {"null"}), ("text", pa.string()))
    return column(name, storage, Meaning(logical), nullable=nullable)


def _unique(connection: sqlite3.Connection, table: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for (index,) in connection.execute(
        'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial ORDER BY name',
        (table,),
    ).fetchall():
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,)
            )
        ]
        if all(name is not None for name in names):
            found.append(tuple(names))
    return found


def _never_null(
    connection: sqlite3.Connection, table: str, key: Sequence[str], filled: set[str]
) -> bool:
    """Return whether the primary key holds no NULL, which SQLite would allow."""
    loose = [name for name in key if name not in filled]
    if not loose:
        return True
    empty = " OR ".join(f"{DIALECT.quoted(name)} IS NULL" for name in loose)
    query = f"SELECT 1 FROM {DIALECT.quoted(table)} WHERE {empty} LIMIT 1"  # noqa: S608  quoted names
    return connection.execute(query).fetchone() is None


def _order(
    rows: Sequence[tuple[str, str, int, int, object]], key: Sequence[str], *, plain: bool
) -> tuple[tuple[str, ...], bool]:
    if key:
        return tuple(DIALECT.quoted(name) for name in key), True
    taken = {row[0].lower() for row in rows}
    number = next((name for name in _ROWIDS if name not in taken), None)
    if plain and number is not None:
        return (number,), True
    return tuple(DIALECT.quoted(row[0]) for row in rows), False
