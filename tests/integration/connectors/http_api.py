"""An HTTP API that says what a test tells it to, and the source that reads it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue
from typing_extensions import override

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.data.batch import Batch, Position
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
from landbridge.testing.clock import ManualClock

Json = Mapping[str, JsonValue]
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True)
class Said:
    body: object = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)

    @property
    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


@dataclass
class Api:
    """A server that says what it is told to say, and remembers what it was asked."""

    url: str = ""
    say: Callable[[Asked], Said] = lambda _: Said([])
    asked: list[Asked] = field(default_factory=list)
    sources: list[HttpSource] = field(default_factory=list)

    def close(self) -> None:
        for one in self.sources:
            one.close()


def serve() -> Iterator[Api]:
    state = Api()

    class Conversation(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body, or the client waits for its second

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            self._answer(self.rfile.read(size).decode())

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, body: str) -> None:
            place = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(place.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(place.path, query, headers, body)
            state.asked.append(asked)
            said = state.say(asked)
            self.send_response(said.status)
            self.send_header("content-length", str(len(said.data)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    state.close()
    server.shutdown()
    thread.join()
    server.server_close()


def source(
    api: Api, stream: Mapping[str, JsonValue] | None = None, **options: JsonValue
) -> HttpSource:
    described = {"path": "items", **(stream or {})}
    text = json.dumps(
        {
            "url": api.url,
            "allow_private": ["127.0.0.1"],
            "streams": {"items": described},
            **options,
        }
    )
    built = HttpOptions.model_validate_json(text)
    api.sources.append(HttpSource(built, Context(Path(), Path()), ManualClock()))
    return api.sources[-1]


def read(
    source: HttpSource, after: Position | None = None, reading: Reading | None = None
) -> list[Batch]:
    reading = reading or Reading("items")
    [share] = source.shares(reading, want=4)
    return list(source.read(reading, share, after=after))


def rows(batches: list[Batch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.rows.to_pylist()]


def ids(batches: list[Batch]) -> list[Any]:
    return [row["id"] for row in rows(batches)]


def numbered(asked: Asked) -> Said:
    """Three pages of two records by number, then empty ones."""
    page = int(asked.query.get("page", "1"))
    found = range(2 * page - 1, 2 * page + 1) if page <= 3 else ()
    return Said([{"id": number} for number in found])


def cursors(pages: Mapping[str, tuple[list[int], str | None]]) -> Callable[[Asked], Said]:
    def say(asked: Asked) -> Said:
        found, following = pages[asked.query.get("cursor", "")]
        return Said({"data": [{"id": one} for one in found], "next_cursor": following})

    return say


CURSOR: Json = {"records": "data", "paging": {"type": "cursor"}}
PAGE: Json = {"paging": {"type": "page", "size_param": "size", "size": 2}}


def client_credentials(api: Api, **more: JsonValue) -> dict[str, JsonValue]:
    return {
        "type": "oauth2_client_credentials",
        "token_url": f"{api.url}/token",
        "client_id": "me",
        "client_secret": "hunter2",
        **more,
    }
