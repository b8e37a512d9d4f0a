"""How one page leads to the next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from landbridge.connectors.http.client import Answer, ApiClient
from landbridge.connectors.http.json_path import at_path
from landbridge.connectors.http.paging_options import (
    CursorPaging,
    DatePaging,
    KeysetPaging,
    LinkPaging,
    NextUrlPaging,
    NoPaging,
    OffsetPaging,
    OnePaging,
    PagePaging,
)
from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.json_rows import JsonObject

_LONGEST = 1_500

Value = str | int


@dataclass(frozen=True, slots=True)
class Page:
    """One answer.

    Attributes:
        asked: What asked for it.
        number: Which it is, from 1.
        answer: The answer.
        body: What it says, parsed.
        given: The records in it.
        records: Those of them that belong to the page.
    """

    asked: str
    number: int
    answer: Answer
    body: object
    given: Sequence[JsonObject]
    records: Sequence[JsonObject]


def params_of(paging: OnePaging, asked: str, overlap: int) -> Mapping[str, Value]:
    """Return the parameters that ask for a page."""
    found: dict[str, Value] = {}
    match paging:
        case PagePaging():
            found[paging.page_param] = int(asked or paging.first)
        case OffsetPaging():
            found[paging.offset_param] = paging.first + offset_asked(asked, overlap)
        case CursorPaging() if asked:
            found[paging.cursor_param] = asked
        case KeysetPaging() if asked:
            found[paging.after_param] = json.loads(asked)
        case _:
            pass
    if isinstance(paging, NoPaging) or is_link(paging, asked):
        return found
    if paging.size_param is not None:
        found[paging.size_param] = paging.size
    return found


def is_link(paging: OnePaging | DatePaging, asked: str) -> bool:
    """Return whether what asks for a page is its whole address."""
    return isinstance(paging, LinkPaging | NextUrlPaging) and asked != ""


def offset_asked(asked: str, overlap: int) -> int:
    """Return how many records are before a page that repeats some of the page before."""
    return max(0, int(asked or 0) - overlap)


def following_page(
    paging: OnePaging, asked: str, page: Page, fresh: int, client: ApiClient
) -> str | None:
    """Return what asks for the page after this one, or None after the last.

    Raises:
        DataUnreadableError: The answer leads nowhere that can be asked for.
    """
    match paging:
        case PagePaging() if page.given:
            following: str | None = str(int(asked or paging.first) + 1)
        case OffsetPaging() if fresh:
            following = str(int(asked or 0) + fresh)
        case CursorPaging():
            following = _short(_cursor(page.body, paging.next))
        case LinkPaging():
            link = _next_link(page.answer.headers.get("link", ""))
            following = _relative(page.answer, link, client)
        case NextUrlPaging():
            following = _relative(page.answer, _cursor(page.body, paging.next), client)
        case KeysetPaging() if fresh:
            following = key_token(paging, page.given[-1])
        case _:
            following = None
    return following


def key_token(paging: KeysetPaging, record: JsonObject) -> str:
    """Return what asks for the records after one.

    Raises:
        DataUnreadableError: It has no value to go on from.
    """
    match record.get(paging.field):
        case bool():
            pass
        case str() | int() as value if value != "":
            return _short(json.dumps(value, ensure_ascii=False)) or ""
        case Decimal() as value:
            return json.dumps(str(value))
        case _:
            pass
    raise DataUnreadableError(f"a record has no value in {paging.field} to go on from")


def _cursor(found: object, path: str) -> str | None:
    try:
        value = at_path(found, path)
    except KeyError:
        return None
    match value:
        case None | "" | False:
            return None
        case str():
            return value
        case int():
            return str(value)
        case _:
            raise DataUnreadableError(f"{path} in the answer is neither a text nor a number")


def _short(cursor: str | None) -> str | None:
    if cursor is not None and len(cursor.encode()) > _LONGEST:
        raise DataUnreadableError(
            f"the API's cursor has more than {_LONGEST} bytes and cannot be kept"
        )
    return cursor


def _relative(answer: Answer, link: str | None, client: ApiClient) -> str | None:
    if link is None:
        return None
    return _short(str(client.following(answer, link)))


def _next_link(header: str) -> str | None:
    """Return the address of the link whose relation is `next`."""
    rest = header
    while "<" in rest:
        address, _, rest = rest.partition("<")[2].partition(">")
        attributes, _, _ = rest.partition("<")
        for attribute in attributes.replace(",", ";").split(";"):
            name, _, value = attribute.strip().partition("=")
            if name.strip().lower() == "rel" and "next" in value.strip('" ').lower().split():
                return address.strip()
    return None
