"""Requests that are answered with a token."""

from dataclasses import dataclass

import httpx

from landbridge.connectors.http.auth_options import (
    ClientCredentialsAuth,
    LoginAuth,
    PasswordAuth,
    RefreshTokenAuth,
)
from landbridge.connectors.http.calls import shown
from landbridge.connectors.http.json_path import at_path
from landbridge.kernel.errors import AuthenticationRefusedError
from landbridge.sdk.json_rows import parse_json

TokenAuth = ClientCredentialsAuth | RefreshTokenAuth | PasswordAuth | LoginAuth

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as it was granted.

    Attributes:
        token: The token.
        lasts_secs: For how long; without end when the API does not say it.
        refresh: The token to be renewed with from now on; "" when it stays the same.
    """

    token: str
    lasts_secs: float
    refresh: str = ""


def token_request(client: httpx.Client, auth: TokenAuth, refresh: str) -> httpx.Request:
    """Return the request for a token; `refresh` is the last refresh token granted, or ""."""
    if isinstance(auth, LoginAuth):
        return _login_request(client, auth)
    form = _form(auth, refresh)
    if auth.scope:
        form["scope"] = auth.scope
    secret = auth.client_secret.get_secret_value() if auth.client_secret is not None else ""
    if auth.send == "form":
        named = {"client_id": auth.client_id, "client_secret": secret}
        form |= {name: value for name, value in named.items() if value}
    request = client.build_request("POST", auth.token_url, data=form)
    if auth.send == "basic":
        sign_basic(request, auth.client_id, secret)
    return request


def sign_basic(request: httpx.Request, user: str, password: str) -> None:
    """Add a user's name and password to a request."""
    next(httpx.BasicAuth(user, password).auth_flow(request))


def token_place(auth: TokenAuth) -> str:
    """Return the address that tokens come from."""
    return auth.login_url if isinstance(auth, LoginAuth) else auth.token_url


def grant_in(response: httpx.Response, auth: TokenAuth) -> Grant:
    """Return the token in an answer.

    Raises:
        AuthenticationRefusedError: There is none.
    """
    place = token_place(auth)
    if isinstance(auth, LoginAuth) and auth.found_in != "body":
        held = response.headers if auth.found_in == "header" else response.cookies
        token = held.get(auth.found_at, "")
        if not token:
            raise AuthenticationRefusedError(
                f"{place} answers without the {auth.found_in} {auth.found_at}"
            )
        return Grant(token, auth.lasts_secs or float("inf"))
    try:
        found = parse_json(response.content[:_LARGEST])
    except ValueError as error:
        raise AuthenticationRefusedError(f"{place} answers with no JSON") from error
    path = auth.found_at if isinstance(auth, LoginAuth) else "access_token"
    token = _text(found, path)
    if not token:
        raise AuthenticationRefusedError(
            f"{place} answers without an {path}", hint="check what is sent to sign in"
        )
    lasts = auth.lasts_at if isinstance(auth, LoginAuth) else "expires_in"
    stated = _text(found, lasts) if lasts is not None else ""
    fallback = auth.lasts_secs if isinstance(auth, LoginAuth) else None
    secs = float(stated) if stated.isdecimal() else fallback or float("inf")
    refresh = _text(found, "refresh_token") if isinstance(auth, RefreshTokenAuth) else ""
    return Grant(token, secs, refresh)


def _form(
    auth: ClientCredentialsAuth | RefreshTokenAuth | PasswordAuth, refresh: str
) -> dict[str, str]:
    match auth:
        case ClientCredentialsAuth():
            return {"grant_type": "client_credentials"}
        case RefreshTokenAuth():
            known = refresh or auth.refresh_token.get_secret_value()
            return {"grant_type": "refresh_token", "refresh_token": known}
        case PasswordAuth():
            password = auth.password.get_secret_value()
            return {"grant_type": "password", "username": auth.user, "password": password}


def _login_request(client: httpx.Client, auth: LoginAuth) -> httpx.Request:
    hidden = {name: value.get_secret_value() for name, value in auth.secrets.items()}
    if auth.send == "json":
        return client.build_request(auth.method, auth.login_url, json=auth.fields | hidden)
    fields = {name: shown(value) for name, value in auth.fields.items()} | hidden
    if auth.send == "form":
        return client.build_request(auth.method, auth.login_url, data=fields)
    url = httpx.URL(auth.login_url).copy_merge_params(fields)
    return client.build_request(auth.method, url)


def _text(found: object, path: str) -> str:
    try:
        value = at_path(found, path)
    except KeyError:
        return ""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
