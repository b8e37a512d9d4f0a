"""Pages of a stream: asked for, and their records found."""

from collections.abc import Mapping, Sequence
from email.message import Message

from landbridge.connectors.http.client import Answer, ApiClient, told
from landbridge.connectors.http.json_path import at_path
from landbridge.connectors.http.options import HttpStream
from landbridge.connectors.http.paging import Page, is_link, params_of
from landbridge.connectors.http.requests import call_for, linked_call
from landbridge.connectors.http.spans import Spans
from landbridge.connectors.http.trail import Trail
from landbridge.connectors.http.verdict import judged
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
)
from landbridge.sdk.json_rows import JsonObject, parse_json


class PageFetch:
    """Asks for pages of one stream, for one read."""

    def __init__(
        self,
        stream: HttpStream,
        window: Mapping[str, str],
        trail: Trail,
        spans: Spans | None,
        client: ApiClient,
    ) -> None:
        self._stream = stream
        self._window = window
        self._trail = trail
        self._spans = spans
        self._client = client

    def page(self, asked: str, number: int) -> Page:
        """Return a page.

        Raises:
            LandbridgeError: The API does not give it, or it is not what it should be.
        """
        answer, body = self._judged(asked)
        given = _records(answer, body, self._stream.records)
        records = given
        if self._spans is not None:
            records = self._spans.kept(self._spans.of(asked), given)
        return Page(asked, number, answer, body, given, records)

    def _judged(self, asked: str) -> tuple[Answer, object]:
        """Return an answer that says all is well; a token that it says has ended is renewed."""
        answer = self._answer(asked)
        body = _json(answer)
        verdict = self._client.verdict
        if verdict is None:
            return answer, body
        error = judged(body, verdict, told(answer.url))
        if isinstance(error, AuthenticationRefusedError) and self._client.renew(answer):
            answer = self._answer(asked)
            body = _json(answer)
            error = judged(body, verdict, told(answer.url))
        if error is not None:
            raise error
        return answer, body

    def _answer(self, asked: str) -> Answer:
        paging, inner = self._trail.paging, self._trail.inner(asked)
        if is_link(paging, inner):
            return self._client.ask(linked_call(self._stream, inner, self._client))
        params = {**self._window, **params_of(paging, inner, self._trail.overlap)}
        if self._spans is not None:
            params |= self._spans.params(self._spans.of(asked))
        return self._client.ask(call_for(self._stream, params, self._client))


def name_page(error: LandbridgeError, stream: str, number: int) -> None:
    """Make an error say which page of which stream it is about."""
    error.args = (f"page {number} of {stream}: {error}",)
    error.facts = {"stream": stream, "page": number, **error.facts}


def _json(answer: Answer) -> object:
    kind, _, rest = answer.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    place = told(answer.url)
    if kind not in {"application/json", "text/json"} and not kind.endswith("+json"):
        raise DataUnreadableError(
            f"{place} is {kind or 'of no stated type'}, not JSON",
            hint="check `url` and `path`: a sign-in page is HTML",
        )
    charset = _charset(rest)
    try:
        return parse_json(answer.body.decode(charset) if charset else answer.body)
    except (ValueError, LookupError) as error:
        raise DataUnreadableError(f"{place} is not JSON: {error}") from error


def _charset(attributes: str) -> str:
    """Return the encoding that a content type states, or "" for what JSON itself says."""
    message = Message()
    message["content-type"] = f"application/json; {attributes}"
    return str(message.get_content_charset() or "")


def _records(answer: Answer, body: object, path: str) -> Sequence[JsonObject]:
    place = told(answer.url)
    try:
        found = at_path(body, path)
    except KeyError as error:
        raise DataUnreadableError(
            f"{place} has nothing at {path}", hint="check `records`"
        ) from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DataUnreadableError(
            f"{place} holds no list of objects at {path or 'its top'}",
            hint="check `records`",
        )
    return found
