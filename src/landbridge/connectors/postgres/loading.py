"""An open generation of a load."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from landbridge.connectors.postgres.catalogue import Catalogue, Relation
from landbridge.connectors.postgres.columns import WriteColumn, write_column
from landbridge.connectors.postgres.dialects import QUOTING, PostgresDialect
from landbridge.connectors.postgres.errors import explained
from landbridge.connectors.postgres.exchange import Exchange, exchange
from landbridge.connectors.postgres.names import TableName
from landbridge.connectors.postgres.routes import Route, added, merged, mirrored
from landbridge.connectors.postgres.server import Connection, Server, executor
from landbridge.connectors.postgres.writer import PostgresWriter
from landbridge.kernel.errors import SchemaChangedError
from landbridge.sdk.sink import Load, Loading, Published, Writer
from landbridge.sdk.sql.dialect import Execute
from landbridge.sdk.sql.progress_tables import ProgressTables

_FIRST_WITH_GENERATED = 120_000
"""Relatives of older versions lack catalogue columns that say what stands on a table."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a load writes.

    Attributes:
        target: The table readers see.
        stage: The table that rows are gathered in before publishing, or None.
    """

    target: TableName
    stage: TableName | None


class PostgresLoading(Loading):
    """Owns the session on which it publishes; every writer has its own."""

    def __init__(self, server: Server, dialect: PostgresDialect, load: Load, place: Place):
        self._server = server
        self._dialect = dialect
        self._load = load
        self._place = place
        self._progress = ProgressTables(dialect.sql, place.target.schema)
        self._session = server.connect()
        try:
            self._route = self._routed()
        except BaseException:
            self._session.close()
            raise

    @override
    def writer(self) -> Writer:
        session = self._server.connect()
        try:
            return PostgresWriter(session, self._load, self._route, self._progress)
        except BaseException:
            session.close()
            raise

    @override
    def publish(self) -> Published:
        with explained(stream=self._load.stream), self._session.transaction():
            execute = executor(self._session)
            known = self._progress.read(execute, self._load.load_id)
            done = known is not None and known.state == "published"
            if done and known is not None and known.generation == self._load.generation:
                return Published()
            self._progress.mark(execute, self._load, "published")
            return self._published(execute)

    @override
    def discard(self) -> None:
        with explained(stream=self._load.stream), self._session.transaction():
            execute = executor(self._session)
            self._progress.mark(execute, self._load, "discarded")
            if self._place.stage is not None:
                execute(f"DROP TABLE IF EXISTS {self._place.stage.quoted}")

    @override
    def close(self) -> None:
        self._session.close()

    def _routed(self) -> Route:
        load, place = self._load, self._place
        if place.stage is not None:
            return added(place.stage, matched(self._session, place.stage, load))
        columns = matched(self._session, place.target, load)
        if load.mode == "append":
            return added(place.target, columns)
        relation = Catalogue(self._session).required(place.target)
        return merged(
            place.target,
            columns,
            load.key,
            self._dialect,
            unique=keeps_unique(relation, load.key),
        )

    def _published(self, execute: Execute) -> Published:
        stage = self._place.stage
        if stage is None:
            return Published()
        existing = Catalogue(self._session).relation(self._place.target)
        if existing is None:
            self._name_stage(execute, stage)
            return Published()
        columns = matched(self._session, existing.name, self._load)
        if self._load.mode == "replace":
            droppable = self._session.info.server_version >= _FIRST_WITH_GENERATED
            exchange(execute, Exchange(existing, stage, columns, droppable))
            return Published()
        return self._mirror(execute, existing, stage, columns)

    def _name_stage(self, execute: Execute, stage: TableName) -> None:
        target = self._place.target
        execute(f"ALTER TABLE {stage.quoted} RENAME TO {QUOTING.quoted(target.table)}")
        if self._load.key:
            key = QUOTING.columns(self._load.key)
            execute(f"ALTER TABLE {target.quoted} ADD PRIMARY KEY ({key})")

    def _mirror(
        self,
        execute: Execute,
        existing: Relation,
        stage: TableName,
        columns: Sequence[WriteColumn],
    ) -> Published:
        key = self._load.key
        execute(f"LOCK TABLE {existing.name.quoted} IN SHARE ROW EXCLUSIVE MODE")
        execute(f"ALTER TABLE {stage.quoted} ADD PRIMARY KEY ({QUOTING.columns(key)})")
        execute(f"ANALYZE {stage.quoted}")
        delete, statements = mirrored(existing.name, stage, columns, key)
        deleted = self._session.execute(delete.encode()).rowcount
        for statement in statements:
            execute(statement)
        execute(f"DROP TABLE {stage.quoted}")
        return Published(deleted=deleted)


def matched(session: Connection, table: TableName, load: Load) -> Sequence[WriteColumn]:
    """Return how each column of a load is written to a table, as it is now.

    Raises:
        SchemaChangedError: A column is missing or of another kind.
    """
    relation = Catalogue(session).required(table)
    found: list[WriteColumn] = []
    for field in load.columns:
        column = relation.column(field.name)
        written = write_column(field, column) if column is not None else None
        if written is None:
            raise SchemaChangedError(
                f"{table.stream} does not take column {field.name} any more",
                hint="run the copy again",
                stream=load.stream,
                column=field.name,
            )
        found.append(written)
    return found


def keeps_unique(relation: Relation, key: Sequence[str]) -> bool:
    """Return whether a table has a unique index on exactly these columns."""
    return any(set(columns) == set(key) for columns in relation.unique)
