"""A column type of the system, taken apart."""

import re
from dataclasses import dataclass

FAMILY = "mysql:"

_SPELLED = re.compile(
    r"(?P<name>[a-z_][a-z0-9_]*)\s*(?:\((?P<inner>.*)\))?(?P<rest>[^()]*)", re.DOTALL
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SAFE = re.compile(
    r"(?:double precision|[a-z][a-z0-9_]*)"
    r"(?:\((?:\d+(?:,\d+)?|'(?:[^'\\]|''|\\.)*'(?:,'(?:[^'\\]|''|\\.)*')*)\))?"
    r"(?: unsigned)?(?: zerofill)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class NativeType:
    """A type as a declaration spells it.

    Attributes:
        name: Its name in lower case, without size.
        sizes: Numbers in parentheses.
        unsigned: Whether it has no negative values.
        text: The whole, as `COLUMN_TYPE` shows it.
    """

    name: str
    sizes: tuple[int, ...] = ()
    unsigned: bool = False
    text: str = ""

    @property
    def size(self) -> int | None:
        """The first number in parentheses."""
        return self.sizes[0] if self.sizes else None

    @property
    def digits(self) -> int:
        """Digits of the fraction of a second that a time type keeps."""
        return self.sizes[0] if self.sizes else 0

    @property
    def declarable(self) -> bool:
        """Whether the text may stand in a declaration of ours: nothing but a type."""
        return _SAFE.fullmatch(self.text) is not None


def parse_native(text: str) -> NativeType:
    """Return a type from the spelling in a catalogue or in a column's metadata.

    Example:
        >>> parse_native("decimal(12,2) unsigned").sizes
        (12, 2)
        >>> parse_native("enum('a','b)')").name
        'enum'
    """
    plain = _COMMENT.sub("", text).strip()
    found = _SPELLED.fullmatch(plain)
    if found is None:
        return NativeType(plain.partition("(")[0].strip().lower(), text=plain)
    name = found["name"].lower()
    inner = found["inner"] or ""
    rest = found["rest"].lower().split()
    parts = inner.split(",") if re.fullmatch(r"\d+(,\d+)?", inner) else []
    return NativeType(
        name,
        tuple(int(part) for part in parts),
        unsigned="unsigned" in rest or "zerofill" in rest,
        text=plain,
    )
