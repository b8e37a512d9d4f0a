"""From the errors of a model to faults with places and remedies."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import Fault, Where
from landbridge.specs.got import Value, value_of
from landbridge.specs.shape import (
    UNKNOWN,
    Found,
    example_of,
    follow,
    kinds_of,
    names_of,
    tags_of,
    values_of,
)
from landbridge.specs.spec import NAME_PATTERN
from landbridge.specs.tree import ListNode, MapNode, child, json_of, node_at

Facts = dict[str, str | int]
SpecT = TypeVar("SpecT", bound=BaseModel)
_BOUNDS: Mapping[str, tuple[FaultCode, str, str]] = {
    "greater_than": (FaultCode.TOO_SMALL, "gt", ">"),
    "greater_than_equal": (FaultCode.TOO_SMALL, "ge", "≥"),
    "less_than": (FaultCode.TOO_LARGE, "lt", "<"),
    "less_than_equal": (FaultCode.TOO_LARGE, "le", "≤"),
}
_LENGTHS: Mapping[str, tuple[FaultCode, str]] = {
    "string_too_short": (FaultCode.TOO_SHORT, "min_length"),
    "too_short": (FaultCode.TOO_SHORT, "min_length"),
    "string_too_long": (FaultCode.TOO_LONG, "max_length"),
    "too_long": (FaultCode.TOO_LONG, "max_length"),
}
_TYPE_ERROR = re.compile(r"\w+_type|\w+_parsing|int_from_float|model_attributes_type")


def judge(model: type[SpecT], where: Where) -> SpecT | list[Fault]:
    """Return the part of a document as a model, or everything that is wrong with it."""
    node = node_at(where.root, where.prefix)
    text = json_of(node) if node is not None else "null"
    return judge_json(model, text, where)


def judge_json(model: type[SpecT], text: str, where: Where) -> SpecT | list[Fault]:
    """Return JSON as a model, or faults placed in the document that it came from."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        faults = [
            (_fault(item, found, where), found)
            for item in error.errors(include_url=False)
            if (found := _found(model, item, where)) is not None
        ]
        return _one_per_union(faults)


def _found(model: type[BaseModel], error: ErrorDetails, where: Where) -> Found | None:
    """Locate an error; `None` for a follow-up of others that says nothing new."""
    root = node_at(where.root, where.prefix) or where.root
    found = follow(model, error["loc"], root)
    if error["type"] == "too_short":
        node = found.node
        written = len(node.items) if isinstance(node, ListNode) else 0
        if written >= int(error.get("ctx", {}).get("min_length", 0)):
            return None
    return found


def _fault(error: ErrorDetails, found: Found, where: Where) -> Fault:
    kind = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    value = value_of(found, where)
    place = where.place(*found.path)
    if "rule" in context:
        facts = {name: fact for name, fact in context.items() if name != "rule"}
        facts.setdefault("value", value.shown)
        return Fault(FaultCode(kind), place, facts)
    if kind in _BOUNDS:
        code, key, relation = _BOUNDS[kind]
        facts = {"value": value.shown, "relation": relation, "bound": str(context[key])}
        return Fault(code, place, facts)
    if kind in _LENGTHS:
        code, key = _LENGTHS[kind]
        facts = {
            "length": value.length,
            "bound": context[key],
            "example": example_of(found.shape),
        }
        return Fault(code, place, facts)
    translate = _TRANSLATIONS.get(kind)
    if translate is None and _TYPE_ERROR.fullmatch(kind):
        translate = _type_wrong
    return (translate or _refused)(error, found, value, where)


def _field_unknown(_: ErrorDetails, found: Found, __: Value, where: Where) -> Fault:
    name = str(found.path[-1])
    parent = node_at(where.root, (*where.prefix, *found.path[:-1]))
    written = set(parent.entries) if isinstance(parent, MapNode) else set[str]()
    names = names_of(found.owner) if found.owner is not None else []
    free = [other for other in names if other not in written]
    facts: Facts = {
        "name": name,
        "nearest": nearest(name, free),
        "allowed": ", ".join(names),
    }
    return Fault(FaultCode.FIELD_UNKNOWN, where.place(*found.path), facts)


def _field_missing(_: ErrorDetails, found: Found, __: Value, where: Where) -> Fault:
    facts: Facts = {"name": str(found.path[-1]), "example": example_of(found.shape)}
    return Fault(FaultCode.FIELD_MISSING, where.place(*found.path), facts)


def _tag_missing(error: ErrorDetails, found: Found, value: Value, where: Where) -> Fault:
    if not isinstance(found.node, MapNode):
        return _type_wrong(error, found, value, where)
    name = found.shape.discriminator
    tags = tags_of(found.shape)
    facts: Facts = {"name": name, "example": " | ".join(tags)}
    return Fault(FaultCode.FIELD_MISSING, where.place(*found.path, name), facts)


def _tag_unknown(_: ErrorDetails, found: Found, __: Value, where: Where) -> Fault:
    name = found.shape.discriminator
    node = child(found.node, name) if found.node is not None else None
    below = Found((*found.path, name), UNKNOWN, found.owner, None, node)
    value = value_of(below, where)
    facts = _choice(value.text, value, tags_of(found.shape))
    return Fault(FaultCode.VALUE_UNKNOWN, where.place(*below.path), facts)


