"""Connections of the HTTP client: each goes to an address that was checked, by number."""

import ssl
from collections.abc import Iterable, Iterator

import httpcore
import httpx
from typing_extensions import override

from landbridge.connectors.http.errors import network_errors
from landbridge.kernel.errors import AddressRefusedError
from landbridge.sdk.outbound.guard import Outbound

_SCHEMES = frozenset({"http", "https"})
_CONNECTIONS = 100
_IDLE_CONNECTIONS = 20
_IDLE_SECS = 5.0


class GuardedTransport(httpx.BaseTransport):
    """Sends every request of a client, and asks `outbound` before each connection.

    The pool keeps connections by scheme, name and port, and TLS is verified against the
    name, so an answer of one host is never taken for another's. Proxies are not used.
    """

    def __init__(self, outbound: Outbound, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECS,
            network_backend=_CheckedNetwork(outbound),
        )

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in _SCHEMES:
            raise AddressRefusedError("only http:// and https:// are asked")
        if url.userinfo:
            raise AddressRefusedError(
                f"the address of {url.host} carries a user",
                hint="credentials belong in `auth`, not in an address",
            )
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with network_errors():
            answer = self._pool.handle_request(asked)
        # The client logs the address once it has answered; a query may hold a key.
        request.url = url.copy_with(query=None)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    @override
    def close(self) -> None:
        self._pool.close()


class _CheckedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that were checked, in turn, until one answers."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._plain = httpcore.SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._outbound.addresses(host, port)
        for address in others:
            try:
                return self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._plain.connect_tcp(last, port, timeout, local_address, socket_options)


class _Body(httpx.SyncByteStream):
    """The body of an answer as it arrives."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    @override
    def __iter__(self) -> Iterator[bytes]:
        with network_errors():
            yield from self._answer.iter_stream()

    @override
    def close(self) -> None:
        self._answer.close()
