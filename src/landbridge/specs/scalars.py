"""What a plain YAML scalar is: YAML 1.2 without its surprises."""

import re
from decimal import Decimal
from typing import NamedTuple

from landbridge.specs.tree import ScalarKind

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII
)
_LONGEST_NUMBER = 40


class Plain(NamedTuple):
    """A plain scalar resolved.

    Attributes:
        kind: What it is.
        json_text: Its JSON, or "" for text, whose JSON is its characters.
        exact: Whether the number's digits survive.
    """

    kind: ScalarKind
    json_text: str = ""
    exact: bool = True


_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Plain("null", "null")),
    **dict.fromkeys(("true", "True", "TRUE"), Plain("boolean", "true")),
    **dict.fromkeys(("false", "False", "FALSE"), Plain("boolean", "false")),
}


def resolve(text: str) -> Plain:
    """Return what an unquoted scalar is.

    `no`, `on`, dates, `12:30`, `1_000` and digits after a leading zero (`007`) are text,
    never something else: whoever wants a number or a boolean gets a fault that says so.

    Example:
        >>> [resolve(text).kind for text in ("no", "007", "1.5", "0x1F", "2020-01-01", "~")]
        ['text', 'text', 'number', 'integer', 'text', 'null']
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return Plain("integer", text.lstrip("+"), len(text) <= _LONGEST_NUMBER)
    if _BASED.fullmatch(text):
        exact = len(text) <= _LONGEST_NUMBER
        return Plain("integer", str(int(text, 0)) if exact else "0", exact)
    if _NUMBER.fullmatch(text):
        return _number(text)
    return Plain("text")


def _number(text: str) -> Plain:
    value = float(text)
    shown = repr(value)
    if len(text) > _LONGEST_NUMBER or shown.lstrip("-") == "inf":
        return Plain("number", "0", exact=False)
    return Plain("number", shown, exact=Decimal(shown) == Decimal(text))