def _value_unknown(error: ErrorDetails, found: Found, value: Value, where: Where) -> Fault:
    allowed = values_of(found.shape)
    if not allowed:
        allowed = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    place = where.place(*found.path)
    return Fault(FaultCode.VALUE_UNKNOWN, place, _choice(value.text, value, allowed))


def _choice(text: str, value: Value, allowed: Sequence[str]) -> Facts:
    return {
        "value": value.shown,
        "nearest": nearest(text, allowed),
        "allowed": ", ".join(allowed),
    }


def _pattern_unmet(error: ErrorDetails, found: Found, value: Value, where: Where) -> Fault:
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    place = where.place(*found.path)
    if pattern == NAME_PATTERN:
        facts: Facts = {"value": value.shown, "example": name_from(value.text)}
        return Fault(FaultCode.NAME_MALFORMED, place, facts)
    facts = {"value": value.shown, "pattern": pattern, "example": example_of(found.shape)}
    return Fault(FaultCode.PATTERN_UNMET, place, facts)


def _type_wrong(_: ErrorDetails, found: Found, value: Value, where: Where) -> Fault:
    expected = kinds_of(found.shape) or ["text"]
    facts: Facts = {
        "expected": ",".join(expected),
        "found": value.kind,
        "shown": f" {value.shown}" if value.kind not in {"list", "mapping", "null"} else "",
        "example": _converted(value, expected) or example_of(found.shape),
    }
    return Fault(FaultCode.TYPE_WRONG, where.place(*found.path), facts)


def _refused(error: ErrorDetails, found: Found, value: Value, where: Where) -> Fault:
    reason = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    if value.hidden:
        reason = error["type"]
    facts: Facts = {
        "value": value.shown,
        "reason": reason,
        "example": example_of(found.shape),
    }
    return Fault(FaultCode.VALUE_REFUSED, where.place(*found.path), facts)


_Translation = Callable[[ErrorDetails, Found, Value, Where], Fault]
_TRANSLATIONS: Mapping[str, _Translation] = {
    "extra_forbidden": _field_unknown,
    "missing": _field_missing,
    "union_tag_not_found": _tag_missing,
    "union_tag_invalid": _tag_unknown,
    "literal_error": _value_unknown,
    "enum": _value_unknown,
    "string_pattern_mismatch": _pattern_unmet,
}


def nearest(text: str, allowed: Sequence[str]) -> str:
    """Return the allowed word that was most likely meant, or "".

    Example:
        >>> nearest("mergee", ["append", "merge"])
        'merge'
        >>> nearest("form", ["format", "from"])
        'from'
    """
    word = text.lower()[:100]
    for other in allowed:
        if sorted(other) == sorted(word):
            return other
    close = get_close_matches(word, allowed, n=1)
    return close[0] if close else ""


def name_from(text: str) -> str:
    """Return a name that resembles a text.

    Example:
        >>> name_from("1st Material-Master")
        'n_1st_material_master'
    """
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not words:
        return "material_master"
    return (words if words[0].isalpha() else f"n_{words}")[:63].rstrip("_")


def _converted(value: Value, expected: Sequence[str]) -> str:
    """Return the value written as what was expected, where that is evident."""
    if value.hidden or value.kind in {"mapping", "null"}:
        return ""
    words = {"no": "false", "off": "false", "n": "false"}
    words |= {"yes": "true", "on": "true", "y": "true"}
    tries: dict[str, str] = {
        "text": f'"{value.text}"' if value.kind not in {"text", "list"} else "",
        "boolean": words.get(value.text.lower(), ""),
        "integer": _digits(value.text),
        "number": _digits(value.text),
        "list": f"[{value.shown}]" if value.kind != "list" else "",
    }
    return next((tries[kind] for kind in expected if tries.get(kind)), "")


def _digits(text: str) -> str:
    plain = text.replace("_", "").replace(",", "").strip().removesuffix(".0")
    is_number = plain.isascii() and plain.isdigit() and len(plain) <= 18  # noqa: PLR2004
    return str(int(plain)) if is_number else ""


def _one_per_union(faults: Sequence[tuple[Fault, Found]]) -> list[Fault]:
    """Keep, of alternatives tried in turn, only what the user most likely meant."""
    kept: list[Fault] = []
    unions: dict[tuple[str | int, ...], list[tuple[Fault, Found]]] = {}
    for fault, found in faults:
        if found.union_path is None:
            kept.append(fault)
        else:
            unions.setdefault(found.union_path, []).append((fault, found))
    for path, tried in unions.items():
        deepest = max(len(found.path) for _, found in tried)
        if deepest == len(path):
            kept.append(_joined([fault for fault, _ in tried]))
        else:
            kept += [fault for fault, found in tried if len(found.path) == deepest]
    return kept


def _joined(faults: Sequence[Fault]) -> Fault:
    other = [fault for fault in faults if fault.code is not FaultCode.TYPE_WRONG]
    if other:
        return other[0]
    expected = dict.fromkeys(
        kind for fault in faults for kind in str(fault.facts["expected"]).split(",")
    )
    return replace(faults[0], facts={**faults[0].facts, "expected": ",".join(expected)})
