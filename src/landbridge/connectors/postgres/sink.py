"""Writing PostgreSQL: binary COPY, with progress in the rows' own transaction."""

import hashlib
from collections.abc import Sequence

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.postgres.catalogue import Catalogue, Relation
from landbridge.connectors.postgres.design import Table, creation, evolution
from landbridge.connectors.postgres.dialects import DIALECTS
from landbridge.connectors.postgres.errors import explained
from landbridge.connectors.postgres.loading import (
    Place,
    PostgresLoading,
    keeps_unique,
    matched,
)
from landbridge.connectors.postgres.names import TableName, parse_stream
from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.connectors.postgres.routes import deleted, merged
from landbridge.connectors.postgres.server import Connection, Server, executor
from landbridge.connectors.postgres.source import described
from landbridge.connectors.postgres.types import created_as, native_of
from landbridge.connectors.postgres.writer import put
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import LoadBusyError, OptionsInvalidError
from landbridge.sdk.progress import Progress
from landbridge.sdk.sink import Change, Fit, Load, Loading, Sink
from landbridge.sdk.sql.progress_tables import LOADS, ProgressTables
from landbridge.sdk.sql.progress_tables import creation as progress_ddl

_STAGE = "_landbridge_stage_"
_CREATION_LOCK = 7_241_019_115
_STAGES = """
SELECT c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND left(CAST(c.relname AS text), %s) = %s AND c.relkind = 'r'
"""


