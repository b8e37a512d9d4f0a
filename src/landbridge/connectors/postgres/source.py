"""Reading PostgreSQL: key ranges side by side, all of one moment, in key order."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import psycopg
from typing_extensions import override

from landbridge.connectors.postgres.arriving import arriving
from landbridge.connectors.postgres.catalogue import Catalogue, Relation
from landbridge.connectors.postgres.errors import explained
from landbridge.connectors.postgres.names import parse_stream
from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.connectors.postgres.reading import Selection
from landbridge.connectors.postgres.server import (
    BEGIN_READING,
    Connection,
    Server,
    executor,
)
from landbridge.connectors.postgres.shares import (
    WHOLE,
    is_divisible,
    key_ranges,
    newest_value,
    share_conditions,
)
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import DataUnreadableError, OptionsInvalidError
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source, StreamEntry


class PostgresSource(Source):
    """Shares are ranges of the first key column; a position is the last row's key.

    Streams without a key are read whole, in no order, and cannot be resumed.
    """

    def __init__(self, options: PostgresOptions) -> None:
        self._options = options
        self._server = Server(options)
        self._lock = threading.Lock()
        self._catalogue: Connection | None = None
        self._holder: Connection | None = None
        self._snapshot: str | None = None

    @override
    def check(self) -> str:
        session = self._session()
        with explained():
            [(version,)] = executor(session)("SELECT version()")
        return str(version)

    @override
    def streams(self) -> Iterator[StreamEntry]:
        yield from Catalogue(self._session()).entries()

    @override
    def describe(self, stream: str) -> StreamSchema:
        relation = self._relation(stream)
        return described(relation, decimals=self._decimals)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        relation = self._relation(reading.stream)
        found = relation.column(column)
        if found is None:
            raise OptionsInvalidError(
                f"{reading.stream} has no column {column}", stream=reading.stream, column=column
            )
        statement = newest_value(relation, column, found.type.name)
        with explained(stream=reading.stream):
            [(text, finite)] = executor(self._session())(statement)
        if text is None and finite is None:
            return None
        if not finite:
            raise DataUnreadableError(
                f"{reading.stream}.{column} holds infinity, after which nothing is newer",
                hint="choose another cursor column, or copy the table in full",
                stream=reading.stream,
                column=column,
            )
        return str(text) if text is not None else None

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        relation = self._relation(reading.stream)
        shareable = self._fix_snapshot() is not None
        if not shareable or not is_divisible(relation, reading, want):
            return [WHOLE]
        selection = Selection(relation, reading, decimals=self._decimals)
        with explained(stream=reading.stream):
            return key_ranges(executor(self._session()), relation, selection.keys[0], want)

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        with self._lock:
            relation = self._relation(reading.stream)
            snapshot = self._fix_snapshot()
            encoding = self._session().info.parameter_status("server_encoding")
        known = encoding != "SQL_ASCII"
        selection = Selection(relation, reading, decimals=self._decimals)
        conditions = selection.conditions(reading, after)
        conditions += share_conditions(share, selection.keys)
        statement = selection.statement(conditions)
        size = reading.batch_bytes
        with closing(self._server.read(snapshot)) as session:
            for arrived in arriving(session, statement, relation.name.stream, size):
                if not known:
                    selection.require_text(arrived)
                # The driver ends a batch when it is full; decoding may make it larger.
                yield from selection.batches(arrived, size * 3 // 2)

    @override
    def close(self) -> None:
        for session in (self._catalogue, self._holder):
            if session is not None:
                session.close()
        self._catalogue = self._holder = self._snapshot = None

    @property
    def _decimals(self) -> bool:
        return self._options.numerics == "decimal"

    def _session(self) -> Connection:
        if self._catalogue is None or self._catalogue.closed:
            self._catalogue = self._server.connect(catalogue=True)
        return self._catalogue

    def _relation(self, stream: str) -> Relation:
        name = parse_stream(stream, self._options.schema_name)
        return Catalogue(self._session()).required(name)

    def _fix_snapshot(self) -> str | None:
        """Hold one moment for all shares; None where the server cannot export it."""
        if self._holder is not None:
            return self._snapshot
        self._holder = self._server.connect()
        with explained():
            self._holder.execute(BEGIN_READING.encode())
            try:
                [(exported,)] = executor(self._holder)("SELECT pg_export_snapshot()")
            except (
                psycopg.errors.UndefinedFunction,
                psycopg.errors.FeatureNotSupported,
                psycopg.errors.ActiveSqlTransaction,
            ):
                self._holder.execute(b"ROLLBACK")
                return None
        self._snapshot = str(exported)
        return self._snapshot


def described(relation: Relation, *, decimals: bool) -> StreamSchema:
    """Return a table in the words that all systems share."""
    stream = relation.name.stream
    selection = Selection(relation, Reading(stream), decimals=decimals)
    return StreamSchema(
        stream,
        selection.schema,
        key=relation.key,
        comment=relation.comment,
        rows=relation.rows,
        size_bytes=relation.size_bytes,
    )
