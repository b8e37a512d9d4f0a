"""What proves to the API who asks."""

import threading

import httpx

from landbridge.connectors.http.auth_options import (
    ApiKeyAuth,
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
    LoginAuth,
    PasswordAuth,
    RefreshTokenAuth,
    SignatureAuth,
)
from landbridge.connectors.http.errors import explained, refusal
from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.signing import sign_request
from landbridge.connectors.http.tokens import (
    Grant,
    TokenAuth,
    grant_in,
    sign_basic,
    token_place,
    token_request,
)
from landbridge.kernel.clock import Clock
from landbridge.kernel.errors import AuthenticationRefusedError

_EARLY_SECS = 10.0


class Authorization:
    """Signs requests; holds a token and renews it. Safe for several threads."""

    def __init__(self, options: HttpOptions, client: httpx.Client, clock: Clock) -> None:
        self._auth = options.auth
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._refresh = ""
        self._ends = 0.0

    def current(self) -> str:
        """Return a token that has not ended, fetched if need be; "" where none is used."""
        auth = self._auth
        if not isinstance(
            auth, ClientCredentialsAuth | RefreshTokenAuth | PasswordAuth | LoginAuth
        ):
            return ""
        with self._lock:
            if not self._token or self._clock.monotonic() >= self._ends:
                asked = self._clock.monotonic()
                grant = self._granted(auth)
                secs = grant.lasts_secs
                self._token, self._ends = grant.token, asked + max(secs - _EARLY_SECS, secs / 2)
                self._refresh = grant.refresh or self._refresh
            return self._token

    def renew(self, refused: str) -> bool:
        """Forget a token that the API refused; False where asking again is of no use."""
        if not refused:
            return False
        with self._lock:
            if self._token == refused:
                self._token = ""
        return True

    def sign(self, request: httpx.Request, token: str) -> None:
        """Add what proves who asks to a request to the API."""
        match self._auth:
            case BasicAuth() as auth:
                sign_basic(request, auth.user, auth.password.get_secret_value())
            case BearerAuth() as auth:
                request.headers["authorization"] = f"Bearer {auth.token.get_secret_value()}"
            case ApiKeyAuth() as auth:
                _put(request, auth.place, auth.name, auth.value.get_secret_value())
            case LoginAuth() as auth:
                _put(request, auth.place, auth.name, auth.prefix + token)
            case SignatureAuth() as auth:
                sign_request(request, auth, self._clock.now())
            case _ if token:
                request.headers["authorization"] = f"Bearer {token}"
            case _:
                pass

    def _granted(self, auth: TokenAuth) -> Grant:
        place = token_place(auth)
        with explained(place):
            request = token_request(self._client, auth, self._refresh)
            response = self._client.send(request)
        keeps_cookie = isinstance(auth, LoginAuth) and auth.found_in == "cookie"
        if keeps_cookie and response.has_redirect_location:
            # A form that signs in often leads on to a page for people.
            return grant_in(response, auth)
        error = refusal(response, place, self._clock.now())
        if error is not None and error.retry == "never":
            raise AuthenticationRefusedError(
                f"{place} grants no token: {response.status_code}",
                hint="check what `auth` sends there, and the rights it asks for",
                status=response.status_code,
            ) from error
        if error is not None:
            raise error
        return grant_in(response, auth)


def names_in_query(auth: Auth) -> tuple[str, ...]:
    """Return the query parameters that prove who asks, which are never kept."""
    match auth:
        case ApiKeyAuth(place="query") | LoginAuth(place="query"):
            return (auth.name,)
        case SignatureAuth(place="query"):
            own = (auth.app_key_param, auth.timestamp_param, auth.nonce_param, auth.sign_param)
            return tuple(name for name in own if name is not None)
        case _:
            return ()


def _put(request: httpx.Request, place: str, name: str, value: str) -> None:
    if place == "query":
        request.url = request.url.copy_merge_params({name: value})
    elif place == "cookie":
        before = request.headers.get("cookie", "")
        others = [one for one in before.split("; ") if one and not one.startswith(f"{name}=")]
        request.headers["cookie"] = "; ".join([*others, f"{name}={value}"])
    else:
        request.headers[name] = value
