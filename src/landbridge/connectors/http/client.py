"""Requests to one API: paced, bounded, authorised, and never to another host.

Where a connection may go at all is decided in `transport`, for each one that is opened:
the first, the token's, and those that redirects and pages lead to.
"""

import ssl
import threading
from dataclasses import dataclass

import httpx

from landbridge.connectors.http.authorization import Authorization, names_in_query
from landbridge.connectors.http.calls import Call
from landbridge.connectors.http.decoding import ACCEPTED, decoded
from landbridge.connectors.http.errors import explained, refusal
from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.request_options import Verdict
from landbridge.connectors.http.transport import GuardedTransport
from landbridge.kernel.clock import Clock
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    QueryRefusedError,
    SystemUnavailableError,
)
from landbridge.sdk.outbound.guard import Outbound, Resolver

_REDIRECTS = 5
_UNAUTHORIZED = 401
_SAME_METHOD = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    Attributes:
        body: Its bytes, decompressed.
        headers: Its headers.
        url: The address that answered.
        token: What proved who asked, where that can be renewed; else "".
    """

    body: bytes
    headers: httpx.Headers
    url: httpx.URL
    token: str = ""


class ApiClient:
    """Asks one API. Safe to use from several threads at once."""

    def __init__(
        self, options: HttpOptions, clock: Clock, resolver: Resolver | None = None
    ) -> None:
        self._options = options
        self._clock = clock
        with explained("url"):
            self._base = httpx.URL(options.url)
        self._client = http_client(options, resolver)
        self._authorization = Authorization(options, self._client, clock)
        self._lock = threading.Lock()
        self._next_slot = 0.0

    @property
    def verdict(self) -> Verdict | None:
        """How answers are judged that are 200 whatever happened."""
        return self._options.verdict

    def address(self, path: str) -> httpx.URL:
        """Return the address of a path below the API's, or of a whole address of the API.

        Raises:
            QueryRefusedError: It is of another host, which gets no request of ours.
        """
        with explained(path.partition("?")[0]):
            found = httpx.URL(path)
            if not found.is_absolute_url:
                root = str(self._base).rstrip("/")
                found = httpx.URL(f"{root}/{path.lstrip('/')}" if path else root)
        self._check_host(found)
        return found

    def following(self, answer: Answer, link: str) -> httpx.URL:
        """Return the address that a link in an answer means.

        Raises:
            QueryRefusedError: It is of another host.
        """
        with explained("the next page"):
            found = answer.url.join(link)
        self._check_host(found)
        for name in names_in_query(self._options.auth):
            # What proves who asks is added to each request; it must not be kept.
            found = found.copy_remove_param(name)
        return found

    def ask(self, call: Call) -> Answer:
        """Return the answer to a request; a token that has ended is renewed once.

        Raises:
            LandbridgeError: The API refused, or did not answer; see `errors.refusal`.
        """
        used = self._authorization.current()
        response, body = self._asked(call, used)
        if response.status_code == _UNAUTHORIZED and self._authorization.renew(used):
            used = self._authorization.current()
            response, body = self._asked(call, used)
        error = refusal(response, told(call.url), self._clock.now())
        if error is not None:
            raise error
        return Answer(body, response.headers, response.request.url, used)

    def renew(self, answer: Answer) -> bool:
        """Forget the token of an answer that says it has ended; False where there is none."""
        return self._authorization.renew(answer.token)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _asked(self, call: Call, token: str) -> tuple[httpx.Response, bytes]:
        url, content = call.url, call.content or None
        for _ in range(_REDIRECTS):
            self._pace()
            with explained(told(url)):
                request = self._client.build_request(
                    call.method, url, headers=call.headers, content=content
                )
                self._authorization.sign(request, token)
                response = self._client.send(request, stream=True)
                try:
                    body = self._body(response)
                finally:
                    response.close()
                if not response.has_redirect_location:
                    request.url = url  # without what signing added
                    return response, body
                if call.method != "GET" and response.status_code not in _SAME_METHOD:
                    raise QueryRefusedError(f"{told(url)} redirects a {call.method} to a GET")
                url = url.join(response.headers["location"])
            self._check_host(url)
        raise QueryRefusedError(f"{told(url)} redirects without end")

    def _body(self, response: httpx.Response) -> bytes:
        most = self._options.max_body_bytes
        body, begun = bytearray(), self._clock.monotonic()
        for block in decoded(response):
            body += block
            if len(body) > most:
                raise DataUnreadableError(
                    f"{told(response.request.url)} answers with more than {most} bytes",
                    hint="ask for smaller pages, or raise `max_body_bytes`",
                )
            if self._clock.monotonic() - begun > self._options.answer_timeout_secs:
                raise SystemUnavailableError(
                    f"{told(response.request.url)} did not answer in full in time",
                    hint="ask for smaller pages, or raise `answer_timeout_secs`",
                )
        return bytes(body)

    def _pace(self) -> None:
        """Wait until the next request may leave."""
        rate = self._options.requests_per_sec
        if rate is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            slot = max(now, self._next_slot)
            self._next_slot = slot + 1.0 / rate
        if slot > now:
            self._clock.sleep(slot - now)

    def _check_host(self, url: httpx.URL) -> None:
        if origin(url) != origin(self._base):
            raise QueryRefusedError(
                f"the API leads to another host, {url.host}, which is not asked",
                hint="if it belongs to the API, make a connection for it",
            )


def http_client(options: HttpOptions, resolver: Resolver | None = None) -> httpx.Client:
    """Return a client that follows no redirect and reads no environment.

    It connects to public addresses, and to private ones that `allow_private` lists.

    Args:
        options: Where to go and how long to wait.
        resolver: What finds the addresses of names; the system's when None.
    """
    outbound = Outbound(options.allow_private, resolver)
    return httpx.Client(
        transport=GuardedTransport(outbound, _tls(options)),
        timeout=httpx.Timeout(options.read_timeout_secs, connect=options.connect_timeout_secs),
        headers={"accept": "application/json", "accept-encoding": ACCEPTED, **options.headers},
        follow_redirects=False,
        trust_env=False,
    )


def _tls(options: HttpOptions) -> ssl.SSLContext:
    try:
        context = (
            httpx.create_ssl_context(trust_env=False)
            if options.tls_ca is None
            else ssl.create_default_context(cafile=options.tls_ca)
        )
    except OSError as error:
        raise OptionsInvalidError(f"tls_ca: {options.tls_ca} cannot be read") from error
    if options.tls_cert is not None:
        secret = options.tls_cert_password
        # A function, so that a key without a password is never asked for on the terminal.
        password = secret.get_secret_value if secret is not None else (lambda: "")
        try:
            context.load_cert_chain(options.tls_cert, options.tls_cert_key, password)
        except (OSError, ValueError) as error:
            raise OptionsInvalidError(
                f"tls_cert: {options.tls_cert} and its key cannot be used"
            ) from error
    return context


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return what two addresses of the same host share."""
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    return url.scheme, url.host, port


def told(url: httpx.URL) -> str:
    """Return an address as errors tell it: without what may hold a key or a password."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))
