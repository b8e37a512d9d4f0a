"""Writing MySQL: rows and progress in one transaction, replace by one rename."""

from collections.abc import Sequence
from contextlib import closing

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.mysql.catalogue import Catalogue, Relation
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.loading import MysqlLoading
from landbridge.connectors.mysql.names import names_of
from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.server import Server, Session
from landbridge.connectors.mysql.source import described, preferences
from landbridge.connectors.mysql.structure import (
    Builder,
    missing_columns,
    planned,
    require_keeping,
    widened_columns,
)
from landbridge.connectors.mysql.target import Target, gone
from landbridge.connectors.mysql.types import created_as
from landbridge.connectors.mysql.writer import MysqlWriter
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    OptionsInvalidError,
)
from landbridge.sdk.progress import Progress
from landbridge.sdk.sink import Change, Fit, Load, Loading, Sink

_PROBE = "`_landbridge_probe`"


class MysqlSink(Sink):
    """Creates tables of InnoDB with exact collations; swaps them by `RENAME TABLE`."""

    def __init__(self, options: MysqlOptions) -> None:
        self._options = options
        self._server = Server(options)
        self._held: Session | None = None
        self._known: Builder | None = None
        if not self._server.dialect.writable:
            raise OptionsInvalidError(
                f"{options.dialect} is read only here: it has no transactions that cover "
                "rows and progress",
                hint="write to it by its own load interface, or choose another target",
            )

    @override
    def check(self) -> str:
        session = self._session()
        [(version,)] = session.execute("SELECT VERSION()")
        try:
            session.run(f"CREATE TEMPORARY TABLE {_PROBE} (n int)")
            session.run(f"DROP TEMPORARY TABLE {_PROBE}")
        except AuthenticationRefusedError as error:
            raise AuthenticationRefusedError(
                str(error),
                hint="grant CREATE TEMPORARY TABLES, CREATE, DROP, ALTER, INDEX, SELECT, "
                f"INSERT, UPDATE and DELETE on {self._options.database}",
            ) from error
        return f"{self._options.dialect} {version!s}"

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        relation = Catalogue(self._session()).relation(stream)
        return described(relation, preferences(self._options)) if relation else None

    @override
    def fit(self, column: pa.Field) -> Fit:
        return created_as(column, self._builder().abilities)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        target = Target(self._session())
        relation = target.relation(load.stream)
        if relation is not None and load.mode == "replace":
            target.require_free(load.stream)
        return planned(self._builder(), load, relation)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        return Target(self._session()).progress(load_id)

    @override
    def open(self, load: Load) -> Loading:
        session = self._server.connect()
        try:
            target = Target(session)
            relation = target.relation(load.stream)
            if relation is not None:
                require_keeping(self._builder(), load, relation)
                if load.mode == "replace":
                    target.require_free(load.stream)
            with target.alone(load):
                target.make_progress_tables()
                if not load.resume:
                    target.give_up_open(load)
                    self._prepare(target, load, relation)
                with target.transaction():
                    target.tables.begin(session.execute, load)
                written = self._written(target, load)
        except BaseException:
            session.close()
            raise
        return MysqlLoading(self._server, target, load, written)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        relation = Catalogue(self._session()).required(load.stream)
        session = self._server.connect(sending=True)
        with closing(session):
            merging = Load(
                load_id=load.load_id,
                run_id=load.run_id,
                generation=load.generation,
                stream=load.stream,
                columns=load.columns,
                mode="merge",
                key=load.key,
            )
            writer = MysqlWriter(session, merging, relation, self._options.bulk)
            writer.merge_and_delete(rows, gone)

    @override
    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        self._held = None

    def _prepare(self, target: Target, load: Load, relation: Relation | None) -> None:
        """Create or evolve what the generation's writers will fill."""
        staging = names_of(load.load_id, load.generation).staging
        builder = self._builder()
        if load.mode == "replace":
            if relation is None:
                target.session.run(builder.create(staging, load))
            else:
                target.create_like(staging, relation)
                self._evolve(target, load, relation, staging)
            return
        if relation is None:
            target.session.run(builder.create(load.stream, load))
        else:
            self._evolve(target, load, relation, load.stream)
        if load.mode == "mirror":
            model = Catalogue(target.session).required(load.stream)
            target.create_like(staging, model)
            key = {name.casefold() for name in load.key}
            if not any({one.casefold() for one in u.columns} == key for u in model.unique):
                # Two rows of one key are refused here as they would be in the target.
                columns = QUOTING.columns(load.key)
                target.session.run(
                    f"ALTER TABLE {QUOTING.quoted(staging)} ADD UNIQUE KEY ({columns})"
                )

    def _evolve(self, target: Target, load: Load, relation: Relation, table: str) -> None:
        """Widen and add columns of the target, or of the staging made like it."""
        target.widen(table, widened_columns(self._builder(), load, relation).values())
        missing = missing_columns(load, relation)
        if missing:
            target.session.run(self._builder().add(table, missing))

    def _written(self, target: Target, load: Load) -> Relation | None:
        names = names_of(load.load_id, load.generation)
        if load.mode in {"append", "merge"}:
            return Catalogue(target.session).required(load.stream)
        staging = target.relation(names.staging)
        if staging is None and not target.exists(names.former):
            raise gone(load)
        return staging

    def _session(self) -> Session:
        # One that was cut off is of no use any more.
        if self._held is None or not self._held.connection.open:
            self._held = self._server.connect()
        return self._held

    def _builder(self) -> Builder:
        if self._known is None:
            session = self._session()
            abilities = session.abilities(timestamps=self._options.instants == "timestamp")
            self._known = Builder(session.dialect, abilities)
        return self._known
