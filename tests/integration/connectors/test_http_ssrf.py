"""No address of the corpus is reached: not as the API, not by a redirect, not for a token."""

import json
import select
import socket
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue, ValidationError
from tests.integration.connectors.http_api import (
    Api,
    Said,
    client_credentials,
    read,
    source,
)
from tests.integration.connectors.http_tls import certified
from tests.integration.connectors.ssrf_corpus import NAMES, SPELLINGS, URLS

from landbridge.connectors.http.client import http_client
from landbridge.connectors.http.errors import explained
from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.kernel.errors import (
    AddressRefusedError,
    LandbridgeError,
    QueryRefusedError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.outbound.guard import system_addresses

REFUSED = (AddressRefusedError, QueryRefusedError, ValidationError)
OWN_DNS = [url for url in URLS if not any(name in url for name in (*NAMES, "t.:", "中国"))]
"""Spellings that need no attacker's DNS, so that they can be tried without any double."""


class Listener:
    """Counts who connects to a port of this machine, over IPv4 and IPv6, and hangs up."""

    def __init__(self) -> None:
        four = socket.create_server(("127.0.0.1", 0))
        self.port: int = four.getsockname()[1]
        self.connections = 0
        self._sockets = [four]
        if socket.has_ipv6:
            self._sockets.append(
                socket.create_server(("::1", self.port), family=socket.AF_INET6)
            )
        self._waker, self._waits = socket.socketpair()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._waker.close()
        self._thread.join()
        self._waits.close()
        for one in self._sockets:
            one.close()

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([*self._sockets, self._waits], [], [])
            if self._waits in ready:
                return
            for one in ready:
                one.accept()[0].close()
                self.connections += 1


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with closing(Listener()) as found:
        yield found


def resolver(host: str, port: int) -> Sequence[str]:
    name = host.lower().removesuffix(".")
    assert name != "public.example", "the trick works on its public half"
    return NAMES.get(name) or system_addresses(name, port)


def options(url: str, **more: JsonValue) -> HttpOptions:
    given = {"url": url, "streams": {"items": {"path": "items"}}, **more}
    return HttpOptions.model_validate_json(json.dumps(given))


def get(url: str, *listed: str, follow: bool = False) -> httpx.Response:
    plain = options("http://public.example", allow_private=list(listed))
    with http_client(plain, resolver) as client, explained("the place"):
        return client.get(url, follow_redirects=follow)


def test_the_corpus_is_large_and_has_every_kind() -> None:
    assert len(URLS) == len(set(URLS)) >= 120
    assert all(SPELLINGS.values())


def test_the_corpus_is_dangerous(listener: Listener) -> None:
    """A client without a guard reaches this machine by many of these spellings."""
    before = listener.connections
    reached = 0
    with httpx.Client(trust_env=False, timeout=0.5) as unguarded:
        for group in ("decimal", "octal", "hexadecimal", "shortened", "mixed", "unicode"):
            for host in SPELLINGS[group]:
                try:
                    unguarded.get(f"http://{host}:{listener.port}/")
                except (httpx.RemoteProtocolError, httpx.ReadError):
                    reached += 1  # it was there, and hung up
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue
    assert reached >= 20
    assert listener.connections - before >= reached


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_none_is_reached_directly(listener: Listener, url: str) -> None:
    before = listener.connections
    with pytest.raises(REFUSED):
        get(url.replace("{port}", str(listener.port)))
    assert listener.connections == before


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_none_is_reached_by_a_redirect_that_is_followed(
    api: Api, listener: Listener, url: str
) -> None:
    before = listener.connections
    place = url.replace("{port}", str(listener.port))
    location = place.encode().decode("latin-1").replace("\r", "").replace("\n", "")
    api.say = lambda _: Said(status=302, headers={"location": location})
    with pytest.raises((*REFUSED, SystemUnavailableError)) as caught:
        get(f"{api.url}/a", api.url.removeprefix("http://"), follow=True)
    if isinstance(caught.value, SystemUnavailableError):
        # The location is unreadable, or a path on the server that redirects, in a circle.
        assert "not HTTP" in str(caught.value) or "TooMany" in str(caught.value)
    assert listener.connections == before


@pytest.mark.parametrize("url", OWN_DNS, ids=ascii)
def test_none_is_reached_by_a_connection(listener: Listener, url: str) -> None:
    before = listener.connections
    with pytest.raises(REFUSED):
        source(Api(url=url.replace("{port}", str(listener.port))), allow_private=[]).check()
    assert listener.connections == before


@pytest.mark.parametrize("url", OWN_DNS, ids=ascii)
def test_none_is_reached_for_a_token(api: Api, listener: Listener, url: str) -> None:
    before = listener.connections
    place = url.replace("{port}", str(listener.port))
    listed: list[JsonValue] = [api.url.removeprefix("http://")]
    with pytest.raises(REFUSED):
        source(api, auth=client_credentials(api, token_url=place), allow_private=listed).check()
    assert listener.connections == before
    assert api.asked == []


@pytest.mark.parametrize("url", OWN_DNS[::3], ids=ascii)
@pytest.mark.parametrize("way", ["redirect", "next"])
def test_none_is_reached_from_an_answer(
    api: Api, listener: Listener, url: str, way: str
) -> None:
    before = listener.connections
    place = url.replace("{port}", str(listener.port))
    header = place.encode().decode("latin-1").replace("\r", "").replace("\n", "")
    api.say = lambda _: (
        Said(status=307, headers={"location": header})
        if way == "redirect"
        else Said({"data": [{"id": 1}], "next": place})
    )
    listed: list[JsonValue] = [api.url.removeprefix("http://")]
    stream: Mapping[str, JsonValue] = {
        "records": "data",
        "paging": {"type": "next_url"},
    }
    one = source(api, stream, allow_private=listed, auth={"type": "bearer", "token": "hunter2"})
    with pytest.raises(LandbridgeError) as caught:
        read(one)
    assert "hunter2" not in str(caught.value)
    assert listener.connections == before


def test_a_listed_port_opens_that_port_only(api: Api, listener: Listener) -> None:
    api.say = lambda _: Said([{"id": 1}])
    own = api.url.removeprefix("http://")
    before = listener.connections
    assert source(api, allow_private=[own]).check()
    with pytest.raises(AddressRefusedError, match="loopback"):
        source(Api(url=f"http://127.0.0.1:{listener.port}"), allow_private=[own]).check()
    assert listener.connections == before


def test_without_a_list_this_machine_is_refused_with_advice(api: Api) -> None:
    with pytest.raises(AddressRefusedError) as caught:
        source(api, allow_private=[]).check()
    assert "allow_private" in caught.value.hint
    assert api.asked == []


def test_a_name_that_turns_is_followed_once_and_refused_then(api: Api) -> None:
    """DNS answers what is listed, then what is not; each connection asks it once."""
    port = int(api.url.rpartition(":")[2])
    answers = iter(["127.0.0.2", "127.0.0.1"])
    asked: list[str] = []

    def turning(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return [next(answers)]

    told = options("http://turns.example", allow_private=["127.0.0.2"])
    with (
        socket.create_server(("127.0.0.2", port)) as listed,
        http_client(told, turning) as client,
    ):
        answering = threading.Thread(target=answer_once, args=(listed,))
        answering.start()
        assert client.get(f"http://turns.example:{port}/").status_code == 204
        answering.join()
        assert asked == ["turns.example"]
        with pytest.raises(AddressRefusedError):
            client.get(f"http://turns.example:{port}/")
    assert asked == ["turns.example"] * 2
    assert api.asked == []


def answer_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        asked = connection.recv(4096)
        assert b"Host: turns.example" in asked
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


def test_the_next_address_is_tried_when_one_is_silent(api: Api) -> None:
    api.say = lambda _: Said([])
    port = api.url.rpartition(":")[2]
    told = options("http://crm.internal", allow_private=["crm.internal"])
    with http_client(told, lambda _host, _port: ["127.0.0.9", "127.0.0.1"]) as client:
        assert client.get(f"http://crm.internal:{port}/").status_code == 200
    assert api.asked[0].headers["host"] == f"crm.internal:{port}"


@pytest.mark.parametrize("asked", ["crm.internal", "other.internal"])
def test_tls_is_verified_against_the_name_not_the_address(tmp_path: Path, asked: str) -> None:
    with certified("crm.internal", tmp_path) as (port, trusted):
        told = options(f"https://{asked}:{port}", allow_private=[asked], tls_ca=str(trusted))
        with http_client(told, lambda _host, _port: ["127.0.0.1"]) as client:
            if asked == "crm.internal":
                assert client.get(told.url).text == "crm.internal"
            else:
                with pytest.raises(httpx.ConnectError) as caught:
                    client.get(told.url)
                assert "ertificate" in str(caught.value)


def test_a_proxy_of_the_environment_is_not_used(
    api: Api, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    before = listener.connections
    api.say = lambda _: Said([{"id": 1}])
    assert source(api).check()
    assert listener.connections == before


SECRETS: dict[str, Mapping[str, JsonValue]] = {
    "basic": {"type": "basic", "user": "me", "password": "hunter2"},
    "bearer": {"type": "bearer", "token": "hunter2"},
    "header": {"type": "api_key", "name": "X-Key", "value": "hunter2"},
    "query": {"type": "api_key", "name": "key", "value": "hunter2", "place": "query"},
    "oauth2": {
        "type": "oauth2_client_credentials",
        "token_url": "",
        "client_id": "me",
        "client_secret": "hunter2",
    },
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 500])
def test_credentials_are_in_no_error_log_or_description(
    api: Api, caplog: pytest.LogCaptureFixture, kind: str, status: int
) -> None:
    caplog.set_level("DEBUG")
    auth = {**SECRETS[kind]}
    if kind == "oauth2":
        auth["token_url"] = f"{api.url}/token"
    headers = {"content-type": "application/json", "location": "http://127.0.0.1:1/"}
    api.say = lambda asked: (
        Said({"access_token": "hunter2-token"})
        if asked.path == "/token"
        else Said([{"id": 1}], status=status, headers=headers)
    )
    one = source(api, auth=auth)
    told = ""
    try:
        told += one.check()
        told += "".join(repr(entry) for entry in one.streams())
        told += repr(one.describe("items"))
    except LandbridgeError as error:
        chain: BaseException | None = error
        while chain is not None:
            told += f"{chain!s} {chain!r} {getattr(chain, 'hint', '')} {vars(chain)}"
            chain = chain.__cause__
    sent = "".join(f"{asked.headers} {asked.query} {asked.body}" for asked in api.asked)
    assert "hunter2" in sent or "bWU6aHVudGVyMg==" in sent
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "127.0.0.1" in logged
    for text in (told, logged):
        assert "hunter2" not in text
        assert "bWU6aHVudGVyMg==" not in text


@pytest.mark.parametrize("token", ["hunter2\n", "hunter2\r\nX-Other: y", "hunter2\x00"])
def test_a_token_that_cannot_be_sent_is_not_told(api: Api, token: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        source(api, auth={"type": "bearer", "token": token}).check()
    assert "hunter2" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__!r}"
    told = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in told
    assert api.asked == []


def test_credentials_are_not_in_the_options_when_these_are_printed(api: Api) -> None:
    told = options(api.url, auth={**SECRETS["bearer"]})
    assert "hunter2" not in repr(told)
    assert "hunter2" not in told.model_dump_json()
    with closing(HttpSource(told, Context(Path(), Path()))) as one:
        assert "hunter2" not in repr(one)
