"""Rows as NDJSON, whole columns at a time."""

import json

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import meaning_of
from landbridge.sdk.texts import text_column

_CONTROL = "[\\x00-\\x1f]"
_NUMBER = r"^-?(0|[1-9]\d{0,300})(\.\d{1,300})?$"


def ndjson_lines(rows: pa.RecordBatch) -> bytes:
    """Return one JSON object a line, in UTF-8, NULL as `null`.

    Numbers are JSON numbers with all their digits; NaN, infinities, dates, times, UUIDs and
    base64 are strings.
    """
    if rows.num_rows == 0:
        return b""
    pieces: list[pa.Array | str] = []
    lead = "{"
    for field, column in zip(rows.schema, rows.columns, strict=True):
        pieces += [
            lead + json.dumps(field.name, ensure_ascii=False) + ":",
            _json(column, field),
        ]
        lead = ","
    pieces.append("}\n")
    lines = pc.binary_join_element_wise(*[_large(piece) for piece in pieces], pa.scalar("", _L))
    return b"".join(lines.cast(pa.large_binary()).to_pylist())


_L = pa.large_string()


def _large(piece: pa.Array | str) -> pa.Array | pa.Scalar:
    return pa.scalar(piece, _L) if isinstance(piece, str) else piece.cast(_L)


def _json(values: pa.Array, field: pa.Field) -> pa.Array:
    storage = values.type
    logical = meaning_of(field).logical
    if pa.types.is_floating(storage):
        found = _float(values)
    elif pa.types.is_boolean(storage) or pa.types.is_integer(storage):
        found = values.cast(pa.string())
    elif pa.types.is_decimal(storage):
        found = values.cast(pa.string())
        found = pc.if_else(pc.match_substring_regex(found, _NUMBER), found, _quoted(found))
    elif logical == "number":
        found = pc.if_else(pc.match_substring_regex(values, _NUMBER), values, _quoted(values))
    elif logical == "json":
        found = _inline(values)
    else:
        found = _quoted(text_column(values))
    return pc.fill_null(found, "null")


def _float(values: pa.Array) -> pa.Array:
    texts = values.cast(pa.string())
    texts = pc.if_else(pc.equal(texts, "-0"), "-0.0", texts)
    return pc.if_else(pc.is_finite(values), texts, _quoted(texts))


def _inline(values: pa.Array) -> pa.Array:
    """JSON stays JSON where it is one; other text becomes a string."""
    return pa.array([_compact(value) for value in values.to_pylist()], pa.string())


def _compact(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        json.loads(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    return text.replace("\r", " ").replace("\n", " ")


def _quoted(texts: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(texts, _CONTROL)).as_py():
        found = [
            None if t is None else json.dumps(t, ensure_ascii=False) for t in texts.to_pylist()
        ]
        return pa.array(found, pa.string())
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    return pc.binary_join_element_wise('"', escaped, '"', "")
