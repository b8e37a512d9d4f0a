"""An open generation of a load."""

from typing_extensions import override

from landbridge.connectors.mysql.catalogue import Relation
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.merging import Move
from landbridge.connectors.mysql.names import names_of
from landbridge.connectors.mysql.server import Server
from landbridge.connectors.mysql.target import Target, gone
from landbridge.connectors.mysql.writer import MysqlWriter
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.sink import Load, Loading, Published, Writer


class MysqlLoading(Loading):
    """Publishes by one `RENAME TABLE`, or by one transaction.

    Args:
        server: Opens the writers' sessions.
        target: Its session belongs to this object from now on.
        load: What was opened.
        written: The table that writers fill; None when a replace was swapped in already.
    """

    def __init__(
        self, server: Server, target: Target, load: Load, written: Relation | None
    ) -> None:
        self._server = server
        self._target = target
        self._load = load
        self._written = written
        self._names = names_of(load.load_id, load.generation)

    @override
    def writer(self) -> Writer:
        if self._written is None:
            raise gone(self._load)
        session = self._server.connect(sending=True)
        try:
            return MysqlWriter(session, self._load, self._written, self._server.options.bulk)
        except StreamMissingError as error:
            session.close()
            raise gone(self._load) from error
        except BaseException:
            session.close()
            raise

    @override
    def publish(self) -> Published:
        load, target = self._load, self._target
        with target.alone(load):
            known = target.progress(load.load_id)
            published = (
                known is not None
                and known.generation == load.generation
                and known.owner == load.run_id
                and known.state == "published"
            )
            done = Published()
            if not published:
                target.require_owner(load)
                if load.mode == "replace":
                    self._swap()
                    self._mark_published()
                elif load.mode == "mirror":
                    done = self._apply()
                else:
                    self._mark_published()
            if load.mode in {"replace", "mirror"}:
                target.drop_staged(load)
            return done

    @override
    def discard(self) -> None:
        load, target = self._load, self._target
        with target.alone(load):
            with target.transaction():
                target.tables.mark(target.session.execute, load, "discarded")
            target.drop_staged(load)

    @override
    def close(self) -> None:
        self._target.session.close()

    def _mark_published(self) -> None:
        with self._target.transaction():
            self._target.tables.mark(self._target.session.execute, self._load, "published")

    def _swap(self) -> None:
        """Put the staging in the target's place in one statement; twice is harmless."""
        target, names = self._target, self._names
        if not target.exists(names.staging):
            if target.exists(names.former):
                return  # an earlier call came this far
            raise gone(self._load)
        stream, staging = QUOTING.quoted(self._load.stream), QUOTING.quoted(names.staging)
        former = QUOTING.quoted(names.former)
        present = target.relation(self._load.stream)
        if present is not None:
            target.restore_indexes(names.staging, present)
            target.session.run(f"RENAME TABLE {stream} TO {former}, {staging} TO {stream}")
            return
        if target.exists(names.former):
            # A server before MySQL 8 died in the middle of the two renames.
            target.session.run(f"RENAME TABLE {staging} TO {stream}")
            return
        # A table in the former's place tells later processes of the swap.
        seat = QUOTING.quoted(f"{names.staging}_n")
        target.session.run(
            f"DROP TABLE IF EXISTS {seat}",
            f"CREATE TABLE {seat} (n int)",
            f"RENAME TABLE {seat} TO {former}, {staging} TO {stream}",
        )

    def _apply(self) -> Published:
        """Make the target equal to the staging, in one transaction."""
        target, load = self._target, self._load
        relation = target.relation(load.stream)
        if relation is None or not target.exists(self._names.staging):
            raise gone(load)
        move = Move(relation, self._names.staging, load.columns.names, load.key)
        execute = target.session.execute
        with target.transaction():
            target.session.run(move.delete_absent())
            [(deleted,)] = execute("SELECT ROW_COUNT()")
            target.session.run(*move.merge())
            target.tables.mark(execute, load, "published")
        return Published(deleted=int(deleted or 0))
