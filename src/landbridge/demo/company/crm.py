"""The CRM's HTTP API, served from this process on a free port of the loopback."""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from typing_extensions import override

from landbridge.demo.company.crm_desk import (
    TOKEN_PATH,
    Answer,
    Ask,
    CrmCredentials,
    CrmStatistics,
    Desk,
    Temper,
)
from landbridge.demo.company.crm_records import CrmRecords

__all__ = ["CrmCredentials", "CrmServer", "CrmStatistics", "Temper"]

_LARGEST_BODY_BYTES = 64 * 1024


class CrmServer:
    """A running CRM. Serves from its construction until `close`, which may be called twice.

    Example:
        >>> records = CrmRecords(customers=(), contacts=())
        >>> with CrmServer(records) as crm:
        ...     crm.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        records: CrmRecords,
        *,
        temper: Temper | None = None,
        credentials: CrmCredentials | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials or CrmCredentials()
        self._desk = Desk(
            records, temper=temper or Temper(), credentials=self.credentials, clock=clock
        )
        self._server = _Loopback(port, self._desk)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="demo-crm",
            daemon=True,
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port of the loopback on which it answers."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where the API is: the part of every address before the path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_url(self) -> str:
        """Where tokens are granted."""
        return f"{self.url}{TOKEN_PATH}"

    @property
    def statistics(self) -> CrmStatistics:
        """What the API has served and refused so far."""
        return self._desk.statistics

    def close(self) -> None:
        """Stop answering, hang up on whoever is connected, and end every thread."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Loopback(ThreadingHTTPServer):
    """Knows its open connections, so that closing need not wait for idle callers."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, port: int, desk: Desk) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), partial(_Conversation, desk))

    @override
    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    @override
    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._open_lock:
            self._open -= {request}
        super().shutdown_request(request)

    @override
    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if not isinstance(sys.exception(), OSError):  # a caller that hangs up is no error
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        with self._open_lock:
            for connection in self._open:
                _end(connection)


class _Conversation(BaseHTTPRequestHandler):
    """One caller's connection; every request on it is put to the desk."""

    protocol_version = "HTTP/1.1"
    server_version = "RiverbankCRM/4.2"
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(
        self, desk: Desk, request: socket.socket, client_address: object, server: BaseServer
    ) -> None:
        self._desk = desk
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass  # the desk counts; nobody reads a demo's access log

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY_BYTES:
            self.close_connection = True  # the body was not read, so no next request is found
            self._write(Answer(413, {"error": "too_large", "message": "the body is too large"}))
            return
        place = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        self._write(
            self._desk.answer(Ask(self.command, place.path, place.query, headers, body))
        )

    def _write(self, answer: Answer) -> None:
        body = json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()  # the caller was faster
