"""What a user may set on a connection to an HTTP API."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from landbridge.connectors.http.auth_options import Auth, NoAuth
from landbridge.connectors.http.option_types import (
    JsonPath,
    MomentFormat,
    Param,
    PathOnly,
    WebAddress,
)
from landbridge.connectors.http.paging_options import KeysetPaging, NoPaging, Paging
from landbridge.connectors.http.request_options import Body, Verdict
from landbridge.sdk.declared import DeclaredType
from landbridge.sdk.options import CANONICAL, Options
from landbridge.sdk.outbound.targets import PrivateTarget


class WindowParams(Options):
    """How the API is asked for records changed since, or until, a moment.

    What it answers is filtered again, so it may be inclusive or answer too much.
    """

    column: str = Field(min_length=1, description="The column that the API compares.")
    since_param: Param | None = None
    until_param: Param | None = None
    format: MomentFormat = Field(
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

    path: PathOnly = Field(
        description="Path below the connection's url.", examples=["v1/customers"]
    )
    params: dict[str, str | int | bool] = Field(
        default_factory=dict[str, str | int | bool],
        description="Query parameters of every request.",
    )
    method: Literal["GET", "POST", "PUT"] = Field(
        default="GET", description="How the API is asked; asking twice must do no harm."
    )
    body: Body | None = Field(default=None, description="What is sent with every request.")
    params_in: Literal["query", "body"] = Field(
        default="query", description="Where parameters of pages and windows go."
    )
    headers: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Further headers of this stream's requests; not for secrets.",
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

    @model_validator(mode="after")
    def _ties_are_not_lost(self) -> Self:
        paging = self.paging
        if not isinstance(paging, KeysetPaging):
            return self
        if not self.key:
            raise ValueError("keyset paging needs the stream's `key`")
        if not paging.inclusive and self.key != (paging.field,):
            raise ValueError(
                f"records that tie in {paging.field} would be lost between pages: page by "
                "the stream's key, or by an API that is `inclusive`"
            )
        return self

    @model_validator(mode="after")
    def _has_the_body_it_speaks_of(self) -> Self:
        if self.body is not None and self.method == "GET":
            raise ValueError("a GET has no `body`: set `method: POST`")
        if self.params_in == "body" and self.body is None:
            raise ValueError("`params_in: body` needs a `body`")
        return self


class HttpOptions(Options):
    """Where the API is, how to be let in, and what it offers."""

    url: WebAddress = Field(description=CANONICAL["url"], examples=["https://api.example"])
    auth: Auth = Field(default=NoAuth(), description="How to be let in.")
    headers: dict[str, str] = Field(
        default_factory=dict[str, str], description="Further headers; not for secrets."
    )
    verdict: Verdict | None = Field(
        default=None, description="How answers are judged that are 200 whatever happened."
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
    answer_timeout_secs: float = Field(
        default=600.0,
        gt=0,
        description="Longest time for one whole answer, however steadily it arrives.",
    )
    tls_ca: str | None = Field(default=None, description=CANONICAL["tls_ca"])
    tls_cert: str | None = Field(
        default=None, description="File with the certificate that proves who asks, in PEM."
    )
    tls_cert_key: str | None = Field(
        default=None, description="File with its private key, unless `tls_cert` holds both."
    )
    tls_cert_password: SecretStr | None = Field(
        default=None, description="Password of that key; write it as a secret reference."
    )
    allow_private: tuple[PrivateTarget, ...] = Field(
        default=(), description=CANONICAL["allow_private"]
    )
