"""Writing any database by SQLAlchemy: rows and progress in one transaction."""

from collections.abc import Sequence
from uuid import uuid4

import pyarrow as pa
import sqlalchemy as sa
from typing_extensions import override

from landbridge.connectors.sql.catalogue import described, placed
from landbridge.connectors.sql.errors import explained
from landbridge.connectors.sql.merging import (
    delete_absent,
    delete_rows,
    insert_all,
    merge_all,
    merge_rows,
)
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.progress import ProgressTables
from landbridge.connectors.sql.system import AlchemySystem
from landbridge.connectors.sql.target import (
    Target,
    add_columns,
    changes_of,
    staging_name,
    staging_prefix,
    table_for,
    target_of,
)
from landbridge.connectors.sql.types import fit_of
from landbridge.connectors.sql.writer import SqlWriter, commit, python_rows, undo
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import OptionsInvalidError, StreamMissingError
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Progress
from landbridge.sdk.sink import Change, Fit, Load, Loading, Published, Sink, Writer


class SqlSink(Sink):
    """Opens a connection for every call; a writer keeps its own."""

    def __init__(self, options: SqlOptions, context: Context) -> None:
        del context
        if options.interface != "sqlalchemy":
            raise OptionsInvalidError(
                f"the interface {options.interface} reads only",
                hint="write by the interface sqlalchemy, or by a connector of the system",
            )
        self._options = options
        self._system = AlchemySystem(options)

    @override
    def check(self) -> str:
        version = self._system.version()
        with self._system.session() as connection:
            # The right to create tables is what writing needs: progress, staging, targets.
            name = f"_landbridge_check_{uuid4().hex[:8]}"
            metadata = sa.MetaData(schema=self._options.schema_name)
            table = sa.Table(name, metadata, sa.Column("n", sa.Integer))
            table.create(connection)
            table.drop(connection)
            commit(connection)
        return version

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        with self._system.session() as connection:
            try:
                table = described(connection, stream, self._options)
            except StreamMissingError:
                return None
        return StreamSchema(stream, table.schema, table.key, table.comment)

    @override
    def fit(self, column: pa.Field) -> Fit:
        return fit_of(column, self._system.engine.dialect)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        with self._system.session() as connection:
            target = target_of(connection, load, self._options)
        return changes_of(self._system.engine.dialect, target, load)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        with self._system.session() as connection:
            tables = ProgressTables(placed(connection, stream, self._options)[0])
            return tables.read(connection, load_id) if tables.exist(connection) else None

    @override
    def open(self, load: Load) -> Loading:
        with self._system.session() as connection:
            target = target_of(connection, load, self._options)
            tables = ProgressTables(target.place[0])
            tables.create(connection)
            commit(connection)
            tables.begin(connection, load)
            commit(connection)
            _prepare(connection, load, target)
            commit(connection)
        return SqlLoading(self._system, load, target)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        with self._system.session() as connection, explained(writing=True):
            target = target_of(connection, load, self._options)
            table = table_for(target.place, load, target)
            for part in python_rows(rows, load.columns, target.stored):
                merge_rows(connection, table, part, load.key)
            for part in python_rows(gone, load.columns, target.stored):
                delete_rows(connection, table, part, load.key)
            commit(connection)

    @override
    def close(self) -> None:
        self._system.close()


class SqlLoading(Loading):
    """An open generation; it holds no connection."""

    def __init__(self, system: AlchemySystem, load: Load, target: Target) -> None:
        self._system = system
        self._load = load
        self._target = target
        self._tables = ProgressTables(target.place[0])

    @override
    def writer(self) -> Writer:
        with explained():
            connection = self._system.engine.connect()
        return SqlWriter(connection, self._load, self._target, self._tables)

    @override
    def publish(self) -> Published:
        load, target = self._load, self._target
        with self._system.session() as connection:
            known = self._tables.read(connection, load.load_id)
            if known and (known.generation, known.state) == (load.generation, "published"):
                return Published()
            deleted = 0
            try:
                with explained(writing=True):
                    self._tables.mark(connection, load, "published")
                    if load.mode in {"replace", "mirror"}:
                        deleted = _put_in_place(connection, load, target)
            except BaseException:
                undo(connection)
                raise
            commit(connection)
            _drop_stagings(connection, load, target)
            commit(connection)
        return Published(deleted=deleted)

    @override
    def discard(self) -> None:
        with self._system.session() as connection:
            self._tables.mark(connection, self._load, "discarded")
            commit(connection)
            _drop_stagings(connection, self._load, self._target)
            commit(connection)

    @override
    def close(self) -> None:
        pass  # the generation stays open in the database


def _prepare(connection: sa.Connection, load: Load, target: Target) -> None:
    """Create or evolve the target, and the staging table of a new generation.

    Many databases commit when a table changes, so all of it happens before any row.
    """
    if target.table is None:
        table_for(target.place, load, target).create(connection, checkfirst=True)
    add_columns(connection, target)
    if load.mode in {"append", "merge"}:
        return
    if not load.resume:
        _drop_stagings(connection, load, target)
    staging = table_for((target.place[0], staging_name(load)), load, target)
    staging.create(connection, checkfirst=True)


def _drop_stagings(connection: sa.Connection, load: Load, target: Target) -> None:
    """Drop the staging tables of all generations of the load."""
    schema = target.place[0]
    for name in sa.inspect(connection).get_table_names(schema):
        if name.startswith(staging_prefix(load)):
            sa.Table(name, sa.MetaData(schema=schema)).drop(connection, checkfirst=True)


def _put_in_place(connection: sa.Connection, load: Load, target: Target) -> int:
    """Put the staged rows in place; return how many rows a mirror deleted."""
    table = table_for(target.place, load, target)
    staged = table_for((target.place[0], staging_name(load)), load, target)
    if load.mode == "replace":
        connection.execute(sa.delete(table))
        insert_all(connection, table, staged)
        return 0
    deleted = delete_absent(connection, table, staged, load.key)
    merge_all(connection, table, staged, load.key)
    return deleted
