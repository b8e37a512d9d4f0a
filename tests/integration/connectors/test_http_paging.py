"""How pages lead to one another, and what a failure between them costs."""

import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.integration.connectors.http_api import (
    CURSOR,
    JSON,
    PAGE,
    Api,
    Asked,
    Json,
    Said,
    client_credentials,
    cursors,
    ids,
    numbered,
    read,
    source,
)

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.data.batch import Batch, Position
from landbridge.demo.company.crm import CrmServer, Temper
from landbridge.demo.company.crm_records import CrmRecords
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    QueryRefusedError,
    SystemBusyError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Window


def test_pages_by_number_are_read_until_one_is_empty(api: Api) -> None:
    api.say = numbered
    assert ids(read(source(api, PAGE))) == [1, 2, 3, 4, 5, 6]
    assert api.asked[-1].query == {"page": "4", "size": "2"}


def test_pages_by_offset_go_on_after_what_was_given(api: Api) -> None:
    def say(asked: Asked) -> Said:
        start = int(asked.query["offset"])
        return Said([{"id": one} for one in range(start, min(start + 3, 7))])

    api.say = say
    stream: Json = {"paging": {"type": "offset", "size": 100}}
    assert ids(read(source(api, stream))) == [0, 1, 2, 3, 4, 5, 6]
    assert [asked.query["offset"] for asked in api.asked[1:]] == ["0", "3", "6", "7"]


def test_links_in_the_header_are_followed(api: Api) -> None:
    def say(asked: Asked) -> Said:
        page = int(asked.query.get("p", "1"))
        link = f'</items?p={page + 1}&x=%2B>; rel="next", </items?p=1>; rel="first"'
        headers = {**JSON, "link": link} if page < 3 else JSON
        return Said([{"id": page}], headers=headers)

    api.say = say
    assert ids(read(source(api, {"paging": {"type": "link_header"}}))) == [1, 2, 3]


def test_addresses_in_the_answer_are_followed(api: Api) -> None:
    def say(asked: Asked) -> Said:
        page = int(asked.query.get("p", "1"))
        following = f"{api.url}/items?p={page + 1}" if page < 3 else None
        return Said({"value": [{"id": page}], "paging": {"next": following}})

    api.say = say
    stream: Json = {"records": "value", "paging": {"type": "next_url", "next": "paging.next"}}
    assert ids(read(source(api, stream))) == [1, 2, 3]


def test_a_redirect_on_the_same_host_is_followed(api: Api) -> None:
    def say(asked: Asked) -> Said:
        if asked.path == "/items":
            return Said(status=308, headers={"location": "/v2/items"})
        return Said([{"id": 1}])

    api.say = say
    assert ids(read(source(api))) == [1]


def test_redirects_in_a_ring_end(api: Api) -> None:
    api.say = lambda _: Said(status=302, headers={"location": "/items"})
    with pytest.raises(QueryRefusedError, match="without end"):
        read(source(api))


def test_rows_before_a_failure_are_delivered_and_the_next_try_goes_on(api: Api) -> None:
    failing = True

    def say(asked: Asked) -> Said:
        return Said(status=500) if asked.query["page"] == "3" and failing else numbered(asked)

    api.say = say
    flaky = source(api, PAGE)
    [share] = flaky.shares(Reading("items"), want=1)
    delivered: list[Batch] = []
    with pytest.raises(SystemBusyError):
        delivered.extend(flaky.read(Reading("items"), share, after=None))
    assert ids(delivered) == [1, 2, 3, 4]
    failing = False
    assert ids(read(flaky, delivered[-1].resume)) == [5, 6]
    assert ids(read(source(api, PAGE), delivered[-1].resume)) == [5, 6]


def test_small_pages_are_joined_to_batches(api: Api) -> None:
    api.say = numbered
    assert [batch.rows.num_rows for batch in read(source(api, PAGE))] == [6]


