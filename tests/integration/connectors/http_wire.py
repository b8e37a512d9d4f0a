"""A server that sends whatever bytes a test wants, for as long as the client listens."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.integration.connectors.http_api import JSON
from typing_extensions import override


@dataclass
class Wire:
    """Answers of one server.

    Attributes:
        blocks: The bytes of an answer's body, by the path that was asked for.
        headers: Headers of every answer.
        sent: Bytes of bodies that were sent.
        url: Where the server is.
    """

    blocks: Callable[[str], Iterator[bytes]]
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    sent: int = 0
    url: str = ""


@contextmanager
def wired(wire: Wire) -> Generator[Wire]:
    class Conversation(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in wire.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for block in wire.blocks(self.path):
                    self.wfile.write(block)
                    wire.sent += len(block)
            except OSError:
                pass  # the client has heard enough

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        @override
        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