class PostgresSink(Sink):
    """Tables of one database. Replace and mirror gather their rows in a staging table."""

    def __init__(self, options: PostgresOptions) -> None:
        self._options = options
        self._server = Server(options)
        self._dialect = DIALECTS[options.dialect]
        self._catalogue: Connection | None = None

    @override
    def check(self) -> str:
        execute = executor(self._session())
        with explained():
            [(version, reading_only)] = execute(
                "SELECT version(), current_setting('transaction_read_only') = 'on'"
            )
        if reading_only:
            raise OptionsInvalidError(
                "this server only reads", hint="connect to the primary", host=self._options.host
            )
        return str(version)

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        relation = self._relation(stream)
        decimals = self._options.numerics == "decimal"
        return None if relation is None else described(relation, decimals=decimals)

    @override
    def fit(self, column: pa.Field) -> Fit:
        native = native_of(column)
        if native is None:
            return created_as(column)
        text, built_in = native
        if built_in or Catalogue(self._session()).type_exists(text):
            return Fit("exact", text)
        return Fit("widening", "text", f"there is no type {text} here; its text is kept")

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        existing = self._relation(load.stream)
        target = self._name(load.stream)
        _require_key(load)
        if existing is None:
            key = load.key
            table = Table(target, load.columns, key, load.comment)
            made = "; ".join([*self._schema_ddl(target), *creation(table, self.fit)])
            return [Change("create", made)]
        evolved = evolution(load, existing, self.fit)
        return [*evolved, _WRITES[load.mode]]

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        schema = self._name(stream).schema
        if not self._has_progress(schema):
            return None
        with explained(stream=stream):
            tables = ProgressTables(self._dialect.sql, schema)
            return tables.read(executor(self._session()), load_id)

    @override
    def open(self, load: Load) -> Loading:
        _require_key(load)
        target = self._name(load.stream)
        staged = load.mode in {"replace", "mirror"}
        place = Place(target, _stage(target, load) if staged else None)
        session = self._server.connect()
        try:
            with explained(stream=load.stream), session.transaction():
                self._begin(session, load, place)
        finally:
            session.close()
        return PostgresLoading(self._server, self._dialect, load, place)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        target = self._name(load.stream)
        session = self._server.connect()
        try:
            relation = Catalogue(session).required(target)
            columns = matched(session, target, load)
            key = [column for column in columns if column.name in load.key]
            unique = keeps_unique(relation, load.key)
            merge = merged(target, columns, load.key, self._dialect, unique=unique)
            delete = deleted(target, key)
            with explained(stream=load.stream), session.transaction():
                for route, batch in ((merge, rows), (delete, gone)):
                    session.execute(route.prepare.encode())
                    put(session, route, batch)
        finally:
            session.close()

    @override
    def close(self) -> None:
        if self._catalogue is not None:
            self._catalogue.close()
        self._catalogue = None

    def _session(self) -> Connection:
        if self._catalogue is None or self._catalogue.closed:
            self._catalogue = self._server.connect(catalogue=True)
        return self._catalogue

    def _name(self, stream: str) -> TableName:
        return parse_stream(stream, self._options.schema_name)

    def _relation(self, stream: str) -> Relation | None:
        return Catalogue(self._session()).relation(self._name(stream))

    def _has_progress(self, schema: str) -> bool:
        found = Catalogue(self._session()).relation(TableName(schema, LOADS))
        return found is not None

    def _schema_ddl(self, target: TableName) -> list[str]:
        with explained():
            found = executor(self._session())(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (target.schema,)
            )
        quoted = self._dialect.sql.quoted(target.schema)
        return [] if found else [f"CREATE SCHEMA IF NOT EXISTS {quoted}"]

    def _begin(self, session: Connection, load: Load, place: Place) -> None:
        execute = executor(session)
        target = place.target
        if not self._has_progress(target.schema):
            # Two loads may begin at once, and IF NOT EXISTS does not wait for the other.
            execute("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
            for statement in (
                *self._schema_ddl(target),
                *progress_ddl(self._dialect.sql, target.schema),
            ):
                execute(statement)
        ProgressTables(self._dialect.sql, target.schema).begin(execute, load)
        existing = Catalogue(session).relation(target)
        if load.resume:
            self._require_stage(session, load, place)
            return
        if existing is not None:
            for change in evolution(load, existing, self.fit):
                execute(change.statement)
        elif place.stage is None:
            table = Table(target, load.columns, load.key, load.comment)
            for statement in creation(table, self.fit):
                execute(statement)
        if place.stage is not None:
            self._make_stage(session, load, place.stage, existing)

    def _make_stage(
        self, session: Connection, load: Load, stage: TableName, existing: Relation | None
    ) -> None:
        execute = executor(session)
        prefix = stage.table.rpartition("_")[0] + "_"
        for (name,) in execute(_STAGES, (stage.schema, len(prefix), prefix)):
            execute(f"DROP TABLE {TableName(stage.schema, str(name)).quoted}")
        if existing is None:
            table = Table(stage, load.columns, (), load.comment)
            for statement in creation(table, self.fit):
                execute(statement)
            return
        execute(
            f"CREATE TABLE {stage.quoted} (LIKE {existing.name.quoted} INCLUDING DEFAULTS "
            "INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS)"
        )
        for column in existing.columns:
            # The target makes these values itself when the staged rows reach it.
            if (column.identity or column.generated) and column.name not in load.columns.names:
                name = self._dialect.sql.quoted(column.name)
                execute(f"ALTER TABLE {stage.quoted} DROP COLUMN {name}")
        if existing.comment:
            comment = existing.comment.replace("'", "''")
            execute(f"COMMENT ON TABLE {stage.quoted} IS '{comment}'")

    def _require_stage(self, session: Connection, load: Load, place: Place) -> None:
        wanted = place.stage or place.target
        if Catalogue(session).relation(wanted) is None:
            raise LoadBusyError(
                f"{wanted.stream}, in which rows were gathered, is gone",
                hint="discard the open load and run the copy again",
                load=load.load_id,
            )


_WRITES = {
    "append": Change("write", "COPY rows into the table"),
    "merge": Change("write", "COPY rows aside, then insert or update them by key"),
    "replace": Change(
        "replace", "COPY rows aside, then put them in place of all rows", destructive=True
    ),
    "mirror": Change(
        "delete_rows",
        "COPY rows aside, then insert, update and delete what differs",
        destructive=True,
    ),
}


def _require_key(load: Load) -> None:
    if load.mode in {"merge", "mirror"} and not load.key:
        raise OptionsInvalidError(
            f"{load.stream}: {load.mode} needs columns that identify a row",
            hint="name them under keys",
            stream=load.stream,
        )


def _stage(target: TableName, load: Load) -> TableName:
    mark = hashlib.sha256(load.load_id.encode()).hexdigest()[:16]
    return TableName(target.schema, f"{_STAGE}{mark}_{load.generation}")