def test_a_cursor_that_comes_back_is_an_error(api: Api) -> None:
    api.say = cursors({"": ([1], "a"), "a": ([2], "b"), "b": ([3], "a")})
    with pytest.raises(DataUnreadableError, match="for ever"):
        read(source(api, CURSOR))


def test_a_page_that_comes_back_is_an_error(api: Api) -> None:
    api.say = lambda _: Said([{"id": 1}, {"id": 2}])  # as if `page` were not understood
    with pytest.raises(DataUnreadableError, match="for ever"):
        read(source(api, PAGE))


def test_a_record_repeated_at_the_boundary_of_pages_is_dropped_with_a_key(api: Api) -> None:
    api.say = cursors({"": ([1, 2], "a"), "a": ([2, 3], "b"), "b": ([3, 4], None)})
    assert ids(read(source(api, {**CURSOR, "key": ["id"]}))) == [1, 2, 3, 4]
    assert ids(read(source(api, CURSOR))) == [1, 2, 2, 3, 3, 4]


def test_the_api_is_asked_for_changes_and_too_many_are_filtered(api: Api) -> None:
    api.say = lambda _: Said(
        [{"id": n, "at": f"2026-01-01T00:00:{n:02}.5+00:00"} for n in range(10)]
    )
    stream: Json = {
        "columns": {"at": "timestamp_tz"},
        "window": {
            "column": "at",
            "since_param": "since",
            "until_param": "until",
            "format": "iso_z",
        },
    }
    window = Window(
        "at", after="2026-01-01T00:00:03.500000+00:00", until="2026-01-01T00:00:06.500000+00:00"
    )
    found = read(source(api, stream), reading=Reading("items", window=window))
    assert ids(found) == [4, 5, 6]
    assert api.asked[-1].query == {
        "since": "2026-01-01T00:00:03Z",
        "until": "2026-01-01T00:00:07Z",
    }


def test_a_key_that_is_no_field_is_refused(api: Api) -> None:
    api.say = lambda _: Said([{"id": 1}])
    with pytest.raises(OptionsInvalidError, match="nr"):
        source(api, {"key": ["nr"]}).describe("items")


def test_the_demo_crm_is_read_whole_through_limits_failures_and_expiry() -> None:
    customers = tuple(
        {"id": f"C-{n}", "updated_at": f"2026-01-01T00:00:{n % 60:02}Z"} for n in range(500)
    )
    temper = Temper(
        token_uses=9, window_requests=6, window_secs=0.1, error_every=7, largest_page=20
    )
    records = CrmRecords(tuple(sorted(customers, key=lambda c: (c["updated_at"], c["id"]))), ())
    with CrmServer(records, temper=temper) as crm:
        options = {
            "url": crm.url,
            "allow_private": ["127.0.0.1"],
            "auth": client_credentials(Api(), token_url=crm.token_url)
            | {
                "client_id": crm.credentials.client_id,
                "client_secret": crm.credentials.client_secret,
            },
            "streams": {"customers": {"path": "api/v1/customers", "key": ["id"], **CURSOR}},
        }
        built = HttpSource(
            HttpOptions.model_validate_json(json.dumps(options)), Context(Path(), Path())
        )
        with closing(built):
            found, failures = read_through(built, "customers")
    assert sorted(found) == sorted(one["id"] for one in customers)
    assert failures > 2


def read_through(source: HttpSource, stream: str) -> tuple[list[Any], int]:
    """Read as the runtime does: after a failure, on from the last position."""
    reading = Reading(stream)
    [share] = source.shares(reading, want=1)
    found: list[Any] = []
    after: Position | None = None
    failures = 0
    while True:
        try:
            for batch in source.read(reading, share, after=after):
                found += ids([batch])
                after = batch.resume
        except SystemBusyError as error:
            failures += 1
            threading.Event().wait(min(error.wait_secs, 0.1) or 0.01)
        else:
            return found, failures
