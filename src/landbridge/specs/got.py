"""What stands in the document, told without telling secrets."""

import json
import re
from dataclasses import dataclass

from landbridge.specs.faults import Where
from landbridge.specs.shape import Found, is_secret
from landbridge.specs.tree import ListNode, MapNode, ScalarNode, node_at

_SHOWN_CHARS = 60
_SECRET_NAMES = re.compile(
    r"passw|passphrase|secret|token|credential|private|api_?key|access_?key|^pwd$|^auth",
    re.IGNORECASE,
)
HIDDEN = "********"


@dataclass(frozen=True, slots=True)
class Value:
    """A written value as faults may show it.

    Attributes:
        kind: What it is, as a word of the catalogue.
        text: Its characters, or "" for a list, a mapping or a secret.
        shown: The same, quoted and shortened.
        length: Characters, items or entries.
        hidden: Whether it may be a secret.
    """

    kind: str
    text: str
    shown: str
    length: int
    hidden: bool


def value_of(found: Found, where: Where) -> Value:
    """Return what is written at a place; what may be a secret is starred."""
    node = found.node or node_at(where.root, (*where.prefix, *found.path))
    names = [step for step in (*where.prefix, *found.path) if isinstance(step, str)]
    hidden = is_secret(found.shape) or any(map(_SECRET_NAMES.search, names[-1:]))
    if isinstance(node, ScalarNode):
        shown = shorten(node.text) if node.kind == "text" else node.text[:_SHOWN_CHARS]
        return Value(
            node.kind,
            "" if hidden else node.text,
            HIDDEN if hidden else shown,
            len(node.text),
            hidden,
        )
    if isinstance(node, ListNode):
        return Value("list", "", "[…]", len(node.items), hidden)
    if isinstance(node, MapNode):
        return Value("mapping", "", "{…}", len(node.entries), hidden)
    return Value("null", "", "", 0, hidden)


def shorten(text: str) -> str:
    """Return a text in quotes, cut where it is long.

    Example:
        >>> shorten("x" * 100) == '"' + "x" * 60 + '…"'
        True
    """
    cut = text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
    return json.dumps(cut, ensure_ascii=False)
