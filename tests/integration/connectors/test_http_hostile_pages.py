"""Pages that shift, lie, repeat and never end: each record once, or a failure with a name."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue, ValidationError
from tests.integration.connectors.http_api import (
    Api,
    Asked,
    Json,
    Said,
    ids,
    read,
    source,
)
from tests.integration.connectors.http_shelf import Record, Shelf, records

from landbridge.connectors.http.options import HttpOptions
from landbridge.kernel.errors import (
    DataUnreadableError,
    LandbridgeError,
    PositionUnusableError,
)
from landbridge.sdk.reading import Reading, Window
from landbridge.testing.clock import ManualClock

KEYED: Json = {"records": "data", "key": ["id"], "columns": {"id": "int64"}}
COUNTED: Json = {**KEYED, "paging": {"type": "offset", "size": 3, "total": "total"}}
OFFSET: Json = {**KEYED, "paging": {"type": "offset", "size": 3}}
PAGE: Json = {**KEYED, "paging": {"type": "page", "total": "total"}}
KEYSET: Json = {**KEYED, "paging": {"type": "keyset", "field": "id", "size": 3}}
TIES: Json = {
    **KEYED,
    "paging": {"type": "keyset", "field": "at", "inclusive": True, "size": 3},
}
LINK: Json = {**KEYED, "paging": {"type": "link_header"}}


def at(
    request: int, change: Callable[[list[Record]], object]
) -> Callable[[list[Record], int], None]:
    def between(rows: list[Record], number: int) -> None:
        # The first request looks at the fields; the copy begins with the second.
        if number == request + 1:
            change(rows)

    return between


def insert_first(rows: list[Record]) -> None:
    rows.insert(0, {"id": 1000, "at": 0})


def remove_first(rows: list[Record]) -> None:
    del rows[0]


def replace_first(rows: list[Record]) -> None:
    rows[0:2] = [{"id": 1001, "at": 0}]
    rows.append({"id": 1002, "at": 900})


@pytest.mark.parametrize("change", [insert_first, remove_first, replace_first])
@pytest.mark.parametrize("request_number", [2, 3, 4])
def test_a_record_that_comes_or_goes_before_an_offset_stops_the_copy(
    api: Api, change: Callable[[list[Record]], object], request_number: int
) -> None:
    shelf = Shelf(records(9), size=4, between=at(request_number, change))
    api.say = shelf.by_offset
    stream: Json = {**KEYED, "paging": {"type": "offset", "size": 4}}
    with pytest.raises(PositionUnusableError, match=rf"page {request_number} of items"):
        read(source(api, stream))


@pytest.mark.parametrize("size", [2, 3, 4, 5, 9, 10])
def test_pages_by_offset_that_overlap_give_each_record_once(api: Api, size: int) -> None:
    shelf = Shelf(records(9), size=10)
    api.say = shelf.by_offset
    stream: Json = {**KEYED, "paging": {"type": "offset", "size": size, "total": "total"}}
    assert ids(read(source(api, stream))) == list(range(1, 10))


def test_an_api_that_gives_less_than_asked_for_is_read_whole(api: Api) -> None:
    api.say = Shelf(records(9), size=2).by_offset
    assert ids(read(source(api, {**KEYED, "paging": {"type": "offset", "size": 50}}))) == [
        *range(1, 10)
    ]


def test_records_that_come_last_are_read_by_offset(api: Api) -> None:
    shelf = Shelf(records(6), between=at(3, lambda rows: rows.append({"id": 7, "at": 200})))
    api.say = shelf.by_offset
    stream: Json = {**KEYED, "paging": {"type": "offset", "size": 3, "total": "total"}}
    assert ids(read(source(api, stream))) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("change", [insert_first, remove_first])
def test_a_total_gives_away_records_that_come_or_go_before_a_page(
    api: Api, change: Callable[[list[Record]], object]
) -> None:
    api.say = Shelf(records(9), between=at(3, change)).by_page
    with pytest.raises(LandbridgeError, match=r"page \d of items"):
        read(source(api, PAGE))


@pytest.mark.parametrize("total", [0, 8, 10, 1000])
@pytest.mark.parametrize("stream", [PAGE, COUNTED])
def test_a_total_that_lies_is_an_error_and_ends_nothing_early(
    api: Api, total: int, stream: Json
) -> None:
    shelf = Shelf(records(9), total=total)
    api.say = shelf.by_page if stream is PAGE else shelf.by_offset
    with pytest.raises(
        DataUnreadableError, match=rf"page .* of items: .* {total} records in all"
    ):
        read(source(api, stream))


def test_a_total_that_is_no_number_is_an_error(api: Api) -> None:
    api.say = lambda _: Said({"data": [{"id": 1}], "total": "many"})
    with pytest.raises(DataUnreadableError, match=r"page 1 of items: .*no number of records"):
        read(source(api, PAGE))


@pytest.mark.parametrize("count", [1, 2])
def test_records_pushed_to_the_next_page_are_dropped_there(api: Api, count: int) -> None:
    def push(rows: list[Record]) -> None:
        for number in range(count):
            rows.insert(0, {"id": 1000 + number, "at": 0})

    api.say = Shelf(records(7), between=at(2, push)).by_page
    stream: Json = {**KEYED, "paging": {"type": "page"}}
    assert ids(read(source(api, stream))) == [1, 2, 3, 4, 5, 6, 7]


def test_a_page_in_another_order_is_an_error(api: Api) -> None:
    pages = {"1": [1, 2, 3], "2": [2, 4, 5]}
    api.say = lambda asked: Said({"data": [{"id": n} for n in pages[asked.query["page"]]]})
    with pytest.raises(DataUnreadableError, match=r"page 2 of items: .*another order"):
        read(source(api, {**KEYED, "paging": {"type": "page"}}))


def test_a_page_that_comes_back_later_is_an_error(api: Api) -> None:
    pages = {"1": [1, 2], "2": [3, 4], "3": [1, 2], "4": []}
    api.say = lambda asked: Said({"data": [{"id": n} for n in pages[asked.query["page"]]]})
    with pytest.raises(DataUnreadableError, match=r"page 3 of items: it leads back"):
        read(source(api, {**KEYED, "paging": {"type": "page"}}))


def test_next_links_without_end_or_records_end(api: Api) -> None:
    def say(asked: Asked) -> Said:
        page = int(asked.query.get("p", "0"))
        found = [{"id": 1}] if not page else []
        return Said({"data": found, "next": f"/items?p={page + 1}"})

    api.say = say
    stream: Json = {**KEYED, "paging": {"type": "next_url"}}
    with pytest.raises(DataUnreadableError, match=r"page \d+ of items: 1000 pages without"):
        read(source(api, stream))


def test_a_next_link_to_itself_is_an_error(api: Api) -> None:
    def say(asked: Asked) -> Said:
        page = int(asked.query.get("p", "0"))
        return Said({"data": [{"id": page}], "next": f"/items?p={min(page + 1, 3)}"})

    api.say = say
    with pytest.raises(DataUnreadableError, match=r"page 4 of items: it leads back"):
        read(source(api, {**KEYED, "paging": {"type": "next_url"}}))


def test_whether_more_follows_is_believed_only_where_it_leads(api: Api) -> None:
    shelf = Shelf(records(6))
    api.say = shelf.by_page
    paging: dict[str, JsonValue] = {"type": "page", "more": "more"}
    assert ids(read(source(api, {**KEYED, "paging": paging}))) == [1, 2, 3, 4, 5, 6]
    assert shelf.asked == 3
    api.say = lambda asked: Said(
        {"data": [{"id": 1}][: asked.query["page"] == "1"], "more": True}
    )
    with pytest.raises(DataUnreadableError, match=r"page 2 of items: .*leads nowhere"):
        read(source(api, {**KEYED, "paging": paging}))
    api.say = lambda _: Said({"data": [{"id": 1}], "more": "no"})
    with pytest.raises(DataUnreadableError, match="neither true nor false"):
        read(source(api, {**KEYED, "paging": paging}))


@pytest.mark.parametrize("ends", ["short", "total"])
def test_pages_end_where_the_api_is_known_to_end(api: Api, ends: str) -> None:
    shelf = Shelf(records(7))
    api.say = shelf.by_page
    paging: dict[str, JsonValue] = {"type": "page", "size": 3, "total": "total", "ends": ends}
    assert ids(read(source(api, {**KEYED, "paging": paging}))) == list(range(1, 8))
    assert shelf.asked == 4


@pytest.mark.parametrize("ties", [1, 2, 3])
@pytest.mark.parametrize("size", [4, 5, 7])
def test_records_that_tie_at_the_end_of_a_page_are_read_once(
    api: Api, ties: int, size: int
) -> None:
    api.say = Shelf(records(20, ties=ties), size=size).by_value("at", inclusive=True)
    stream: Json = {**TIES, "paging": {**TIES["paging"], "size": size}}  # type: ignore[dict-item]
    assert ids(read(source(api, stream))) == list(range(1, 21))


def test_more_ties_than_a_page_holds_are_an_error(api: Api) -> None:
    api.say = Shelf(records(9, ties=9)).by_value("at", inclusive=True)
    with pytest.raises(DataUnreadableError, match=r"page 2 of items: more records share"):
        read(source(api, TIES))


def test_ties_that_fill_the_pages_of_an_api_that_gives_less_are_an_error(api: Api) -> None:
    found = [*records(3), *({"id": n, "at": 500} for n in range(4, 12))]
    api.say = Shelf(found).by_value("at", inclusive=True)
    stream: Json = {**TIES, "paging": {**TIES["paging"], "size": 50}}  # type: ignore[dict-item]
    with pytest.raises(DataUnreadableError, match="more records share"):
        read(source(api, stream))


def test_pages_by_the_key_stand_what_comes_and_goes_before(api: Api) -> None:
    shelf = Shelf(records(9), between=at(3, remove_first))
    api.say = shelf.by_value("id", inclusive=False)
    assert ids(read(source(api, KEYSET))) == list(range(1, 10))
    links = Shelf(records(9), between=at(3, remove_first))
    api.say = links.by_link
    assert ids(read(source(api, LINK))) == list(range(1, 10))


@pytest.mark.parametrize("name", ["keyset", "ties", "offset", "page", "link"])
@pytest.mark.parametrize("batch_bytes", [1, 20, 1 << 20])
def test_a_read_goes_on_after_any_batch(api: Api, name: str, batch_bytes: int) -> None:
    shelf = Shelf(records(10, ties=2), size=4)
    says = {
        "keyset": (KEYSET, shelf.by_value("id", inclusive=False)),
        "ties": (TIES, shelf.by_value("at", inclusive=True)),
        "offset": (OFFSET, shelf.by_offset),
        "page": (PAGE, shelf.by_page),
        "link": (LINK, shelf.by_link),
    }
    stream, api.say = says[name]
    reading = Reading("items", batch_bytes=batch_bytes)
    whole = read(source(api, stream), reading=reading)
    assert ids(whole) == list(range(1, 11))
    for done in range(1, len(whole) + 1):
        rest = read(source(api, stream), whole[done - 1].resume, reading)
        assert ids(whole[:done]) + ids(rest) == list(range(1, 11))


def test_a_page_that_changed_is_not_gone_on_with(api: Api) -> None:
    shelf = Shelf(records(4), size=4)
    api.say = shelf.by_page
    stream: Json = {**KEYED, "paging": {"type": "page"}}
    batches = read(source(api, stream), reading=Reading("items", batch_bytes=1))
    remove_first(shelf.rows)
    with pytest.raises(PositionUnusableError, match=r"page 1 of items"):
        read(source(api, stream), batches[1].resume)


def test_pages_have_no_cap(api: Api) -> None:
    api.say = Shelf(records(400), size=1).by_page
    assert len(ids(read(source(api, {**KEYED, "paging": {"type": "page"}})))) == 400


def dated(*days: float) -> list[Record]:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {"id": number, "at": (begin + timedelta(days=day)).isoformat()}
        for number, day in enumerate(days, 1)
    ]


def spans(rows: list[Record]) -> Callable[[Asked], Said]:
    """Answer inclusively at both ends, two records to a page."""

    def say(asked: Asked) -> Said:
        since, until = asked.query["since"], asked.query["until"]
        found = [row for row in rows if since <= row["at"] <= until]
        start = int(asked.query.get("offset", "0"))
        return Said({"data": found[start : start + 2]})

    return say


DATES: Json = {
    **KEYED,
    "columns": {"id": "int64", "at": "timestamp_tz"},
    "paging": {
        "type": "dates",
        "field": "at",
        "start": "2026-01-01",
        "step_days": 2,
        "pages": {"type": "offset"},
    },
}


def test_spans_of_time_give_records_at_their_ends_once(api: Api) -> None:
    rows = dated(0, 0, 0, 0, 0.5, 2, 2, 4, 5, 6, 7.99)
    api.say = spans(rows)
    until = Window("at", until="2026-01-09T00:00:00+00:00")
    found = read(source(api, DATES), reading=Reading("items", window=until))
    assert sorted(ids(found)) == list(range(1, 12))
    api.asked.clear()
    later = Window("at", after="2026-01-05T00:00:00+00:00", until="2026-01-09T00:00:00+00:00")
    found = read(source(api, DATES), reading=Reading("items", window=later))
    assert sorted(ids(found)) == [9, 10, 11]
    assert min(asked.query["since"] for asked in api.asked[1:]) >= "2026-01-05"


def test_spans_of_time_go_on_after_any_batch(api: Api) -> None:
    api.say = spans(dated(0, 0, 0, 0, 0.5, 2, 2, 4, 5, 6, 7.99))
    until = Window("at", until="2026-01-09T00:00:00+00:00")
    reading = Reading("items", window=until, batch_bytes=1)
    whole = read(source(api, DATES), reading=reading)
    for done in range(1, len(whole) + 1):
        rest = read(source(api, DATES), whole[done - 1].resume, reading)
        assert sorted(ids(whole[:done]) + ids(rest)) == list(range(1, 12))


def test_spans_of_time_reach_the_present(api: Api) -> None:
    api.say = spans(dated(0, 1))
    days = (ManualClock().now() - datetime(2026, 1, 1, tzinfo=UTC)).days
    if days > 0:
        read(source(api, DATES))
        assert api.asked[-1].query["until"] <= ManualClock().now().isoformat()


def test_a_record_without_a_moment_is_an_error(api: Api) -> None:
    api.say = lambda _: Said({"data": [{"id": 1, "at": None}]})
    with pytest.raises(DataUnreadableError, match=r"page 1 of items: a record has no moment"):
        read(source(api, DATES))


@pytest.mark.parametrize(
    "stream",
    [
        {"paging": {"type": "keyset", "field": "id"}},
        {"key": ["id"], "paging": {"type": "keyset", "field": "at"}},
        {"paging": {"type": "page", "ends": "total"}},
        {"paging": {"type": "offset", "size": 2, "overlap": 2}},
        {"paging": {**DATES["paging"], "pages": {"type": "page", "total": "total"}}},  # type: ignore[dict-item]
        {"paging": {**DATES["paging"], "start": "soon"}},  # type: ignore[dict-item]
    ],
)
def test_paging_that_would_lose_records_is_refused(stream: Mapping[str, JsonValue]) -> None:
    options = {"url": "http://x", "streams": {"a": {"path": "a", **stream}}}
    with pytest.raises(ValidationError):
        HttpOptions.model_validate_json(json.dumps(options))
