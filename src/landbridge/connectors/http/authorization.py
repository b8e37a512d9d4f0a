"""What proves to the API who asks."""

import threading

import httpx

from landbridge.connectors.http.auth_options import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
)
from landbridge.connectors.http.errors import explained, refusal
from landbridge.connectors.http.options import HttpOptions
from landbridge.kernel.clock import Clock
from landbridge.kernel.errors import AuthenticationRefusedError
from landbridge.sdk.json_rows import parse_json

_EARLY_SECS = 10.0
_LARGEST = 1 << 20


class Authorization:
    """Signs requests; holds the token of OAuth 2 and renews it. Safe for several threads."""

    def __init__(self, options: HttpOptions, client: httpx.Client, clock: Clock) -> None:
        self._auth = options.auth
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def current(self) -> str:
        """Return a token that has not ended, fetched if need be; "" where none is used."""
        if not isinstance(self._auth, ClientCredentialsAuth):
            return ""
        with self._lock:
            if not self._token or self._clock.monotonic() >= self._ends:
                self._token, self._ends = self._granted(self._auth)
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
            case BasicAuth():
                _sign_basic(request, self._auth.user, self._auth.password.get_secret_value())
            case BearerAuth():
                token = self._auth.token.get_secret_value()
                request.headers["authorization"] = f"Bearer {token}"
            case ApiKeyAuth(place="header"):
                request.headers[self._auth.name] = self._auth.value.get_secret_value()
            case ApiKeyAuth():
                key = {self._auth.name: self._auth.value.get_secret_value()}
                request.url = request.url.copy_merge_params(key)
            case ClientCredentialsAuth():
                request.headers["authorization"] = f"Bearer {token}"
            case _:
                pass

    def _granted(self, auth: ClientCredentialsAuth) -> tuple[str, float]:
        form = {"grant_type": "client_credentials"}
        if auth.scope:
            form["scope"] = auth.scope
        secret = auth.client_secret.get_secret_value()
        if auth.send == "form":
            form |= {"client_id": auth.client_id, "client_secret": secret}
        with explained(auth.token_url):
            asked = self._clock.monotonic()
            request = self._client.build_request("POST", auth.token_url, data=form)
            if auth.send == "basic":
                _sign_basic(request, auth.client_id, secret)
            response = self._client.send(request)
        error = refusal(response, auth.token_url, self._clock.now())
        if error is not None and error.retry == "never":
            raise AuthenticationRefusedError(
                f"{auth.token_url} grants no token: {response.status_code}",
                hint="check client_id, client_secret and scope",
                status=response.status_code,
            ) from error
        if error is not None:
            raise error
        return self._token_in(response, auth.token_url, asked)

    @staticmethod
    def _token_in(response: httpx.Response, place: str, asked: float) -> tuple[str, float]:
        try:
            found = parse_json(response.content[:_LARGEST])
        except ValueError as error:
            raise AuthenticationRefusedError(f"{place} answers with no JSON") from error
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(token, str) or not token:
            raise AuthenticationRefusedError(f"{place} answers without an access_token")
        lasts = found.get("expires_in")
        secs = float(str(lasts)) if str(lasts).isdecimal() else float("inf")
        return token, asked + max(secs - _EARLY_SECS, secs / 2)


def _sign_basic(request: httpx.Request, user: str, password: str) -> None:
    next(httpx.BasicAuth(user, password).auth_flow(request))
