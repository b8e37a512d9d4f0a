"""Reading MySQL: key ranges side by side, in key order, each of one moment."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from pymysql import err
from typing_extensions import override

from landbridge.connectors.mysql.catalogue import Catalogue, Relation
from landbridge.connectors.mysql.errors import explained
from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.selection import Preferences, Selected, Selection
from landbridge.connectors.mysql.server import Server, Session
from landbridge.connectors.mysql.types import Taste
from landbridge.connectors.mysql.wire import raw_rows
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import DataUnreadableError, RowsRefusedError
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source, StreamEntry

WHOLE = Share("all")
_KEYS_WORTH_A_SHARE = 1000
_SMALLEST_PIECE = 64 << 10
_LARGEST_PIECE = 4 << 20


class MysqlSource(Source):
    """Shares are ranges of an integer key; a position is the last row's key.

    Each share is read in one statement, inside a transaction of one moment. Tables without
    a key that orders rows are read whole, in no order, and cannot be resumed.
    """

    def __init__(self, options: MysqlOptions) -> None:
        self._options = options
        self._server = Server(options)
        self._wishes = preferences(options)
        self._catalogue: Session | None = None

    @override
    def check(self) -> str:
        [(version,)] = self._session().execute("SELECT VERSION()")
        return f"{self._options.dialect} {version!s}"

    @override
    def streams(self) -> Iterator[StreamEntry]:
        yield from Catalogue(self._session()).entries()

    @override
    def describe(self, stream: str) -> StreamSchema:
        return described(Catalogue(self._session()).required(stream), self._wishes)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        selection = self._selection(self._session(), reading)
        found = selection.column(column)
        conditions = selection.conditions(reading, None)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        value = found.quoted
        if found.kind.logical == "float":
            value = found.kind.expression.format(value)
        [(greatest,)] = self._session().execute(
            f"SELECT CAST(MAX({value}) AS CHAR) "  # noqa: S608  quoted names
            f"FROM {selection.relation.quoted}{where}"
        )
        return None if greatest is None else _iso(str(greatest), found)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        session = self._session()
        selection = self._selection(session, reading)
        partial = reading.keys is not None or (
            reading.window is not None and reading.window.after is not None
        )
        if want <= 1 or partial or not selection.keys:
            return (WHOLE,)
        if selection.keys[0].kind.logical != "int":
            return (WHOLE,)
        cuts = _cuts(session, selection.relation, selection.keys[0], want)
        if not cuts:
            return (WHOLE,)
        edges = [None, *cuts, None]
        return [
            Share(f"range-{number:04}", json.dumps([lower, upper]))
            for number, (lower, upper) in enumerate(pairwise(edges))
        ]

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        with self._reading() as session:
            selection = self._selection(session, reading)
            conditions = selection.conditions(reading, after)
            if share.bounds:
                conditions += _within(share, selection.keys[0])
            statement = selection.statement(conditions, along_key=reading.window is None)
            size = min(max(reading.batch_bytes // 2, _SMALLEST_PIECE), _LARGEST_PIECE)
            with _explained_rows(reading.stream):
                if session.dialect.snapshot:
                    session.run(session.dialect.snapshot)
                arriving = raw_rows(session.connection, statement, size)
                yield from selection.batches(arriving, reading.batch_bytes)

    @override
    def close(self) -> None:
        if self._catalogue is not None:
            self._catalogue.close()
        self._catalogue = None

    @contextmanager
    def _reading(self) -> Generator[Session]:
        session = self._server.connect()
        try:
            yield session
        finally:
            # Also in the middle of an answer, when the iterator was dropped.
            session.abandon()

    def _session(self) -> Session:
        # One that was cut off is of no use any more.
        if self._catalogue is None or not self._catalogue.connection.open:
            self._catalogue = self._server.connect()
        return self._catalogue

    def _selection(self, session: Session, reading: Reading) -> Selection:
        relation = Catalogue(session).required(reading.stream)
        return Selection(relation, reading, self._wishes)


def preferences(options: MysqlOptions) -> Preferences:
    """Return how the user wants values read."""
    taste = Taste(booleans=options.booleans == "bool", times_as_text=options.times == "text")
    return Preferences(taste, zero_is_null=options.zero_dates == "null")


def described(relation: Relation, wishes: Preferences) -> StreamSchema:
    """Return a table in the words that all systems share."""
    selection = Selection(relation, Reading(relation.table), wishes)
    return StreamSchema(
        relation.table,
        selection.schema,
        key=relation.key_columns,
        comment=relation.comment,
        rows=relation.rows,
        size_bytes=relation.size_bytes,
    )


def _cuts(session: Session, relation: Relation, key: Selected, want: int) -> list[int]:
    """Even cuts of the key's values; none when there are too few of them."""
    [(least, most)] = session.execute(
        f"SELECT MIN({key.quoted}), MAX({key.quoted}) FROM {relation.quoted}"  # noqa: S608  quoted names
    )
    if least is None or most is None:
        return []
    first, last = int(least), int(most)
    if last - first < want * _KEYS_WORTH_A_SHARE:
        return []
    return [first + (last - first) * part // want for part in range(1, want)]


def _within(share: Share, key: Selected) -> list[str]:
    lower, upper = json.loads(share.bounds)
    found: list[str] = []
    if lower is not None:
        found.append(f"{key.quoted} >= {int(lower):d}")
    if upper is not None:
        found.append(f"{key.quoted} < {int(upper):d}")
    return found


def _iso(text: str, found: Selected) -> str:
    if found.kind.logical not in {"timestamp", "instant", "date"}:
        return text
    if text.startswith("0000-00"):
        raise DataUnreadableError(
            f"{found.column.name} holds only zero dates, after which nothing is newer",
            hint="choose another cursor column, or copy the table in full",
            column=found.column.name,
        )
    iso = text.replace(" ", "T")
    return f"{iso}+00:00" if found.kind.logical == "instant" else iso


@contextmanager
def _explained_rows(stream: str) -> Generator[None]:
    """Translate what the driver raises while rows arrive."""
    try:
        with explained(stream=stream):
            yield
    except RowsRefusedError as error:
        raise DataUnreadableError(str(error), hint="", stream=stream) from error
    except (err.MySQLError, IndexError, ValueError) as error:
        raise DataUnreadableError(
            f"the server's answer cannot be understood: {error}", stream=stream
        ) from error
