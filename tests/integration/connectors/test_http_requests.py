"""How streams are asked for by other methods, with parameters in a body."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs

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
from tests.integration.connectors.http_shelf import Shelf, records

from landbridge.connectors.http.options import HttpOptions
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    OptionsInvalidError,
    QueryRefusedError,
    SystemBusyError,
)


def test_pages_are_asked_for_in_a_json_body(api: Api) -> None:
    api.say = Shelf(records(7)).by_body
    stream: Json = {
        "method": "POST",
        "body": {"type": "json", "value": {"page": {"kind": "list"}, "客户": "全部"}},
        "params_in": "body",
        "params": {"v": 2},
        "headers": {"x-tenant": "7"},
        "records": "data",
        "paging": {
            "type": "cursor",
            "next": "page.token",
            "cursor_param": "page.token",
            "size_param": "page.size",
            "size": 3,
        },
    }
    assert ids(read(source(api, stream))) == list(range(1, 8))
    asked = api.asked[-1]
    assert json.loads(asked.body) == {
        "page": {"kind": "list", "token": "6", "size": 3},
        "客户": "全部",
    }
    assert asked.query == {"v": "2"}
    assert asked.headers["x-tenant"] == "7"
    assert asked.headers["content-type"] == "application/json"


def test_pages_are_asked_for_in_a_form(api: Api) -> None:
    def say(asked: Asked) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body).items()}
        assert form["kind"] == "a b&c"
        return Said([{"id": 1}, {"id": 2}] if form["page"] == "1" else [])

    api.say = say
    stream: Json = {
        "method": "POST",
        "body": {"type": "form", "fields": {"kind": "a b&c", "all": True}},
        "params_in": "body",
        "paging": {"type": "page"},
    }
    assert ids(read(source(api, stream))) == [1, 2]


def test_pages_are_asked_for_in_a_text(api: Api) -> None:
    def say(asked: Asked) -> Said:
        if asked.body == "<q><after></after></q>":
            return Said({"data": [{"id": 1}], "next_cursor": "a<b"})
        assert asked.body == "<q><after>a&lt;b</after></q>"
        return Said({"data": [{"id": 2}]})

    api.say = say
    stream: Json = {
        "method": "POST",
        "body": {
            "type": "text",
            "text": "<q><after>{{cursor}}</after></q>",
            "media_type": "text/xml",
        },
        "params_in": "body",
        "records": "data",
        "paging": {"type": "cursor"},
    }
    assert ids(read(source(api, stream))) == [1, 2]
    assert api.asked[-1].headers["content-type"] == "text/xml; charset=utf-8"
    lost: Json = {**stream, "paging": {"type": "page"}}
    with pytest.raises(OptionsInvalidError, match=r"no place \{\{page\}\}"):
        read(source(api, lost))


def test_a_post_is_not_redirected_to_a_get(api: Api) -> None:
    api.say = lambda _: Said(status=302, headers={"location": "/other"})
    stream: Json = {"method": "POST", "body": {"type": "json"}}
    with pytest.raises(QueryRefusedError, match="redirects a POST to a GET"):
        read(source(api, stream))


def test_a_post_goes_where_a_redirect_keeps_it(api: Api) -> None:
    def say(asked: Asked) -> Said:
        if asked.path == "/items":
            return Said(status=307, headers={"location": "/v2"})
        return Said([json.loads(asked.body)])

    api.say = say
    stream: Json = {"method": "POST", "body": {"type": "json", "value": {"id": 5}}}
    assert ids(read(source(api, stream))) == [5]


def test_records_are_found_at_every_place_of_a_way(api: Api) -> None:
    orders = [{"lines": [{"id": 1}, {"id": 2}]}, {"lines": []}, {"lines": [{"id": 3}]}]
    api.say = lambda _: Said({"orders": orders})
    assert ids(read(source(api, {"records": "orders.*.lines"}))) == [1, 2, 3]
    api.say = lambda _: Said({"orders": [*orders, {"none": 1}]})
    with pytest.raises(DataUnreadableError, match=r"nothing at orders\.\*\.lines"):
        read(source(api, {"records": "orders.*.lines"}))


VERDICT: Json = {"good": [0], "signed_out": [42001], "busy": [45009], "message": "errmsg"}


@pytest.mark.parametrize(
    ("code", "error", "match"),
    [
        (45009, SystemBusyError, "page 1 of items: .*answered 45009: slow"),
        (42001, AuthenticationRefusedError, "answered 42001"),
        (60011, QueryRefusedError, "answered 60011: slow"),
        (None, DataUnreadableError, "does not say"),
        (False, QueryRefusedError, "answered False"),
    ],
)
def test_a_failure_that_is_answered_with_200_is_one(
    api: Api, code: JsonValue, error: type[Exception], match: str
) -> None:
    api.say = lambda _: Said({"errcode": code, "errmsg": "slow", "data": []})
    with pytest.raises(error, match=match):
        read(source(api, {"records": "data"}, verdict=dict(VERDICT)))


def test_an_answer_that_says_all_is_well_is_read(api: Api) -> None:
    api.say = lambda _: Said({"errcode": 0, "data": [{"id": 1}]})
    assert ids(read(source(api, {"records": "data"}, verdict=dict(VERDICT)))) == [1]


@pytest.mark.parametrize(
    "stream",
    [
        {"body": {"type": "json"}},
        {"method": "POST", "params_in": "body"},
        {"method": "DELETE"},
        {"method": "POST", "body": {"type": "json", "value": [1]}},
    ],
)
def test_requests_that_contradict_themselves_are_refused(
    stream: Mapping[str, JsonValue],
) -> None:
    options = {"url": "http://x", "streams": {"a": {"path": "a", **stream}}}
    with pytest.raises(ValidationError):
        HttpOptions.model_validate_json(json.dumps(options))
