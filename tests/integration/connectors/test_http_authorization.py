"""Who asks, and that nobody else learns it."""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest
from pydantic import JsonValue, ValidationError
from tests.integration.connectors.http_api import (
    PAGE,
    Api,
    Asked,
    Json,
    Said,
    client_credentials,
    ids,
    numbered,
    read,
    serve,
    source,
)

from landbridge.connectors.http.options import HttpOptions
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    QueryRefusedError,
)
from landbridge.sdk.reading import Reading


@pytest.fixture
def other() -> Iterator[Api]:
    yield from serve()


def test_an_answer_that_leads_to_another_host_is_refused(api: Api, other: Api) -> None:
    api.say = lambda _: Said({"data": [{"id": 1}], "next": f"{other.url}/items"})
    stream: Json = {"records": "data", "paging": {"type": "next_url"}}
    with pytest.raises(QueryRefusedError, match="another host"):
        read(source(api, stream))
    assert other.asked == []


def test_a_redirect_to_another_host_gets_no_credentials(api: Api, other: Api) -> None:
    api.say = lambda _: Said(status=302, headers={"location": f"{other.url}/items"})
    auth: dict[str, JsonValue] = {"type": "bearer", "token": "hunter2"}
    with pytest.raises(QueryRefusedError, match="another host") as caught:
        read(source(api, auth=auth))
    assert other.asked == []
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "bearer", "token": "hunter2"}, "authorization", "Bearer hunter2"),
        (
            {"type": "basic", "user": "u", "password": "hunter2"},
            "authorization",
            "Basic dTpodW50ZXIy",
        ),
        ({"type": "api_key", "name": "X-Key", "value": "hunter2"}, "x-key", "hunter2"),
    ],
)
def test_credentials_are_sent(
    api: Api, auth: Mapping[str, JsonValue], header: str, value: str
) -> None:
    api.say = lambda _: Said([{"id": 1}])
    source(api, auth=dict(auth)).check()
    assert api.asked[0].headers[header] == value


def test_a_key_in_the_query_is_neither_told_nor_kept(api: Api) -> None:
    auth: dict[str, JsonValue] = {
        "type": "api_key",
        "name": "key",
        "value": "hunter2",
        "place": "query",
    }

    def say(asked: Asked) -> Said:
        assert asked.query["key"] == "hunter2"
        page = int(asked.query.get("p", "1"))
        return Said({"data": [{"id": page}], "next": f"/items?key=hunter2&p={page + 1}"})

    api.say = say
    stream: Json = {"records": "data", "paging": {"type": "next_url"}}
    keyed = source(api, stream, auth=auth)
    pages = keyed.read(
        Reading("items", batch_bytes=1), *keyed.shares(Reading("items"), want=1), after=None
    )
    first = next(pages)
    assert "hunter2" not in first.resume.decode()
    assert ids([next(pages)]) == [2]
    api.say = lambda _: Said(status=400)
    with pytest.raises(QueryRefusedError) as caught:
        read(keyed)
    assert "hunter2" not in str(caught.value)


def tokens(*, uses: int) -> Callable[[Asked], Said]:
    granted: dict[str, int] = {}

    def say(asked: Asked) -> Said:
        if asked.path == "/token":
            token = f"t{len(granted)}"
            granted[token] = 0
            return Said({"access_token": token, "expires_in": 3600})
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in granted or granted[token] >= uses:
            return Said(status=401)
        granted[token] += 1
        return numbered(asked)

    return say


def test_a_token_that_ends_in_the_middle_is_renewed(api: Api) -> None:
    api.say = tokens(uses=2)
    found = ids(read(source(api, PAGE, auth=client_credentials(api, scope="a b"))))
    assert found == [1, 2, 3, 4, 5, 6]
    asked = [one for one in api.asked if one.path == "/token"]
    assert len(asked) == 3
    assert "grant_type=client_credentials" in asked[0].body
    assert "scope=a+b" in asked[0].body


def test_a_token_that_never_helps_is_asked_for_once_more_only(api: Api) -> None:
    api.say = tokens(uses=0)
    with pytest.raises(AuthenticationRefusedError):
        source(api, PAGE, auth=client_credentials(api)).check()
    assert sum(one.path == "/token" for one in api.asked) == 2


def test_a_client_that_is_unknown_is_refused_without_its_secret(api: Api) -> None:
    api.say = lambda _: Said({"error": "invalid_client"}, status=400)
    with pytest.raises(AuthenticationRefusedError) as caught:
        source(api, auth=client_credentials(api, send="basic")).check()
    assert "hunter2" not in str(caught.value)
    assert api.asked[0].headers["authorization"].startswith("Basic ")
    assert "hunter2" not in api.asked[0].body


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x"},
        {"url": "http://user:hunter2@x"},
        {"streams": {"a": {"path": "http://elsewhere/x"}}},
        {"streams": {"a": {"path": "//elsewhere/x"}}},
        {"streams": {"a": {"path": "../admin"}}},
        {"streams": {}},
    ],
)
def test_options_that_lead_astray_are_refused(wrong: Mapping[str, JsonValue]) -> None:
    right = {"url": "http://x", "streams": {"a": {"path": "a"}}}
    HttpOptions.model_validate_json(json.dumps(right))
    with pytest.raises(ValidationError):
        HttpOptions.model_validate_json(json.dumps({**right, **wrong}))
