"""Writing DuckDB: Arrow in, rows and progress in one transaction."""

import threading
from collections.abc import Sequence

import duckdb
import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.duckdb.catalogue import Place, described, place_of
from landbridge.connectors.duckdb.database import (
    DIALECT,
    Database,
    executor,
    transaction,
)
from landbridge.connectors.duckdb.errors import explained
from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.target import (
    Target,
    addition,
    changes_of,
    comments,
    creation,
    staging_of,
    staging_prefix,
    target_of,
)
from landbridge.connectors.duckdb.types import fit_of
from landbridge.connectors.duckdb.writer import (
    BATCH,
    DuckdbWriter,
    begin_turns,
    lent,
    put,
    take_turn,
    turn_creation,
    upsert,
)
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import (
    LoadBusyError,
    OptionsInvalidError,
    RowsRefusedError,
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
    delete_present,
    insert_all,
    merge_by_delete,
)


class DuckdbSink(Sink):
    """Keeps the database open until it is closed; DuckDB lets one process write a file."""

    def __init__(self, options: DuckdbOptions, context: Context) -> None:
        self._options = options
        self._database = Database(options, context, create=True)
        self._turn = threading.Lock()

    @override
    def check(self) -> str:
        self._require_writable()
        if not self._database.exists:
            self._database.require_place()
            return f"DuckDB {duckdb.__version__}"
        with self._database.session() as session:
            [(version,)] = session.execute("SELECT version()").fetchall()
        return f"DuckDB {version}"

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        if not self._database.exists:
            return None
        with self._database.session() as session:
            try:
                table = described(session, stream, self._options.schema_name)
            except StreamMissingError:
                return None
        return StreamSchema(stream, table.schema, table.key, table.comment, table.rows)

    @override
    def fit(self, column: pa.Field) -> Fit:
        return fit_of(column)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        if not self._database.exists:
            natives = tuple(fit_of(field).native for field in load.columns)
            place = Place(self._options.schema_name, load.stream)
            return changes_of(Target(place, None, (), natives), load)
        with self._database.session() as session:
            target = target_of(session, load, self._options.schema_name)
        return changes_of(target, load)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        if not self._database.exists:
            return None
        with self._database.session() as session:
            schema = place_of(session, stream, self._options.schema_name).schema
            known = session.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() "
                "AND schema_name = ? AND table_name = ?",
                [schema, LOADS],
            ).fetchall()
            if not known:
                return None
            return ProgressTables(DIALECT, schema).read(executor(session), load_id)

    @override
    def open(self, load: Load) -> Loading:
        self._require_writable()
        self._database.make_place()
        with self._database.session() as session, self._turn:
            with transaction(session):
                target = target_of(session, load, self._options.schema_name)
                schema = DIALECT.quoted(target.place.schema)
                session.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
                for statement in progress_creation(DIALECT, target.place.schema):
                    session.execute(statement).fetchall()
                session.execute(turn_creation(target.place.schema)).fetchall()
            with transaction(session):
                begin_turns(session, load, target.place.schema)
                take_turn(session, load, target.place.schema)
                self._begin(session, load, target)
                _prepare(session, load, target)
        return DuckdbLoading(self._database, self._turn, load, target)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        with self._database.session() as session, self._turn, transaction(session):
            target = target_of(session, load, self._options.schema_name)
            if gone.num_rows:
                with lent(session, gone):
                    move = Move(target.place.quoted, BATCH, (), load.key)
                    session.execute(delete_present(DIALECT, move)).fetchall()
            if rows.num_rows:
                with lent(session, rows):
                    merges = target.merges(load.key)
                    put(session, target.place, rows, load.key, merges=merges)

    @override
    def close(self) -> None:
        self._database.close()

    def _begin(self, session: duckdb.DuckDBPyConnection, load: Load, target: Target) -> None:
        tables = ProgressTables(DIALECT, target.place.schema)
        try:
            with explained(self._database.file):
                tables.begin(executor(session), load)
        except RowsRefusedError as error:
            raise LoadBusyError(
                f"another run has begun load {load.load_id}", load=load.load_id
            ) from error

    def _require_writable(self) -> None:
        if self._options.read_only:
            raise OptionsInvalidError(
                f"{self._database.file} is opened read-only",
                hint="leave `read_only` out of a connection that is written",
            )


