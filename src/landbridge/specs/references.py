"""References to secrets: `${secret:name}` within any text value."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import Fault, Where
from landbridge.specs.tree import Node, node_at, texts_of

REFERENCE = re.compile(r"\$\{secret:([A-Za-z][A-Za-z0-9_.-]{0,126})\}", re.ASCII)
_INTENDED = re.compile(r"\$\{\s*(\w{4,9})\b[^}\n]{0,200}\}?")
_ALIKE = 0.8


def reference_faults(where: Where) -> list[Fault]:
    """Return what is wrong with the references in a part of a document."""
    node = node_at(where.root, where.prefix)
    return [] if node is None else list(_faults(node, where))


def _faults(node: Node, where: Where) -> Iterator[Fault]:
    for path, text in texts_of(node):
        for found in _INTENDED.finditer(REFERENCE.sub("", text)):
            word = found[1].lower()
            if SequenceMatcher(None, word, "secret").ratio() < _ALIKE:
                continue
            name = re.sub(r"^[^A-Za-z]+|[^A-Za-z0-9_.-]+", "", found[0][2:][len(word) :])
            facts: dict[str, str | int] = {
                "reference": found[0][:60],
                "nearest": name[:60] or "erp_password",
            }
            yield Fault(FaultCode.SECRET_REFERENCE_MALFORMED, where.place(*path), facts)
