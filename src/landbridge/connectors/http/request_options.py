"""What a user may say about the requests that a stream is read with."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from landbridge.connectors.http.option_types import JsonPath
from landbridge.sdk.options import Options


class JsonBody(Options):
    """A JSON object. Parameters in it are named by their way, joined by dots."""

    type: Literal["json"]
    value: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        description="The object; parameters of pages and windows are put into it.",
        examples=[{"filter": {"status": "open"}}],
    )


class FormBody(Options):
    """Names and values, as a web form sends them."""

    type: Literal["form"]
    fields: dict[str, str | int | bool] = Field(
        default_factory=dict[str, str | int | bool],
        description="The values; parameters of pages and windows are added.",
    )


class TextBody(Options):
    """Any text, with the place of each parameter marked by its name in double braces."""

    type: Literal["text"]
    text: str = Field(
        description="The text; `{{page}}` stands for the parameter `page`, or for nothing "
        "where there is none.",
        examples=["<query><page>{{page}}</page></query>"],
    )
    media_type: str = Field(
        default="text/plain", min_length=1, description="What the text is said to be."
    )


Body = Annotated[JsonBody | FormBody | TextBody, Field(discriminator="type")]


class Verdict(Options):
    """Where an API that answers 200 to everything says how it went."""

    at: JsonPath = "errcode"
    good: tuple[str | int | bool, ...] = Field(
        default=(0,), min_length=1, description="Codes that say all is well."
    )
    signed_out: tuple[str | int | bool, ...] = Field(
        default=(),
        description="Codes that say the token has ended: a new one is fetched, once.",
        examples=[[40014, 42001]],
    )
    busy: tuple[str | int | bool, ...] = Field(
        default=(), description="Codes that say to come back later.", examples=[[45009]]
    )
    message: JsonPath = Field(default="", description="Where the answer explains a failure.")
