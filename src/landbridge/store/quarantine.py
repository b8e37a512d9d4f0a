"""Refused rows in the state database: kept, searched, edited, settled."""

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine, RowMapping, Select, delete, insert, or_, select, update
from typing_extensions import override

from landbridge.kernel.clock import Clock
from landbridge.sdk.quarantine import QuarantinedRow, QuarantineLog
from landbridge.store.tables import QUARANTINE

Status = Literal["waiting", "replayed", "dropped"]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row in quarantine.

    Attributes:
        identity: Names it in commands.
        row: The row and why it was refused.
        edited: Its content as the user changed it, or None.
        status: `waiting`, `replayed` or `dropped`.
        kept_at: When it was refused, in UTC.
    """

    identity: str
    row: QuarantinedRow
    edited: str | None
    status: Status
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows; None means any.

    Attributes:
        text: Found anywhere in reason, field or content.
    """

    flow: str | None = None
    node: str | None = None
    stream: str | None = None
    run_id: str | None = None
    code: str | None = None
    status: Status | None = None
    text: str | None = None
    identity: str | None = None
    limit: int = 100


class QuarantineStore(QuarantineLog):
    """The quarantine of one project."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()

    @override
    def keep(self, rows: Sequence[QuarantinedRow]) -> None:
        now = self._clock.now().replace(tzinfo=None)
        records = [
            {**asdict(row), "identity": row.identity, "status": "waiting", "kept_at": now}
            for row in rows
        ]
        identities = [row.identity for row in rows]
        with self._lock, self._engine.begin() as connection:
            for start in range(0, len(records), 500):
                part = slice(start, start + 500)
                connection.execute(
                    delete(QUARANTINE).where(QUARANTINE.c.identity.in_(identities[part]))
                )
                connection.execute(insert(QUARANTINE), records[part])

    def find(self, search: Search) -> list[KeptRow]:
        """Return matching rows, newest first."""
        query = _matching(search).order_by(QUARANTINE.c.kept_at.desc(), QUARANTINE.c.row)
        with self._engine.connect() as connection:
            found = connection.execute(query.limit(search.limit)).mappings()
            return [_kept(row) for row in found]

    def edit(self, identity: str, content: str) -> None:
        """Store another content for a waiting row; the original stays beside it."""
        self._change(identity, {"edited": content})

    def refuse_again(self, identity: str, code: str, field: str, reason: str) -> None:
        """Store why a waiting row was refused once more."""
        self._change(identity, {"code": code, "field": field, "reason": reason})

    def settle(self, identities: Sequence[str], status: Status) -> None:
        """Mark rows as replayed or dropped."""
        now = self._clock.now().replace(tzinfo=None)
        for identity in identities:
            self._change(identity, {"status": status, "settled_at": now})

    def purge(self, before: datetime) -> int:
        """Delete settled rows kept before an instant; waiting rows stay. Return how many."""
        statement = delete(QUARANTINE).where(
            QUARANTINE.c.status != "waiting",
            QUARANTINE.c.kept_at < before.replace(tzinfo=None),
        )
        with self._lock, self._engine.begin() as connection:
            return connection.execute(statement).rowcount

    def _change(self, identity: str, values: dict[str, object]) -> None:
        statement = update(QUARANTINE).where(QUARANTINE.c.identity == identity).values(values)
        with self._lock, self._engine.begin() as connection:
            connection.execute(statement)


def _matching(search: Search) -> Select[tuple[object, ...]]:
    query = select(QUARANTINE)
    for name in ("flow", "node", "stream", "run_id", "code", "status"):
        value = getattr(search, name)
        if value is not None:
            query = query.where(QUARANTINE.c[name] == value)
    if search.identity is not None:
        query = query.where(QUARANTINE.c.identity.startswith(search.identity, autoescape=True))
    if search.text is not None:
        places = (QUARANTINE.c.reason, QUARANTINE.c.field, QUARANTINE.c.content)
        query = query.where(
            or_(*(place.contains(search.text, autoescape=True) for place in places))
        )
    return query


def _kept(values: RowMapping) -> KeptRow:
    own = {name: values[name] for name in QuarantinedRow.__dataclass_fields__}
    return KeptRow(
        identity=values["identity"],
        row=QuarantinedRow(**own),
        edited=values["edited"],
        status=values["status"],
        kept_at=values["kept_at"],
    )
