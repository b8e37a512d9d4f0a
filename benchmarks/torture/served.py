"""A local HTTP API that serves the records of each case."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from benchmarks.torture.case import Case
from benchmarks.torture.json_cases import ABSENT


class Served:
    """Documents by path, and the address that they are served at."""

    def __init__(self) -> None:
        self.url = ""
        self.documents: dict[str, bytes] = {}


def records(case: Case) -> list[str]:
    """Return the case's records, as JSON in a text each."""
    return [
        f'{{"id": {at}}}' if value == ABSENT else f'{{"id": {at}, "v": {value}}}'
        for at, value in enumerate((*case.values, "null"), 1)
    ]


@contextmanager
def served() -> Generator[Served]:
    """Serve documents on a free port until the block ends."""
    api = Served()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = api.documents.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        @override
        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
