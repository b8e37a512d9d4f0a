"""Writing SQLite: rows and progress in one transaction of one file."""

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.sqlite.catalogue import (
    DIALECT,
    connect,
    described,
    estimated_rows,
)
from landbridge.connectors.sqlite.errors import explained
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.target import (
    Target,
    addition,
    changes_of,
    creation,
    staging_name,
    staging_prefix,
    target_of,
)
from landbridge.connectors.sqlite.types import declared_for
from landbridge.connectors.sqlite.writer import (
    SqliteWriter,
    delete_keys,
    executor,
    insert,
    transaction,
    unique_key,
)
from landbridge.data.schema import StreamSchema
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    LoadBusyError,
    StreamMissingError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Progress
from landbridge.sdk.sink import Change, Fit, Load, Loading, Published, Sink, Writer
from landbridge.sdk.sql.progress_tables import LOADS, ProgressTables
from landbridge.sdk.sql.progress_tables import creation as progress_creation
from landbridge.sdk.sql.statements import (
    Move,
    delete_absent,
    insert_all,
    merge_by_delete,
    merge_on_conflict,
)

_TABLES = ProgressTables(DIALECT)


class SqliteSink(Sink):
    """Opens a connection for every call; a writer keeps its own."""

    def __init__(self, options: SqliteOptions, context: Context) -> None:
        self._options = options
        self._path = context.folder / options.path

    @override
    def check(self) -> str:
        if not self._path.exists():
            require_place(self._path)
            return f"SQLite {sqlite3.sqlite_version}"
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        return f"SQLite {sqlite3.sqlite_version}"

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        if not self._path.exists():
            return None
        with self._connected() as connection:
            try:
                table = described(connection, stream, self._options)
            except StreamMissingError:
                return None
            rows = estimated_rows(connection, table)
        return StreamSchema(table.name, table.schema, key=table.key, rows=rows)

    @override
    def fit(self, column: pa.Field) -> Fit:
        declared = declared_for(column)
        if meaning_of(column).logical == "opaque":
            return Fit("widening", declared, "kept as text")
        return Fit("exact", declared)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        if not self._path.exists():
            return changes_of(Target(None, (), tuple(load.columns)), load)
        with self._connected() as connection:
            return changes_of(target_of(connection, load, self._options), load)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        if not self._path.exists():
            return None
        with self._connected() as connection:
            known = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
            if connection.execute(known, (LOADS,)).fetchone() is None:
                return None
            return _TABLES.read(executor(connection), load_id)

    @override
    def open(self, load: Load) -> Loading:
        if not self._path.exists():
            require_place(self._path)
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._connected() as connection:
            if self._options.write_ahead:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            with transaction(connection):
                for statement in progress_creation(DIALECT):
                    connection.execute(statement)
                target = target_of(connection, load, self._options)
                try:
                    _TABLES.begin(executor(connection), load)
                except sqlite3.IntegrityError as error:
                    raise LoadBusyError(
                        f"another run has begun load {load.load_id}", load=load.load_id
                    ) from error
                if not load.resume:
                    _drop_stagings(connection, load)
                _prepare(connection, load, target)
        return SqliteLoading(self._path, self._options, load, target)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        with self._connected() as connection, transaction(connection):
            target = target_of(connection, load, self._options)
            keyed = target.merges(load.key)
            if rows.num_rows:
                if keyed:
                    insert(connection, load.stream, rows, target.stored, key=load.key)
                else:
                    delete_keys(connection, load.stream, rows.select(list(load.key)), target)
                    insert(connection, load.stream, rows, target.stored)
            delete_keys(connection, load.stream, gone, target)

    @override
    def close(self) -> None:
        pass  # every connection is closed by the call that opened it

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        with opened(self._path, self._options) as connection:
            yield connection


def require_place(path: Path) -> None:
    """Refuse a file that is not there and cannot be made.

    Raises:
        AuthenticationRefusedError: The nearest folder there is may not be written.
    """
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise AuthenticationRefusedError(
            f"{path.name} cannot be made in {folder.name}", file=path.name
        )


@contextmanager
def opened(path: Path, options: SqliteOptions) -> Generator[sqlite3.Connection]:
    """Connect for writing, durably; close on leaving."""
    with explained(path.name), closing(connect(path, options, write=True)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        yield connection


class SqliteLoading(Loading):
    """An open generation; it holds no connection."""

    def __init__(self, path: Path, options: SqliteOptions, load: Load, target: Target) -> None:
        self._path = path
        self._options = options
        self._load = load
        self._target = target

    @override
    def writer(self) -> Writer:
        connection = connect(self._path, self._options, write=True)
        with explained(self._path.name):
            connection.execute("PRAGMA synchronous = FULL")
        return SqliteWriter(connection, self._path.name, self._load, self._target)

    @override
    def publish(self) -> Published:
        load = self._load
        with opened(self._path, self._options) as connection, transaction(connection):
            run = executor(connection)
            known = _TABLES.read(run, load.load_id)
            if known and (known.generation, known.state) == (load.generation, "published"):
                return Published()
            _TABLES.mark(run, load, "published")
            if load.mode in {"append", "merge"}:
                return Published()
            staging = staging_name(load)
            deleted, rows = _publish(connection, load, self._target, staging)
            return Published(rows=rows, deleted=deleted)

    @override
    def discard(self) -> None:
        with opened(self._path, self._options) as connection, transaction(connection):
            _TABLES.mark(executor(connection), self._load, "discarded")
            staging = DIALECT.quoted(staging_name(self._load))
            connection.execute(f"DROP TABLE IF EXISTS {staging}")

    @override
    def close(self) -> None:
        pass  # the generation stays open in the file


def _prepare(connection: sqlite3.Connection, load: Load, target: Target) -> None:
    """Create or evolve the target, or create the staging table of a new generation."""
    if load.mode in {"append", "merge"}:
        if target.table is None:
            connection.execute(creation(load.stream, load, target.stored))
        for field in target.added:
            connection.execute(addition(load.stream, field))
    elif not load.resume:
        connection.execute(creation(staging_name(load), load, target.stored))


def _drop_stagings(connection: sqlite3.Connection, load: Load) -> None:
    """Drop the staging tables of every earlier generation of the load."""
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    for (name,) in tables.fetchall():
        if name.startswith(staging_prefix(load)):
            connection.execute(f"DROP TABLE {DIALECT.quoted(name)}")


def _publish(
    connection: sqlite3.Connection, load: Load, target: Target, staging: str
) -> tuple[int, int | None]:
    """Put the staged rows in place; return rows deleted and rows there are."""
    staged, quoted = DIALECT.quoted(staging), DIALECT.quoted(load.stream)
    if target.table is None:
        connection.execute(f"ALTER TABLE {staged} RENAME TO {quoted}")
        return 0, None
    for field in target.added:
        connection.execute(addition(load.stream, field))
    move = Move(quoted, staged, load.columns.names, load.key)
    deleted, rows = 0, None
    if load.mode == "replace":
        # Not dropped: its indexes, triggers and views are the user's.
        connection.execute(f"DELETE FROM {quoted}")  # noqa: S608  quoted names
        rows = connection.execute(insert_all(DIALECT, move)).rowcount
    else:
        deleted = connection.execute(delete_absent(DIALECT, move)).rowcount
        if unique_key(target, load):
            connection.execute(merge_on_conflict(DIALECT, move))
        else:
            for statement in merge_by_delete(DIALECT, move):
                connection.execute(statement)
    connection.execute(f"DROP TABLE {staged}")
    return deleted, rows
