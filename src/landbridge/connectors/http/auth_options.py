"""What a user may say about how an API knows who asks."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from landbridge.connectors.http.option_types import JsonPath, Param, WebAddress
from landbridge.sdk.options import CANONICAL, Options


class NoAuth(Options):
    """Anybody may ask."""

    type: Literal["none"] = "none"


class BasicAuth(Options):
    """User and password with every request."""

    type: Literal["basic"]
    user: str = Field(description=CANONICAL["user"])
    password: SecretStr = Field(description=CANONICAL["password"])


class BearerAuth(Options):
    """A token with every request."""

    type: Literal["bearer"]
    token: SecretStr = Field(description="The token; write it as a secret reference.")


class ApiKeyAuth(Options):
    """A key in a header, a query parameter or a cookie."""

    type: Literal["api_key"]
    name: str = Field(min_length=1, examples=["X-Api-Key"], description="Its name.")
    value: SecretStr = Field(description="The key; write it as a secret reference.")
    place: Literal["header", "query", "cookie"] = Field(
        default="header", description="Where it goes."
    )


class ClientCredentialsAuth(Options):
    """OAuth 2: a token for a client's id and secret, renewed when it ends."""

    type: Literal["oauth2_client_credentials"]
    token_url: WebAddress = Field(description="Where tokens are granted.")
    client_id: str = Field(min_length=1, description="Who asks.")
    client_secret: SecretStr = Field(description="Its secret; write it as a secret reference.")
    scope: str = Field(default="", description="Rights asked for, with blanks between.")
    send: Literal["form", "basic"] = Field(
        default="form", description="Whether id and secret go in the form or as basic auth."
    )


class RefreshTokenAuth(Options):
    """OAuth 2: a token for a refresh token that somebody consented to."""

    type: Literal["oauth2_refresh_token"]
    token_url: WebAddress = Field(description="Where tokens are granted.")
    client_id: str = Field(min_length=1, description="Who asks.")
    client_secret: SecretStr | None = Field(default=None, description="Its secret, if any.")
    refresh_token: SecretStr = Field(description="The token; write it as a secret reference.")
    scope: str = Field(default="", description="Rights asked for, with blanks between.")
    send: Literal["form", "basic"] = Field(
        default="form", description="Whether id and secret go in the form or as basic auth."
    )


class PasswordAuth(Options):
    """OAuth 2: a token for a user's password, as older systems want it."""

    type: Literal["oauth2_password"]
    token_url: WebAddress = Field(description="Where tokens are granted.")
    client_id: str = Field(default="", description="Who asks, where the system wants to know.")
    client_secret: SecretStr | None = Field(default=None, description="Its secret, if any.")
    user: str = Field(description=CANONICAL["user"])
    password: SecretStr = Field(description=CANONICAL["password"])
    scope: str = Field(default="", description="Rights asked for, with blanks between.")
    send: Literal["form", "basic"] = Field(
        default="form", description="Whether id and secret go in the form or as basic auth."
    )


class LoginAuth(Options):
    """A request that gives a token, which every other request then carries."""

    type: Literal["login"]
    login_url: WebAddress = Field(
        description="Where to sign in.", examples=["https://api.example/gettoken"]
    )
    method: Literal["GET", "POST"] = Field(default="POST", description="How to ask.")
    send: Literal["json", "form", "query"] = Field(
        default="json", description="Where `fields` and `secrets` go."
    )
    fields: dict[str, str | int | bool] = Field(
        default_factory=dict[str, str | int | bool], description="What is sent to sign in."
    )
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict[str, SecretStr],
        description="What is sent besides and is secret; write secret references.",
    )
    found_in: Literal["body", "header", "cookie"] = Field(
        default="body", description="Which part of the answer holds the token."
    )
    found_at: JsonPath = "access_token"
    lasts_at: JsonPath | None = Field(
        default="expires_in",
        description="Where the answer says for how many seconds the token is good.",
    )
    lasts_secs: float | None = Field(
        default=None,
        gt=0,
        description="How long a token is good where the answer does not say it; until it is "
        "refused when not set.",
    )
    name: str = Field(
        default="Authorization", min_length=1, description="Name the token is sent under."
    )
    prefix: str = Field(default="", description="What stands before it.", examples=["Bearer "])
    place: Literal["header", "query", "cookie"] = Field(
        default="header", description="Where it goes."
    )


class SignatureAuth(Options):
    """A signature over each request, made with a secret that is not sent."""

    type: Literal["signature"]
    app_key: str = Field(min_length=1, description="Who asks.")
    secret: SecretStr = Field(
        description="What is signed with, in PEM for RSA; write it as a secret reference."
    )
    algorithm: Literal[
        "md5",
        "sha256",
        "hmac_md5",
        "hmac_sha1",
        "hmac_sha256",
        "hmac_sha512",
        "rsa_sha256",
    ] = Field(description="How a text becomes a signature.")
    digest: Literal["hex", "hex_upper", "base64"] = Field(
        default="hex", description="How the signature is written."
    )
    text: str = Field(
        default="{params}",
        description="What is signed: `{params}` (all parameters of query and form, sorted by "
        "name), `{secret}`, `{app_key}`, `{timestamp}`, `{nonce}`, `{method}`, `{path}`, "
        "`{body}`, `{body_md5}`, `{body_sha256}`.",
        examples=["{secret}{params}{secret}"],
    )
    pair: str = Field(
        default="{name}={value}", description="How a parameter is written in `{params}`."
    )
    join: str = Field(default="&", description="What stands between parameters there.")
    empty: Literal["leave_out", "keep"] = Field(
        default="leave_out", description="What becomes of parameters without a value there."
    )
    place: Literal["query", "header"] = Field(
        default="query", description="Where key, moment, nonce and signature go."
    )
    app_key_param: Param | None = "app_key"
    timestamp_param: Param | None = "timestamp"
    timestamp: Literal["epoch_secs", "epoch_ms", "iso_z"] = Field(
        default="epoch_secs", description="How the moment is written."
    )
    nonce_param: Param | None = None
    sign_param: Param = "sign"


Auth = Annotated[
    NoAuth
    | BasicAuth
    | BearerAuth
    | ApiKeyAuth
    | ClientCredentialsAuth
    | RefreshTokenAuth
    | PasswordAuth
    | LoginAuth
    | SignatureAuth,
    Field(discriminator="type"),
]
