"""Writing batches: rows and progress in one transaction."""

from collections.abc import Generator
from contextlib import contextmanager

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.mysql.bulk import Destination, Loader, local_is_allowed
from landbridge.connectors.mysql.catalogue import Relation
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.merging import Move
from landbridge.connectors.mysql.names import BATCH, GONE
from landbridge.connectors.mysql.options import Bulk
from landbridge.connectors.mysql.server import Session
from landbridge.connectors.mysql.target import Target, gone
from landbridge.kernel.errors import RowsRefusedError, StreamMissingError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer


class MysqlWriter(Writer):
    """Adds rows to one table, or merges them into it by way of a temporary one.

    Args:
        session: Belongs to this writer from now on.
        load: What is written.
        relation: The table: the target, or the staging of a replace or mirror.
        bulk: How rows are sent.
    """

    def __init__(self, session: Session, load: Load, relation: Relation, bulk: Bulk) -> None:
        self._session = session
        self._load = load
        self._relation = relation
        self._target = Target(session)
        self._loader = loader(session, bulk)
        self._merges = load.mode == "merge"
        self._encoders = self._target.encoders(load.columns, relation)
        session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        if self._merges:
            self._target.create_like(BATCH, relation, temporary=True)

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        self._make_room()
        with self._taken_over_told(), self._target.transaction():
            self._put(rows)
            self._target.tables.settle(self._session.execute, self._load, settled)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        self._make_room()
        self._session.begin()
        try:
            with self._taken_over_told():
                self._put(rows)
        except RowsRefusedError as error:
            return str(error)
        finally:
            self._session.rollback()
        return None

    @override
    def close(self) -> None:
        self._session.close()

    def merge_and_delete(self, rows: pa.RecordBatch, absent: pa.RecordBatch) -> None:
        """Merge the rows and delete the keys, in one transaction."""
        self._make_room()
        names = QUOTING.columns(absent.schema.names)
        self._session.run(
            f"CREATE TEMPORARY TABLE {QUOTING.quoted(GONE)} AS "  # noqa: S608  quoted names
            f"SELECT {names} FROM {self._relation.quoted} WHERE 1 = 0"
        )
        encoders = self._target.encoders(absent.schema, self._relation)
        with self._target.transaction():
            self._loader.send(Destination(QUOTING.quoted(GONE), encoders), absent)
            move = Move(self._relation, GONE, absent.schema.names, self._load.key)
            self._session.run(move.delete_present())
            self._put(rows)

    def _make_room(self) -> None:
        # Before the transaction: emptying a table ends one.
        if self._merges:
            self._session.run(f"TRUNCATE TABLE {QUOTING.quoted(BATCH)}")

    def _put(self, rows: pa.RecordBatch) -> None:
        if rows.num_rows == 0:
            return
        table = QUOTING.quoted(BATCH) if self._merges else self._relation.quoted
        self._loader.send(Destination(table, self._encoders, self._load.key), rows)
        if self._merges:
            move = Move(self._relation, BATCH, rows.schema.names, self._load.key)
            self._session.run(*move.merge())

    @contextmanager
    def _taken_over_told(self) -> Generator[None]:
        try:
            yield
        except StreamMissingError as error:
            if self._load.mode in {"replace", "mirror"}:
                raise gone(self._load) from error
            raise


def loader(session: Session, bulk: Bulk) -> Loader:
    """Return what sends rows on a session, as the user and the server allow."""
    offered = session.dialect.loads and local_is_allowed(session)
    local = bulk == "local_infile" or (bulk == "auto" and offered)
    return Loader(session, local=local, may_insert=bulk != "local_infile")