class DuckdbLoading(Loading):
    """An open generation; it holds no connection of its own."""

    def __init__(
        self, database: Database, turn: threading.Lock, load: Load, target: Target
    ) -> None:
        self._database = database
        self._turn = turn
        self._load = load
        self._target = target
        self._tables = ProgressTables(DIALECT, target.place.schema)

    @override
    def writer(self) -> Writer:
        cursor = self._database.cursor()
        return DuckdbWriter(cursor, self._turn, self._load, self._target, self._tables)

    @override
    def publish(self) -> Published:
        load = self._load
        with self._database.session() as session, self._turn, transaction(session):
            run = executor(session)
            known = self._tables.read(run, load.load_id)
            if known and (known.generation, known.state) == (load.generation, "published"):
                return Published()
            take_turn(session, load, self._target.place.schema)
            self._tables.mark(run, load, "published")
            if load.mode == "replace":
                return Published(rows=_swap(session, load, self._target))
            if load.mode == "mirror":
                return Published(deleted=_mirror(session, load, self._target))
            return Published()

    @override
    def discard(self) -> None:
        with self._database.session() as session, self._turn, transaction(session):
            self._tables.mark(executor(session), self._load, "discarded")
            staging = staging_of(self._load, self._target)
            session.execute(f"DROP TABLE IF EXISTS {staging.quoted}").fetchall()

    @override
    def close(self) -> None:
        pass  # the database is the sink's; the generation stays open in it


def _prepare(session: duckdb.DuckDBPyConnection, load: Load, target: Target) -> None:
    """Create or evolve the target, or create the staging table of a new generation."""
    if load.mode in {"append", "merge"}:
        if target.table is None:
            _create(session, target.place, load, target)
        for field in target.added:
            session.execute(addition(target.place, field)).fetchall()
    elif not load.resume:
        for (name,) in session.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() "
            "AND schema_name = ? AND starts_with(table_name, ?)",
            [target.place.schema, staging_prefix(load)],
        ).fetchall():
            session.execute(f"DROP TABLE {Place(target.place.schema, name).quoted}").fetchall()
        _create(session, staging_of(load, target), load, target)


def _create(
    session: duckdb.DuckDBPyConnection, place: Place, load: Load, target: Target
) -> None:
    session.execute(creation(place, load, target)).fetchall()
    for statement in comments(place, load, target):
        session.execute(statement).fetchall()


def _swap(session: duckdb.DuckDBPyConnection, load: Load, target: Target) -> int:
    """Put the staging table in the place of the old one, with its indexes; return rows."""
    staging, place = staging_of(load, target), target.place
    indexes = session.execute(
        "SELECT sql FROM duckdb_indexes() WHERE database_name = current_database() "
        "AND schema_name = ? AND table_name = ? AND sql IS NOT NULL",
        [place.schema, place.name],
    ).fetchall()
    if target.table is not None:
        session.execute(f"DROP TABLE {place.quoted}").fetchall()
    name = DIALECT.quoted(place.name)
    session.execute(f"ALTER TABLE {staging.quoted} RENAME TO {name}").fetchall()
    for (statement,) in indexes:
        session.execute(statement).fetchall()
    [(rows,)] = session.execute(f"SELECT count(*) FROM {place.quoted}").fetchall()  # noqa: S608  quoted names
    return int(rows)


def _mirror(session: duckdb.DuckDBPyConnection, load: Load, target: Target) -> int:
    """Make the target equal to the staged rows; return how many were deleted."""
    staging, place = staging_of(load, target), target.place
    if target.table is None:
        _swap(session, load, target)
        return 0
    for field in target.added:
        session.execute(addition(place, field)).fetchall()
    move = Move(place.quoted, staging.quoted, load.columns.names, load.key)
    [(deleted,)] = session.execute(delete_absent(DIALECT, move)).fetchall()
    if target.merges(load.key):
        statement = insert_all(DIALECT, move) + upsert(load.columns.names, load.key)
        session.execute(statement).fetchall()
    else:
        for statement in merge_by_delete(DIALECT, move):
            session.execute(statement).fetchall()
    session.execute(f"DROP TABLE {staging.quoted}").fetchall()
    return int(deleted)
