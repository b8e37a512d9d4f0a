"""What an API may answer, and what is made of it."""

import json
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue
from tests.integration.connectors.http_api import (
    CURSOR,
    PAGE,
    Api,
    Asked,
    Json,
    Said,
    cursors,
    ids,
    numbered,
    read,
    rows,
    source,
)

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    QueryRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context
from landbridge.testing.clock import ManualClock


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"retry-after": "7"}, 7.0), ({}, 0.0), ({"retry-after": "soon"}, 0.0)],
)
def test_a_rate_limit_says_how_long_to_wait(
    api: Api, headers: Mapping[str, str], wait: float
) -> None:
    api.say = lambda _: Said(status=429, headers=headers)
    with pytest.raises(SystemBusyError) as caught:
        read(source(api))
    assert caught.value.wait_secs == wait


def test_a_date_to_come_back_is_understood(api: Api) -> None:
    clock = ManualClock()
    when = f"{clock.now():%a, %d %b %Y %H:%M:%S} GMT"
    api.say = lambda _: Said(status=503, headers={"retry-after": when})
    with pytest.raises(SystemBusyError) as caught:
        read(source(api))
    assert 0.0 <= caught.value.wait_secs < 3600.0


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (Said(b"<html>", headers={"content-type": "text/html"}), "text/html, not JSON"),
        (Said(b"[]", headers={}), "no stated type"),
        (Said(b'[{"id": 1}, {"id"'), "page 1 .* is not JSON"),
        (Said(b'[{"id": NaN}]'), "NaN"),
        (Said(b"[" * 4000), "not JSON"),
        (Said(b'[{"id": "\xff"}]'), "not JSON"),
        (Said({"id": 1}), "no list of objects"),
        (Said([1, 2]), "no list of objects"),
        (Said([]), "no record"),
        (Said(b"[" + b" " * 5000 + b"]"), "more than 4096 bytes"),
    ],
)
def test_an_answer_that_is_not_what_it_should_be_is_named(
    api: Api, said: Said, match: str
) -> None:
    api.say = lambda _: said
    with pytest.raises(DataUnreadableError, match=match):
        read(source(api, max_body_bytes=4096))


def test_a_path_to_the_records_that_leads_nowhere_is_named(api: Api) -> None:
    api.say = lambda _: Said({"data": {}})
    with pytest.raises(DataUnreadableError, match=r"nothing at data\.items"):
        read(source(api, {"records": "data.items"}))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthenticationRefusedError),
        (403, AuthenticationRefusedError),
        (404, StreamMissingError),
        (400, QueryRefusedError),
        (304, QueryRefusedError),
        (408, SystemBusyError),
        (500, SystemBusyError),
        (502, SystemBusyError),
    ],
)
def test_each_status_has_its_error(api: Api, status: int, error: type[LandbridgeError]) -> None:
    api.say = lambda _: Said(b"", status=status)
    with pytest.raises(error):
        source(api).check()


def test_nobody_at_home_is_unavailable() -> None:
    nobody = Api(url="http://127.0.0.1:9")
    with pytest.raises(SystemUnavailableError):
        source(nobody).check()
    nobody.close()


def test_an_answer_that_takes_too_long_is_unavailable(api: Api) -> None:
    released = threading.Event()

    def say(_: Asked) -> Said:
        released.wait(10)
        return Said([])

    api.say = say
    with pytest.raises(SystemUnavailableError, match="in time"):
        source(api, read_timeout_secs=0.2).check()
    released.set()


def test_numbers_keep_every_digit(api: Api) -> None:
    api.say = lambda _: Said(
        b'[{"id": 9223372036854775807, "big": 123456789012345678901234567890.10, "small": 1e-30'
        b', "in": {"x": 0.10, "y": [1.50]}, "mixed": "a"},'
        b' {"id": 1, "big": 2, "small": null, "in": null, "mixed": 7}]'
    )
    found = rows(read(source(api)))
    assert found[0] == {
        "id": 9223372036854775807,
        "big": "123456789012345678901234567890.10",
        "small": found[0]["small"],
        "in": '{"x":0.10,"y":[1.50]}',
        "mixed": '"a"',
    }
    assert Decimal(str(found[0]["small"])) == Decimal("1e-30")
    assert found[1]["mixed"] == "7"


def test_declared_types_are_read_exactly(api: Api) -> None:
    api.say = lambda _: Said(
        [{"id": "7", "price": 1.1, "at": "2026-01-31T08:00:00.123456+08:00", "ok": True}]
    )
    columns: dict[str, JsonValue] = {
        "id": "int64",
        "price": "decimal(10,2)",
        "at": "timestamp_tz",
        "gone": "date",
    }
    [row] = rows(read(source(api, {"columns": columns})))
    assert row["id"] == 7
    assert row["price"] == Decimal("1.10")
    assert str(row["at"]) == "2026-01-31 00:00:00.123456+00:00"
    assert row["gone"] is None


def test_a_value_that_does_not_fit_is_named_with_its_place(api: Api) -> None:
    api.say = cursors({"": ([1], "a")})
    fine = source(api, {**CURSOR, "columns": {"id": "int8"}})
    api.say = cursors({"": ([1], "a"), "a": ([2, 300], None)})
    with pytest.raises(DataUnreadableError, match="record 1, field id: 300") as caught:
        read(fine)
    assert caught.value.facts["page"] == "a"


def test_a_field_that_appears_later_is_refused_or_ignored(api: Api) -> None:
    def say(asked: Asked) -> Said:
        late = {"id": 2, "late": "x"}
        return Said(
            [{"id": 1}] if asked.query["page"] == "1" else [late][: asked.query["page"] == "2"]
        )

    api.say = say
    with pytest.raises(DataUnreadableError, match="late is not in the first page"):
        read(source(api, PAGE))
    assert ids(read(source(api, {**PAGE, "unknown_fields": "ignore"}))) == [1, 2]
    declared: Json = {**PAGE, "columns": {"late": "string"}}
    assert [row["late"] for row in rows(read(source(api, declared)))] == [None, "x"]


def test_requests_keep_their_distance(api: Api) -> None:
    api.say = numbered
    clock = ManualClock()
    options = json.dumps(
        {
            "url": api.url,
            "allow_private": ["127.0.0.1"],
            "requests_per_sec": 4.0,
            "streams": {"items": {"path": "items", **PAGE}},
        }
    )
    paced = HttpSource(HttpOptions.model_validate_json(options), Context(Path(), Path()), clock)
    api.sources.append(paced)
    begun = clock.monotonic()
    read(paced)
    assert len(api.asked) == 5
    assert clock.monotonic() - begun == pytest.approx(1.0)
