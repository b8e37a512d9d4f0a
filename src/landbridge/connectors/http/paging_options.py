"""What a user may say about how pages of an API follow one another."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from landbridge.connectors.http.option_types import JsonPath, MomentFormat, Param, Size
from landbridge.sdk.options import Options


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Total = Annotated[
    JsonPath | None,
    Field(
        description="Where the answer says how many records there are in all. A copy that "
        "gave another number of records fails.",
        examples=["meta.total"],
    ),
]
More = Annotated[
    JsonPath | None,
    Field(
        description="Where the answer says, by true or false, whether more pages follow.",
        examples=["has_more"],
    ),
]
Ends = Annotated[
    Literal["empty", "short", "total"],
    Field(
        description="Which page is the last: the one without records, which no API can get "
        "wrong; one with fewer than `size`; or the one that makes `total` full."
    ),
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
    total: Total = None
    more: More = None
    ends: Ends = "empty"

    @model_validator(mode="after")
    def _has_a_total(self) -> Self:
        if self.ends == "total" and self.total is None:
            raise ValueError("`ends: total` needs `total`")
        return self


class OffsetPaging(Options):
    """Pages by the number of records before them, until one holds no record."""

    type: Literal["offset"]
    offset_param: Param = "offset"
    size_param: Param | None = "limit"
    size: Size = 100
    first: int = Field(default=0, ge=0, le=1, description="Offset of the first record.")
    overlap: int | None = Field(
        default=None,
        ge=0,
        le=32,
        description="Records of the page before that each page is asked to begin with, to "
        "notice rows that were inserted or removed meanwhile; 1 for streams with a key, "
        "else 0, when not set.",
    )
    total: Total = None
    more: More = None
    ends: Ends = "empty"

    @model_validator(mode="after")
    def _fits_a_page(self) -> Self:
        if self.ends == "total" and self.total is None:
            raise ValueError("`ends: total` needs `total`")
        if self.overlap is not None and self.overlap >= self.size:
            raise ValueError("`overlap` is less than `size`")
        return self


class CursorPaging(Options):
    """Each answer holds a text that asks for the next page; the last one holds none."""

    type: Literal["cursor"]
    cursor_param: Param = "cursor"
    next: JsonPath = "next_cursor"
    size_param: Param | None = None
    size: Size = 100
    total: Total = None
    more: More = None


class LinkPaging(Options):
    """Each answer names the next page in its `Link` header with `rel="next"`."""

    type: Literal["link_header"]
    size_param: Param | None = None
    size: Size = 100
    total: Total = None


class NextUrlPaging(Options):
    """Each answer holds the address of the next page; the last one holds none."""

    type: Literal["next_url"]
    next: JsonPath = "next"
    size_param: Param | None = None
    size: Size = 100
    total: Total = None


class KeysetPaging(Options):
    """Pages by the value of a field in the last record, in the order of that field."""

    type: Literal["keyset"]
    field: str = Field(min_length=1, description="Field that the API orders records by.")
    after_param: Param = "after"
    inclusive: bool = Field(
        default=False,
        description="Whether the API gives records equal to the value once more. When it does "
        "not, the field must be the stream's key: records that tie would be lost.",
    )
    size_param: Param | None = "limit"
    size: Size = 100


_PagesOfSpan = NoPaging | PagePaging | OffsetPaging | CursorPaging | LinkPaging | NextUrlPaging
OnePaging = _PagesOfSpan | KeysetPaging
"""What pages a stream, or one span of it."""


class DatePaging(Options):
    """Spans of time, one after another, up to now; each may have pages of its own.

    Records outside the span that was asked for are left to the span they belong to, so an
    API that is inclusive at either end, or at both, gives every record once.
    """

    type: Literal["dates"]
    field: str = Field(min_length=1, description="Field that holds the record's moment.")
    since_param: Param = "since"
    until_param: Param = "until"
    format: MomentFormat = Field(default="iso", description="How a moment is written.")
    start: Annotated[str, AfterValidator(_moment)] = Field(
        description="The moment before which there is nothing to read, in ISO 8601.",
        examples=["2020-01-01"],
    )
    step_days: int = Field(default=31, gt=0, description="Length of a span.")
    pages: _PagesOfSpan = Field(
        default=NoPaging(),
        discriminator="type",
        description="How the pages of one span follow one another.",
    )

    @model_validator(mode="after")
    def _counts_no_span(self) -> Self:
        if not isinstance(self.pages, NoPaging) and self.pages.total is not None:
            raise ValueError("spans overlap at their ends, so that no `total` fits them")
        return self


Paging = Annotated[OnePaging | DatePaging, Field(discriminator="type")]
