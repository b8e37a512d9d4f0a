"""Spans of time that a stream is read in, one after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from landbridge.connectors.http.paging_options import DatePaging
from landbridge.connectors.http.windows import moment_of, written
from landbridge.kernel.errors import DataUnreadableError, PositionUnusableError
from landbridge.sdk.json_rows import JsonObject
from landbridge.sdk.reading import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST = timedelta(microseconds=1)
_MILLISECONDS = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, and a page in it.

    Attributes:
        since: Its first moment.
        end: The moment at which all spans end, which stays the same for one copy.
        inner: What asks for the page among those of the span.
    """

    since: datetime
    end: datetime
    inner: str = ""

    def token(self) -> str:
        """Return what asks for the page."""
        return f"{self.since.isoformat()}|{self.end.isoformat()}|{self.inner}"


class Spans:
    """The spans of one read."""

    def __init__(self, paging: DatePaging, window: Window | None, now: datetime) -> None:
        self._paging = paging
        self._step = timedelta(days=paging.step_days)
        since, end = moment_of(paging.start) or _EPOCH, now
        if window is not None and window.column == paging.field:
            after = moment_of(window.after or "")
            until = moment_of(window.until or "")
            since = max(since, after) if after is not None else since
            end = until + _LEAST if until is not None else end
        self._begin = Span(since, max(since, end))

    def of(self, asked: str) -> Span:
        """Return the span that a page is in.

        Raises:
            PositionUnusableError: It was asked for by other paging.
        """
        if not asked:
            return self._begin
        parts = asked.split("|", 2)
        since, end = (moment_of(part) for part in (*parts, "", "")[:2])
        if len(parts) != 3 or since is None or end is None:  # noqa: PLR2004  as made
            raise PositionUnusableError("the position is not of spans of time")
        return Span(since, end, parts[2])

    def params(self, span: Span) -> Mapping[str, str]:
        """Return the parameters that ask for at least the records of a span."""
        form = self._paging.format
        return {
            self._paging.since_param: written(span.since.isoformat(), form, up=False),
            self._paging.until_param: written(self._until(span).isoformat(), form, up=True),
        }

    def kept(self, span: Span, given: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the records that are of the span.

        Raises:
            DataUnreadableError: One has no moment.
        """
        until = self._until(span)
        return [one for one in given if span.since <= self._moment(one) < until]

    def following(self, span: Span, inner: str | None) -> str | None:
        """Return what asks for the page after one, in its span or at the next."""
        if inner is not None:
            return Span(span.since, span.end, inner).token()
        until = self._until(span)
        return Span(until, span.end).token() if until < span.end else None

    def _until(self, span: Span) -> datetime:
        return min(span.since + self._step, span.end)

    def _moment(self, record: JsonObject) -> datetime:
        value = record.get(self._paging.field)
        found: datetime | None = None
        match value:
            case str() if not value.lstrip("-").isdecimal():
                found = moment_of(value)
            case bool():
                pass
            case int() | Decimal() | str():
                count = Decimal(value)
                secs = count / 1000 if abs(count) >= _MILLISECONDS else count
                found = _EPOCH + timedelta(microseconds=int(secs * 1_000_000))
            case _:
                pass
        if found is None:
            raise DataUnreadableError(
                f"a record has no moment in {self._paging.field}, by which its span is known"
            )
        return found
