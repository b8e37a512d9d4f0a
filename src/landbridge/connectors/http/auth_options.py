"""What a user may say about how an API knows who asks."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from landbridge.connectors.http.option_types import WebAddress
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
    """A key in a header or a query parameter."""

    type: Literal["api_key"]
    name: str = Field(min_length=1, examples=["X-Api-Key"], description="Header or parameter.")
    value: SecretStr = Field(description="The key; write it as a secret reference.")
    place: Literal["header", "query"] = Field(default="header", description="Where it goes.")


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


Auth = Annotated[
    NoAuth | BasicAuth | BearerAuth | ApiKeyAuth | ClientCredentialsAuth,
    Field(discriminator="type"),
]
