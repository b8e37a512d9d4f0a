"""What a user may set on a connection to an HTTP API."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from landbridge.sdk.declared import DeclaredType
from landbridge.sdk.options import CANONICAL, Options
from landbridge.sdk.outbound.targets import PrivateTarget


def _web_address(url: str) -> str:
    found = urlsplit(url)
    if found.scheme not in {"http", "https"} or not found.hostname:
        raise ValueError("an address begins with http:// or https:// and names a host")
    if found.username is not None or found.password is not None:
        raise ValueError("credentials belong in `auth`, not in the address")
    if found.fragment:
        raise ValueError("an address of an API has no part after #")
    return url


def _path_only(path: str) -> str:
    found = urlsplit(path)
    if found.scheme or found.netloc or path.startswith("//") or found.fragment:
        raise ValueError("a path is relative to the connection's url")
    if ".." in found.path.split("/"):
        raise ValueError("a path does not climb")
    return path


WebAddress = Annotated[str, AfterValidator(_web_address)]
JsonPath = Annotated[
    str,
    Field(
        description="Names on the way into the JSON answer, joined by dots; empty for the "
        "answer itself.",
        examples=["data.items"],
    ),
]
Param = Annotated[str, Field(min_length=1, description="Name of a query parameter.")]
Size = Annotated[int, Field(gt=0, description="Records asked for in a page.")]


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


class NoPaging(Options):
    """One answer holds everything."""

    type: Literal["none"] = "none"


class PagePaging(Options):
    """Pages by number, until one holds no record."""

    type: Literal["page"]
    page_param: Param = "page"
    size_param: Param | None = None
    size: Size = 100
    first: int = Field(default=1, ge=0, description="Number of the first page.")


class OffsetPaging(Options):
    """Pages by the number of records before them, until one holds no record."""

    type: Literal["offset"]
    offset_param: Param = "offset"
    size_param: Param | None = "limit"
    size: Size = 100


class CursorPaging(Options):
    """Each answer holds a text that asks for the next page; the last one holds none."""

    type: Literal["cursor"]
    cursor_param: Param = "cursor"
    next: JsonPath = "next_cursor"
    size_param: Param | None = None
    size: Size = 100


class LinkPaging(Options):
    """Each answer names the next page in its `Link` header with `rel="next"`."""

    type: Literal["link_header"]
    size_param: Param | None = None
    size: Size = 100


class NextUrlPaging(Options):
    """Each answer holds the address of the next page; the last one holds none."""

    type: Literal["next_url"]
    next: JsonPath = "next"
    size_param: Param | None = None
    size: Size = 100


Paging = Annotated[
    NoPaging | PagePaging | OffsetPaging | CursorPaging | LinkPaging | NextUrlPaging,
    Field(discriminator="type"),
]


class WindowParams(Options):
    """How the API is asked for records changed since, or until, a moment.

    What it answers is filtered again, so it may be inclusive or answer too much.
    """

    column: str = Field(min_length=1, description="The column that the API compares.")
    since_param: Param | None = None
    until_param: Param | None = None
    format: Literal["iso", "iso_z", "date", "epoch_secs", "epoch_ms"] = Field(
        default="iso",
        description="How a moment is written: ISO 8601 as it is, in UTC with Z and whole "
        "seconds, as a day, or as seconds or milliseconds since 1970.",
    )
    newest: Literal["read", "now"] = Field(
        default="read",
        description="How the end of an incremental copy is found: by reading all pages once "
        "more, or as the present moment.",
    )


class HttpStream(Options):
    """A list of objects."""

    path: Annotated[str, AfterValidator(_path_only)] = Field(
        description="Path below the connection's url.", examples=["v1/customers"]
    )
    params: dict[str, str | int | bool] = Field(
        default_factory=dict[str, str | int | bool],
        description="Query parameters of every request.",
    )
    records: JsonPath = ""
    key: tuple[str, ...] = Field(default=(), description="Fields that identify a record.")
    paging: Paging = Field(default=NoPaging(), description="How pages follow one another.")
    window: WindowParams | None = Field(
        default=None, description="How the API is asked for changes only."
    )
    columns: dict[str, DeclaredType] = Field(
        default_factory=dict[str, DeclaredType],
        description="Types of fields; the others are inferred from the first page.",
        examples=[{"updated_at": "timestamp_tz", "price": "decimal(12,2)"}],
    )
    unknown_fields: Literal["refuse", "ignore"] = Field(
        default="refuse",
        description="What happens to a field that is neither declared nor in the first page.",
    )
    comment: str = Field(default="", description="What the stream holds, for people.")


class HttpOptions(Options):
    """Where the API is, how to be let in, and what it offers."""

    url: WebAddress = Field(description=CANONICAL["url"], examples=["https://api.example"])
    auth: Auth = Field(default=NoAuth(), description="How to be let in.")
    headers: dict[str, str] = Field(
        default_factory=dict[str, str], description="Further headers; not for secrets."
    )
    streams: dict[str, HttpStream] = Field(min_length=1, description="Streams by name.")
    requests_per_sec: float | None = Field(
        default=None, gt=0, description="Most requests in a second; no limit when not set."
    )
    max_body_bytes: int = Field(
        default=64 << 20, gt=0, description="Largest answer that is accepted."
    )
    connect_timeout_secs: float = Field(
        default=10.0, gt=0, description=CANONICAL["connect_timeout_secs"]
    )
    read_timeout_secs: float = Field(
        default=60.0, gt=0, description=CANONICAL["read_timeout_secs"]
    )
    tls_ca: str | None = Field(default=None, description=CANONICAL["tls_ca"])
    allow_private: tuple[PrivateTarget, ...] = Field(
        default=(), description=CANONICAL["allow_private"]
    )
