"""Requests for the pages of a stream."""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from pydantic import JsonValue

from landbridge.connectors.http.calls import Call, shown
from landbridge.connectors.http.client import ApiClient
from landbridge.connectors.http.options import HttpStream
from landbridge.connectors.http.paging import Value
from landbridge.connectors.http.request_options import Body, FormBody, JsonBody
from landbridge.kernel.errors import OptionsInvalidError

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_FORM = "application/x-www-form-urlencoded"


def call_for(stream: HttpStream, params: Mapping[str, Value], client: ApiClient) -> Call:
    """Return the request for a page that these parameters ask for.

    Raises:
        OptionsInvalidError: The body has no place for one of them.
    """
    inside = stream.params_in == "body"
    query = {name: shown(value) for name, value in stream.params.items()}
    if not inside:
        query |= {name: shown(value) for name, value in params.items()}
    url = client.address(stream.path)
    return _call(
        stream,
        Call(url.copy_merge_params(query) if query else url, stream.method, stream.headers),
        params if inside else {},
    )


def linked_call(stream: HttpStream, address: str, client: ApiClient) -> Call:
    """Return the request for a page whose whole address is known."""
    call = Call(client.address(address), stream.method, stream.headers)
    return _call(stream, call, {})


def _call(stream: HttpStream, call: Call, params: Mapping[str, Value]) -> Call:
    if stream.body is None:
        return call
    content, media_type = _rendered(stream.body, params)
    headers = {"content-type": media_type, **call.headers}
    return Call(call.url, call.method, headers, content.encode())


def _rendered(body: Body, params: Mapping[str, Value]) -> tuple[str, str]:
    if isinstance(body, JsonBody):
        value = body.value
        for name, one in params.items():
            value = _with(value, name.split("."), one)
        return json.dumps(value, ensure_ascii=False), "application/json"
    if isinstance(body, FormBody):
        fields = {name: shown(one) for name, one in (body.fields | dict(params)).items()}
        return urlencode(fields), _FORM
    missing = params.keys() - set(_PLACEHOLDER.findall(body.text))
    if missing:
        raise OptionsInvalidError(f"the body has no place {{{{{min(missing)}}}}}")
    is_xml = "xml" in body.media_type
    texts = {name: escape(str(one)) if is_xml else str(one) for name, one in params.items()}
    text = _PLACEHOLDER.sub(lambda found: texts.get(found[1], ""), body.text)
    return text, f"{body.media_type}; charset=utf-8"


def _with(found: JsonValue, names: list[str], value: Value) -> dict[str, JsonValue]:
    """Return an object with a value put at the end of a way into it."""
    known = dict(found) if isinstance(found, dict) else {}
    first, *rest = names
    known[first] = _with(known.get(first), rest, value) if rest else value
    return known
