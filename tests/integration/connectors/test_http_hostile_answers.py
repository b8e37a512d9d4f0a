"""Answers that are late, broken, false or far too large, in the middle of a copy."""

import gzip
import itertools
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from tests.integration.connectors.http_api import (
    JSON,
    Api,
    Asked,
    Json,
    Said,
    client_credentials,
    ids,
    read,
    source,
)
from tests.integration.connectors.http_shelf import Shelf, records
from tests.integration.connectors.http_wire import Wire, wired

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.data.batch import Batch, Position
from landbridge.kernel.errors import (
    DataUnreadableError,
    LandbridgeError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading

STREAMS: Mapping[str, Json] = {
    "offset": {"type": "offset", "size": 4, "total": "total"},
    "page": {"type": "page", "total": "total"},
    "keyset": {"type": "keyset", "field": "id", "size": 4},
    "ties": {"type": "keyset", "field": "at", "inclusive": True, "size": 4},
    "link": {"type": "link_header"},
}


def stream_of(kind: str) -> Json:
    return {
        "records": "data",
        "key": ["id"],
        "columns": {"id": "int64", "at": "int64"},
        "paging": dict(STREAMS[kind]),
    }


@pytest.mark.parametrize(
    ("said", "error", "match"),
    [
        (Said(b'{"data": [{"id"'), DataUnreadableError, "not JSON"),
        (Said(b"<p>", headers={"content-type": "text/html"}), DataUnreadableError, "text/html"),
        (Said({"data": {}}), DataUnreadableError, "no list"),
        (Said({"error": "x"}), DataUnreadableError, "nothing at data"),
        (Said({"data": [{"id": "x"}]}), DataUnreadableError, "record 0, field id"),
        (Said({"data": [{"id": 9, "new": 1}]}), DataUnreadableError, "new is not"),
        (Said(b"", status=500), SystemBusyError, "500"),
        (Said(b"", status=429), SystemBusyError, "429"),
        (Said(b"", status=403), LandbridgeError, "403"),
        (Said(b"", status=404), LandbridgeError, "404"),
        (Said(b"[" + b" " * 9000 + b"]"), DataUnreadableError, "more than 8192 bytes"),
    ],
)
def test_a_failure_in_the_middle_names_its_page_and_keeps_what_came_before(
    api: Api, said: Said, error: type[LandbridgeError], match: str
) -> None:
    shelf = Shelf(records(9))
    api.say = lambda asked: said if asked.query.get("page") == "3" else shelf.by_page(asked)
    stream: Json = {**stream_of("page"), "paging": {"type": "page"}}
    failing = source(api, stream, max_body_bytes=8192)
    [share] = failing.shares(Reading("items"), want=1)
    delivered: list[Batch] = []
    with pytest.raises(error, match=match) as caught:
        delivered.extend(failing.read(Reading("items"), share, after=None))
    assert "page 3 of" in str(caught.value)
    assert ids(delivered) == [1, 2, 3, 4, 5, 6]
    api.say = shelf.by_page
    assert ids(read(failing, delivered[-1].resume)) == [7, 8, 9]


def moody_api(well: Callable[[Asked], Said], chance: random.Random) -> Callable[[Asked], Said]:
    """Answer well at most times, with tokens that end after a few answers."""
    uses: dict[str, int] = {}
    failures = (
        Said(b"", status=429, headers={"retry-after": "1"}),
        Said(b"", status=429),
        Said(b"oh", status=500),
        Said(b"", status=503),
    )

    def say(asked: Asked) -> Said:
        if asked.path == "/token":
            uses[f"t{len(uses)}"] = 0
            return Said({"access_token": f"t{len(uses) - 1}", "expires_in": 3600})
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in uses or uses[token] >= 3:
            return Said(b"", status=401)
        uses[token] += 1
        return chance.choice(failures) if chance.random() < 0.3 else well(asked)

    return say


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("seed", range(3))
def test_an_api_in_a_bad_temper_gives_each_record_once(api: Api, kind: str, seed: int) -> None:
    shelf = Shelf(records(24, ties=2), size=4)
    says = {
        "offset": shelf.by_offset,
        "page": shelf.by_page,
        "keyset": shelf.by_value("id", inclusive=False),
        "ties": shelf.by_value("at", inclusive=True),
        "link": shelf.by_link,
    }
    api.say = moody_api(says[kind], random.Random(seed))
    found: list[Any] = []
    after: Position | None = None
    reading = Reading("items", batch_bytes=64)
    for _ in range(300):
        moody = source(api, stream_of(kind), auth=client_credentials(api))
        [share] = moody.shares(reading, want=1)
        try:
            for batch in moody.read(reading, share, after=after):
                found += ids([batch])
                after = batch.resume
        except SystemBusyError:
            continue
        break
    assert found == list(range(1, 25))


def wire_source(wire: Wire, **options: JsonValue) -> HttpSource:
    described: dict[str, JsonValue] = {
        "url": wire.url,
        "allow_private": ["127.0.0.1"],
        "streams": {"items": {"path": "items", "columns": {"id": "int64"}}},
    }
    built = HttpOptions.model_validate_json(json.dumps(described | options))
    return HttpSource(built, Context(Path(), Path()))


def test_a_bomb_of_gzip_is_refused_before_it_fills_the_memory() -> None:
    bomb = gzip.compress(b"[" + b" " * (64 << 20) + b"]", mtime=0)
    headers = {**JSON, "content-encoding": "gzip"}
    with (
        wired(Wire(lambda _: iter([bomb]), headers)) as wire,
        closing(wire_source(wire, max_body_bytes=1 << 20)) as bombed,
    ):
        tracemalloc.start()
        try:
            with pytest.raises(DataUnreadableError, match=r"page 1 of items: .*more than"):
                read(bombed)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 16 << 20


def test_a_body_without_end_is_refused_before_it_fills_the_memory() -> None:
    block = b'{"id": 1},' * 6400
    wire = Wire(lambda _: itertools.chain([b"["], itertools.repeat(block)))
    with (
        wired(wire),
        closing(wire_source(wire, max_body_bytes=4 << 20)) as flooded,
        pytest.raises(DataUnreadableError, match=r"page 1 of items: .*more than 4194304"),
    ):
        read(flooded)
    assert wire.sent < 64 << 20


def test_an_answer_that_drips_is_not_waited_for_without_end() -> None:
    def dripping(_: str) -> Iterator[bytes]:
        while True:
            time.sleep(0.05)
            yield b" "

    with (
        wired(Wire(dripping)) as wire,
        closing(wire_source(wire, answer_timeout_secs=0.3, read_timeout_secs=30)) as slow,
        pytest.raises(SystemUnavailableError, match=r"page 1 of items: .*in full in time"),
    ):
        read(slow)


def test_an_answer_that_breaks_off_is_no_page() -> None:
    headers = {**JSON, "content-length": "100"}
    with (
        wired(Wire(lambda _: iter([b'[{"id": 1}]']), headers)) as wire,
        closing(wire_source(wire)) as broken,
        pytest.raises(SystemUnavailableError, match=r"page 1 of items"),
    ):
        read(broken)


@pytest.mark.parametrize(
    ("body", "encoding", "match"),
    [
        (b"[]", "br", "compressed as br"),
        (b"[]", "gzip", "not gzip"),
        (gzip.compress(b'[{"id": 1}]', mtime=0)[:-9], "gzip", "breaks off"),
    ],
)
def test_a_compression_that_is_none_is_an_error(body: bytes, encoding: str, match: str) -> None:
    headers = {**JSON, "content-encoding": encoding}
    with (
        wired(Wire(lambda _: iter([body]), headers)) as wire,
        closing(wire_source(wire)) as broken,
        pytest.raises(DataUnreadableError, match=match),
    ):
        read(broken)


def test_compressed_answers_are_read() -> None:
    parts = [gzip.compress(b'[{"id": 1}', mtime=0), gzip.compress(b', {"id": 2}]')]
    headers = {**JSON, "content-encoding": "gzip"}
    with (
        wired(Wire(lambda _: iter(parts), headers)) as wire,
        closing(wire_source(wire)) as packed,
    ):
        assert ids(read(packed)) == [1, 2]
