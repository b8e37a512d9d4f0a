"""What keeps a read of pages from going round, and from giving a record twice or never."""

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.connectors.http.client import ApiClient
from landbridge.connectors.http.json_path import at_path
from landbridge.connectors.http.options import HttpStream
from landbridge.connectors.http.paging import Page, following_page, key_token, offset_asked
from landbridge.connectors.http.paging_options import (
    CursorPaging,
    DatePaging,
    KeysetPaging,
    NoPaging,
    OffsetPaging,
    OnePaging,
    PagePaging,
)
from landbridge.connectors.http.places import TAIL, UNCOUNTED, Place, identity
from landbridge.connectors.http.spans import Spans
from landbridge.kernel.errors import DataUnreadableError, PositionUnusableError
from landbridge.sdk.json_rows import JsonObject

_TIES = 120
_SECOND = 2
_EMPTY_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """A page, and what of it is new.

    Attributes:
        page: The page.
        first: Index in the page of the first new record.
        fresh: The new records.
        begin: The place before them.
        after: The place after them.
    """

    page: Page
    first: int
    fresh: Sequence[JsonObject]
    begin: Place
    after: Place


class Trail:
    """The pages of one read so far."""

    def __init__(self, stream: HttpStream, spans: Spans | None, client: ApiClient) -> None:
        self._stream = stream
        self._spans = spans
        self._client = client
        # Hashes only: a copy may have millions of pages.
        self._seen: set[int] = set()
        self._seen_pages: set[int] = set()
        self._before: Sequence[JsonObject] = ()
        self._largest = 0
        self._total: int | None = None
        self._empty = 0

    @property
    def paging(self) -> OnePaging:
        """How pages follow one another, within a span where there are spans."""
        paging = self._stream.paging
        return paging.pages if isinstance(paging, DatePaging) else paging

    @property
    def overlap(self) -> int:
        """Records of the page before that a page by offset begins with."""
        paging = self.paging
        if not isinstance(paging, OffsetPaging) or self._spans is not None:
            return 0
        if paging.overlap is not None:
            return paging.overlap
        return min(int(bool(self._stream.key)), paging.size - 1)

    def inner(self, asked: str) -> str:
        """Return what asks for a page among those of its span."""
        return asked if self._spans is None else self._spans.of(asked).inner

    def step(self, page: Page, place: Place) -> Step:
        """Return what a page has that is new, and where to go on.

        Raises:
            DataUnreadableError: The page was there before, or contradicts itself.
            PositionUnusableError: Records moved between pages while they were read.
        """
        self._check_loops(page)
        first, fresh = self._fresh(page, place)
        inner = self._following(page, fresh)
        counted = place.count != UNCOUNTED
        count = place.count + len(fresh) if counted else UNCOUNTED
        inner = self._check_total(page, count, inner)
        following = inner
        if self._spans is not None:
            following = self._spans.following(self._spans.of(page.asked), inner)
        after = Place(following, 0, self._tail(place, fresh), count, page.number + 1)
        if inner is None:
            # The next span, if any, repeats nothing, and is counted on its own.
            after = Place(following, 0, (), 0, page.number + 1)
            self._before, self._total = (), None
            self._seen_pages.clear()
            self._empty = 0
        if following is not None and hash(following) in self._seen:
            raise _endless()
        return Step(page, first, fresh, place, after)

    def place_at(self, step: Step, count: int) -> Place:
        """Return the place after some of the new records of a page."""
        if count == len(step.fresh):
            return step.after
        given, begin = step.fresh[:count], step.begin
        total = begin.count + count if begin.count != UNCOUNTED else UNCOUNTED
        tail = self._tail(begin, given)
        paging = self.paging
        if isinstance(paging, KeysetPaging):
            token = key_token(paging, given[-1])
            return Place(token, 0, tail, total, step.page.number)
        return Place(step.page.asked, step.first + count, tail, total, step.page.number)

    def _check_loops(self, page: Page) -> None:
        given, key = page.given, self._stream.key
        if given and given == self._before and not self._may_repeat(page):
            raise _endless()
        if given and key and not isinstance(self.paging, KeysetPaging):
            sight = hash((identity(given[0], key), identity(given[-1], ()), len(given)))
            if sight in self._seen_pages:
                raise _endless()
            self._seen_pages.add(sight)
        self._before = given
        self._seen.add(hash(page.asked))
        self._empty = 0 if given else self._empty + 1
        if self._empty > _EMPTY_PAGES:
            raise DataUnreadableError(
                f"{_EMPTY_PAGES} pages without a record follow one another",
                hint="check `records` and `paging`",
            )

    def _may_repeat(self, page: Page) -> bool:
        paging = self.paging
        if isinstance(paging, KeysetPaging):
            return paging.inclusive
        # The last page by offset holds nothing but what it was asked to repeat.
        return isinstance(paging, OffsetPaging) and 0 < len(page.given) <= self.overlap

    def _fresh(self, page: Page, place: Place) -> tuple[int, Sequence[JsonObject]]:
        """Return the new records of a page, with the index of the first."""
        records, tail = page.records, place.tail
        paging = self.paging
        if isinstance(paging, KeysetPaging):
            self._check_order(paging, page)
            return 0, [
                one for one in records if not self._is_known_tie(paging, page, tail, one)
            ]
        if place.skip:
            if place.count != UNCOUNTED and not self._is_last(records, place.skip, tail):
                raise _moved()
            return place.skip, records[place.skip :]
        if isinstance(paging, OffsetPaging) and self.overlap:
            asked = self.inner(page.asked)
            first = int(asked or 0) - offset_asked(asked, self.overlap)
            self._check_overlap(page, first, tail)
        else:
            first = self._repeated(page, tail)
        return first, records[first:]

    def _is_known_tie(
        self, paging: KeysetPaging, page: Page, tail: Sequence[str], record: JsonObject
    ) -> bool:
        return (
            bool(tail)
            and key_token(paging, record) == page.asked
            and self._identity(record) in tail
        )

    def _is_last(self, records: Sequence[JsonObject], count: int, tail: Sequence[str]) -> bool:
        return len(records) >= count and self._identity(records[count - 1]) == tail[-1]

    def _check_overlap(self, page: Page, first: int, tail: Sequence[str]) -> None:
        if len(page.given) < first:
            raise _moved()
        expected = tail[-first:] if first else ()
        found = [self._identity(one) for one in page.given[:first]]
        if expected and found[-len(expected) :] != list(expected):
            raise _moved()

    def _repeated(self, page: Page, tail: Sequence[str]) -> int:
        """Return how many records a page repeats of the end of the page before."""
        records = page.records
        if not self._stream.key or not tail or not records:
            return 0
        begins = self._identity(records[0])
        if begins not in tail:
            return 0
        given = tail[tail.index(begins) :]
        again = [self._identity(one) for one in records[: len(given)]]
        if tuple(again) != tuple(given[: len(again)]):
            raise DataUnreadableError(
                "the page repeats records of the page before in another order",
                hint="ask the API for an order that never changes",
            )
        return len(again)

    def _following(self, page: Page, fresh: Sequence[JsonObject]) -> str | None:
        paging, asked = self.paging, self.inner(page.asked)
        if isinstance(paging, OffsetPaging):
            # Of a page that is gone on with, all but what it was asked to repeat counts.
            count = len(page.given) - (int(asked or 0) - offset_asked(asked, self.overlap))
        else:
            count = len(fresh)
        if isinstance(paging, KeysetPaging):
            self._check_ties(paging, page)
        following = following_page(paging, asked, page, count, self._client)
        if isinstance(paging, KeysetPaging) and following == asked:
            following = None
        self._largest = max(self._largest, len(page.given))
        if isinstance(paging, PagePaging | OffsetPaging | CursorPaging) and paging.more:
            following = _as_told(page, paging.more, following)
        if isinstance(paging, PagePaging | OffsetPaging) and paging.ends == "short":
            following = None if len(page.given) < paging.size else following
        return following

    def _check_ties(self, paging: KeysetPaging, page: Page) -> None:
        """Refuse a page that may be cut off among records with one value."""
        if not paging.inclusive or not page.given or page.asked == "":
            return
        # A page after the second that is as long as any may be as long as the API allows.
        sure = page.number == _SECOND or not self._largest
        most = paging.size if sure else min(paging.size, self._largest)
        if key_token(paging, page.given[-1]) == page.asked and len(page.given) >= most:
            raise DataUnreadableError(
                f"more records share one value of {paging.field} than a page holds; those "
                "after them cannot be reached",
                hint="raise `size`, or page by another field",
            )

    def _check_order(self, paging: KeysetPaging, page: Page) -> None:
        values = [one.get(paging.field) for one in page.given]
        if paging.inclusive or len(set(map(str, values))) == len(values):
            return
        raise DataUnreadableError(f"two records of the page share one {paging.field}")

    def _check_total(self, page: Page, count: int, following: str | None) -> str | None:
        paging = self.paging
        if isinstance(paging, NoPaging | KeysetPaging) or paging.total is None:
            return following
        total = _number(page, paging.total)
        if count == UNCOUNTED:
            return following
        if self._total is not None and total < self._total:
            raise _moved()
        self._total = total
        if isinstance(paging, PagePaging | OffsetPaging) and paging.ends == "total":
            following = following if count < total else None
        if count > total or (following is None and count != total):
            raise DataUnreadableError(
                f"the API speaks of {total} records in all, and gave {count}",
                hint="if the total is only an estimate, leave `total` out; if records come and "
                "go while they are read, page by a cursor",
            )
        return following

    def _tail(self, place: Place, given: Sequence[JsonObject]) -> tuple[str, ...]:
        paging = self.paging
        if isinstance(paging, KeysetPaging):
            if not paging.inclusive or not given:
                return place.tail if not given else ()
            return self._ties(paging, place, given)
        # Without a key nothing is compared but the record before a place within a page.
        most = TAIL if self._stream.key or self.overlap else 1
        last = tuple(self._identity(one) for one in given[-most:])
        return (place.tail + last)[-most:]

    def _ties(
        self, paging: KeysetPaging, place: Place, given: Sequence[JsonObject]
    ) -> tuple[str, ...]:
        value = key_token(paging, given[-1])
        ties = tuple(self._identity(one) for one in given if key_token(paging, one) == value)
        found = (*place.tail, *ties) if place.page == value else ties
        if len(found) > _TIES:
            raise DataUnreadableError(
                f"more than {_TIES} records share one value of {paging.field} at a page's end",
                hint="page by a field with fewer ties",
            )
        return found

    def _identity(self, record: JsonObject) -> str:
        shifts = isinstance(self.paging, PagePaging | OffsetPaging | KeysetPaging)
        return identity(record, self._stream.key if shifts else ())


def _as_told(page: Page, path: str, following: str | None) -> str | None:
    try:
        more = at_path(page.body, path)
    except KeyError:
        more = None
    if not isinstance(more, bool):
        raise DataUnreadableError(
            f"the answer says neither true nor false at {path}", hint="check `more`"
        )
    if more and following is None:
        raise DataUnreadableError(
            f"the answer says at {path} that more follows, but leads nowhere",
            hint="check `paging`",
        )
    return following if more else None


def _number(page: Page, path: str) -> int:
    try:
        found = at_path(page.body, path)
    except KeyError:
        found = None
    if isinstance(found, bool) or not str(found).isdecimal():
        raise DataUnreadableError(
            f"the answer has no number of records at {path}", hint="check `total`"
        )
    return int(str(found))


def _endless() -> DataUnreadableError:
    return DataUnreadableError(
        "it leads back to a page before; the API would go on for ever",
        hint="check `paging`: its kind, and the names of its parameters",
    )


def _moved() -> PositionUnusableError:
    return PositionUnusableError(
        "it does not go on where the page before ended: records were inserted or removed "
        "while they were read",
        hint="read again, page by a cursor, or ask for an order in which new records come "
        "last; `overlap: 0` if the API takes no offset but multiples of the size",
    )
