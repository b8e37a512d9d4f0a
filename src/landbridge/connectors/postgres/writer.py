"""Batches into the target, each in one transaction with the progress of its share."""

import psycopg
import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.postgres.columns import encoded
from landbridge.connectors.postgres.encoders import rows_with_nul
from landbridge.connectors.postgres.errors import explained
from landbridge.connectors.postgres.routes import Route
from landbridge.connectors.postgres.server import Connection, executor
from landbridge.kernel.errors import RowsRefusedError, StreamMissingError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Writer
from landbridge.sdk.sql.progress_tables import ProgressTables


class PostgresWriter(Writer):
    """A session that writes one load by one route."""

    def __init__(
        self, session: Connection, load: Load, route: Route, progress: ProgressTables
    ) -> None:
        self._session = session
        self._load = load
        self._route = route
        self._progress = progress
        if route.prepare:
            with explained(stream=load.stream):
                session.execute(route.prepare.encode())

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        try:
            with explained(stream=self._load.stream), self._session.transaction():
                put(self._session, self._route, rows)
                self._progress.settle(executor(self._session), self._load, settled)
        except StreamMissingError:
            # A later generation drops the stage of this one: then the load has another owner.
            self._require_ownership(settled)
            raise

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        try:
            with (
                explained(stream=self._load.stream),
                self._session.transaction(force_rollback=True),
            ):
                put(self._session, self._route, rows)
        except RowsRefusedError as error:
            return "; ".join(error.rejected.values()) or str(error)
        return None

    @override
    def close(self) -> None:
        self._session.close()

    def _require_ownership(self, settled: Settled) -> None:
        with (
            explained(stream=self._load.stream),
            self._session.transaction(force_rollback=True),
        ):
            self._progress.settle(executor(self._session), self._load, settled)


def put(session: Connection, route: Route, rows: pa.RecordBatch) -> int:
    """Write rows inside the current transaction; return how many the last step took.

    Raises:
        RowsRefusedError: Values are refused, or not every row was taken.
    """
    if not rows.num_rows:
        return 0
    pieces = encoded(rows, route.columns)
    try:
        with session.cursor() as cursor:
            with cursor.copy(route.copy.encode()) as copy:
                for piece in pieces:
                    copy.write(piece)
            taken = cursor.rowcount
            _require(rows.num_rows, taken)
            if route.moves:
                taken = sum(cursor.execute(move.encode()).rowcount for move in route.moves)
            if route.counted:
                _require(rows.num_rows, taken)
            cursor.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.errors.CharacterNotInRepertoire as error:
        found = rows_with_nul(rows.columns)
        if not found:
            raise
        raise RowsRefusedError("texts with a NUL character", found) from error
    return taken


def _require(sent: int, taken: int) -> None:
    if taken != sent:
        raise RowsRefusedError(
            f"the target took {taken} of {sent} rows",
            hint="look for triggers or rules that change what is inserted",
            sent=sent,
            taken=taken,
        )
