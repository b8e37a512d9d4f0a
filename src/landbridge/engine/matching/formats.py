"""How dates are written as text, how text is written as bytes, and codes around numbers."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
)
_ISO = frozenset({"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"})
_DIGITS = {"%Y%m%d": 8, "%Y%m%d%H%M%S": 14}
_FEWEST = 3
_EARLIEST, _LATEST = 1900, 2200
_CODE = re.compile(r"(\D*?)(0*)(\d{1,18})")
_FIRST_HAN, _LAST_HAN = "一", "鿿"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How a field writes dates.

    Attributes:
        pattern: The format, as a mapping takes it.
        ambiguous: Another format that reads every sampled value as well, or "".
    """

    pattern: str
    ambiguous: str = ""

    @property
    def iso(self) -> bool:
        """Whether a mapping reads it without being told the format."""
        return self.pattern in _ISO

    def read(self, value: object) -> object:
        """Return the moment that a text says, or None."""
        return _read(value, self.pattern) if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class CodeShape:
    """A code that is a number with a fixed beginning: `MAT-0042`.

    Attributes:
        prefix: What stands before the digits in every value.
        width: How many digits there are when they are padded with zeros, or 0.
    """

    prefix: str
    width: int


def date_format(values: Sequence[str]) -> DateFormat | None:
    """Return the format in which every value is a date of our times, or None.

    Example:
        >>> date_format(["31/12/2024", "01/02/2025", "05/06/2025"]).pattern
        '%d/%m/%Y'
    """
    if len(set(values)) < _FEWEST:
        return None
    fitting = [
        pattern
        for pattern in _FORMATS
        if len(_written(pattern)) <= max(map(len, values))
        and all(_read(value, pattern) is not None for value in values)
    ]
    if not fitting:
        return None
    return DateFormat(fitting[0], next(iter(fitting[1:]), ""))


def text_encoding(values: Sequence[bytes]) -> str:
    """Return the encoding in which every value is readable text, or ""."""
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            texts = [value.decode(encoding) for value in values]
        except UnicodeDecodeError:
            continue
        if texts and all(map(_readable, texts)):
            return encoding
    return ""


def decoded(value: object, encoding: str) -> object:
    """Return bytes as text when their encoding is known."""
    return value.decode(encoding) if encoding and isinstance(value, bytes) else value


def code_shape(values: Collection[str]) -> CodeShape | None:
    """Return the shape that all values share when they are numbers with a beginning."""
    found = [_CODE.fullmatch(value) for value in values]
    if not found or None in found:
        return None
    prefixes = {match[1] for match in found if match}
    widths = {len(match[2] + match[3]) for match in found if match}
    padded = any(match[2] for match in found if match)
    if len(prefixes) != 1 or (padded and len(widths) != 1):
        return None
    return CodeShape(prefixes.pop(), widths.pop() if padded else 0)


def code_number(value: str) -> str:
    """Return the digits of a code without its beginning and zeros: `42` of `MAT-0042`."""
    found = _CODE.fullmatch(value)
    return found[3] if found else ""


def _written(pattern: str) -> str:
    return pattern.replace("%Y", "yyyy").replace("%", "")


def _read(value: str, pattern: str) -> datetime | None:
    try:
        found = datetime.strptime(value, pattern)  # noqa: DTZ007  a wall clock's time
    except ValueError:
        return None
    exact = pattern not in _DIGITS or len(value) == _DIGITS[pattern]
    return found if exact and _EARLIEST <= found.year <= _LATEST else None


def _readable(text: str) -> bool:
    return all(
        sign.isprintable()
        and (sign.isascii() or _FIRST_HAN <= sign <= _LAST_HAN or sign > "\u2000")
        for sign in text
    )
