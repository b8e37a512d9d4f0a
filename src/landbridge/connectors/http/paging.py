"""How one page leads to the next."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from landbridge.connectors.http.client import Answer, ApiClient
from landbridge.connectors.http.options import (
    CursorPaging,
    LinkPaging,
    NextUrlPaging,
    NoPaging,
    OffsetPaging,
    PagePaging,
    Paging,
)
from landbridge.data.batch import Position
from landbridge.kernel.errors import DataUnreadableError, PositionUnusableError
from landbridge.sdk.json_rows import JsonObject

_LONGEST = 3_500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read stands.

    Attributes:
        page: What asks for the page: a number, an offset, a cursor, a path; "" for the
            first one, None after the last.
        skip: Records of that page already delivered.
        last: Hash of the record before, to know it again; "" without one.
    """

    page: str | None = ""
    skip: int = 0
    last: str = ""

    def to_position(self) -> Position:
        """Return the place as a position."""
        return Position(json.dumps([self.page, self.skip, self.last]).encode())


def place_from(position: Position | None) -> Place:
    """Return the place of a position.

    Raises:
        PositionUnusableError: It is none of ours.
    """
    if position is None:
        return Place()
    try:
        match json.loads(position):
            case [str() | None as page, int(skip), str(last)]:
                return Place(page, skip, last)
            case _:
                pass
    except ValueError:
        pass
    raise PositionUnusableError("the position is not of this stream")


def params_of(paging: Paging, page: str) -> Mapping[str, str]:
    """Return the query parameters that ask for a page."""
    found: dict[str, str] = {}
    match paging:
        case PagePaging():
            found[paging.page_param] = page or str(paging.first)
        case OffsetPaging():
            found[paging.offset_param] = page or "0"
        case CursorPaging() if page:
            found[paging.cursor_param] = page
        case _:
            pass
    follows_link = isinstance(paging, LinkPaging | NextUrlPaging) and page
    if not isinstance(paging, NoPaging) and paging.size_param is not None and not follows_link:
        found[paging.size_param] = str(paging.size)
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """One answer.

    Attributes:
        asked: What asked for it.
        answer: The answer.
        body: Its JSON.
        records: The records in it.
    """

    asked: str
    answer: Answer
    body: object
    records: Sequence[JsonObject]


def following_page(paging: Paging, page: Page, client: ApiClient) -> str | None:
    """Return what asks for the page after this one, or None after the last.

    Raises:
        DataUnreadableError: The answer leads nowhere that can be asked for.
    """
    match paging:
        case NoPaging():
            return None
        case PagePaging():
            return str(int(page.asked or paging.first) + 1) if page.records else None
        case OffsetPaging():
            count = len(page.records)
            return str(int(page.asked or 0) + count) if count else None
        case CursorPaging():
            return _short(_cursor(page.body, paging.next))
        case LinkPaging():
            link = _next_link(page.answer.headers.get("link", ""))
            return _relative(page.answer, link, client)
        case NextUrlPaging():
            return _relative(page.answer, _cursor(page.body, paging.next), client)
        case _:
            assert_never(paging)


def at_path(found: object, path: str) -> object:
    """Return what stands in JSON at a dotted path.

    Raises:
        KeyError: Nothing does.
    """
    for name in path.split(".") if path else ():
        if not isinstance(found, dict) or name not in found:
            raise KeyError(name)
        found = found[name]
    return found


def fingerprint(record: JsonObject) -> str:
    """Return a short hash of a record."""
    text = json.dumps(record, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
    for part in header.split(","):
        address, *attributes = part.split(";")
        for attribute in attributes:
            name, _, value = attribute.strip().partition("=")
            if name.lower() == "rel" and "next" in value.strip('" ').lower().split():
                return address.strip().strip("<>")
    return None
