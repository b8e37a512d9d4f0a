"""What the CRM answers, without a socket: tokens, limits, pages, and its bad days."""

import base64
import binascii
import json
import math
import secrets
import threading
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, unquote

from landbridge.demo.company.crm_records import CrmRecords, Record

TOKEN_PATH = "/oauth/token"  # noqa: S105  a path
DATA_PATH = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Temper:
    """How difficult the API is. The defaults are those of an ordinary SaaS on a bad day.

    Attributes:
        token_secs: How long a token lives.
        token_uses: How many requests a token serves at most; 0 for no limit. It makes an
            expiry in the middle of a copy certain, where a clock would make it a chance.
        window_requests: Data requests allowed within `window_secs`; the next gets a 429
            with `Retry-After`. 0 for no limit.
        window_secs: Length of that window.
        error_every: Every so many data requests, one fails with a 500; 0 for never.
        largest_page: Records a page holds at most, whatever the caller asks.
        repeats_boundary: Whether each page repeats the last record of the page before,
            as APIs do whose cursor is inclusive.
    """

    token_secs: float = 600.0
    token_uses: int = 0
    window_requests: int = 20
    window_secs: float = 1.0
    error_every: int = 0
    largest_page: int = 200
    repeats_boundary: bool = False


@dataclass(frozen=True, slots=True)
class CrmCredentials:
    """The one client that the CRM knows."""

    client_id: str = "landbridge"
    client_secret: str = field(default="riverbank-demo", repr=False)


@dataclass(frozen=True, slots=True)
class CrmStatistics:
    """What the API has done so far: how often it served, and how often it refused."""

    served: int = 0
    tokens: int = 0
    unauthorised: int = 0
    limited: int = 0
    failed: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as far as the desk cares; header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: a status, a JSON body, and headers beside the usual ones."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Token:
    expires: float
    uses: int = 0


class Desk:
    """Decides every answer. Safe to ask from many threads at once."""

    def __init__(
        self,
        records: CrmRecords,
        *,
        temper: Temper,
        credentials: CrmCredentials,
        clock: Callable[[], float],
    ) -> None:
        self._lists: dict[str, Sequence[Record]] = {
            "customers": records.customers,
            "contacts": records.contacts,
        }
        self._temper = temper
        self._credentials = credentials
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._recent: deque[float] = deque()
        self._asked = 0
        self._statistics = CrmStatistics()
        self._lock = threading.Lock()

    @property
    def statistics(self) -> CrmStatistics:
        """The counts so far."""
        with self._lock:
            return self._statistics

    def answer(self, ask: Ask) -> Answer:
        """Answer one request; never raises, whatever the request holds."""
        with self._lock:
            if ask.path == TOKEN_PATH:
                return self._grant(ask) if ask.method == "POST" else _not_allowed("POST")
            stream = ask.path.removeprefix(DATA_PATH)
            if not ask.path.startswith(DATA_PATH) or stream not in self._lists:
                return _refused(404, "not_found", "no such resource")
            if ask.method != "GET":
                return _not_allowed("GET")
            return self._data(stream, ask)

    def _data(self, stream: str, ask: Ask) -> Answer:
        refusal = self._unauthorised(ask) or self._limited() or self._failed()
        if refusal is not None:
            return refusal
        answer = self._page(stream, ask.query)
        if answer.status == 200:  # noqa: PLR2004  OK
            self._count("served")
        return answer

    def _grant(self, ask: Ask) -> Answer:
        form = {name: values[0] for name, values in parse_qs(_text(ask.body)).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "only client_credentials")
        client = _basic(ask.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        known = self._credentials
        pairs = zip(client, (known.client_id, known.client_secret), strict=True)
        if not all(secrets.compare_digest(a.encode(), b.encode()) for a, b in pairs):
            self._count("unauthorised")
            return _refused(401, "invalid_client", "unknown client or wrong secret")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(self._clock() + self._temper.token_secs)
        self._count("tokens")
        return Answer(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": max(int(self._temper.token_secs), 1),
            },
            {"Cache-Control": "no-store"},
        )

    def _unauthorised(self, ask: Ask) -> Answer | None:
        scheme, _, text = ask.headers.get("authorization", "").partition(" ")
        token = self._tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        most = self._temper.token_uses
        if token is not None and token.expires > self._clock() and not 0 < most <= token.uses:
            token.uses += 1
            return None
        self._count("unauthorised")
        refusal = _refused(401, "invalid_token", "the token is unknown or has expired")
        return replace(refusal, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def _limited(self) -> Answer | None:
        now, temper = self._clock(), self._temper
        while self._recent and self._recent[0] <= now - temper.window_secs:
            self._recent.popleft()
        if not 0 < temper.window_requests <= len(self._recent):
            self._recent.append(now)
            return None
        self._count("limited")
        wait = max(math.ceil(self._recent[0] + temper.window_secs - now), 1)
        refusal = _refused(429, "too_many_requests", "slow down")
        return replace(refusal, headers={"Retry-After": str(wait)})

    def _failed(self) -> Answer | None:
        self._asked += 1
        if self._temper.error_every and self._asked % self._temper.error_every == 0:
            self._count("failed")
            return _refused(500, "internal", "the database of the CRM is busy")
        return None

    def _page(self, stream: str, query: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        unknown = asked.keys() - {"limit", "cursor", "updated_since"}
        if unknown:
            return _refused(400, "unknown_parameter", ", ".join(sorted(unknown)))
        limit, after = asked.get("limit", "100"), _decoded(asked.get("cursor"))
        if not limit.isdecimal() or int(limit) < 1:
            return _refused(400, "bad_limit", "limit is a whole number above zero")
        if after is None:
            return _refused(400, "bad_cursor", "not a cursor of this API")
        records = self._lists[stream]
        start = max(
            bisect_left(records, asked.get("updated_since", ""), key=_changed),
            bisect_right(records, after, key=_place) if after else 0,
        )
        stop = start + min(int(limit), self._temper.largest_page)
        repeat = 1 if after and self._temper.repeats_boundary and start else 0
        page = records[start - repeat : stop]
        self._count("records", len(page))
        following = _encoded(page[-1]) if stop < len(records) else None
        return Answer(200, {"data": list(page), "next_cursor": following})

    def _count(self, what: str, more: int = 1) -> None:
        now: int = getattr(self._statistics, what)
        self._statistics = replace(self._statistics, **{what: now + more})


def _place(record: Record) -> tuple[str, str]:
    return str(record["updated_at"]), str(record["id"])


def _changed(record: Record) -> str:
    return str(record["updated_at"])


def _encoded(record: Record) -> str:
    return base64.urlsafe_b64encode(json.dumps(_place(record)).encode()).decode()


def _decoded(cursor: str | None) -> tuple[str, ...] | None:
    """Return the place a cursor names, nothing for no cursor, `None` for a broken one."""
    if cursor is None:
        return ()
    try:
        place = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    match place:
        case [str(when), str(name)]:
            return when, name
        case _:
            return None


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote(name), unquote(secret)


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def _refused(status: int, error: str, message: str) -> Answer:
    return Answer(status, {"error": error, "message": message})


def _not_allowed(allowed: str) -> Answer:
    return replace(
        _refused(405, "method_not_allowed", f"use {allowed}"), headers={"Allow": allowed}
    )
