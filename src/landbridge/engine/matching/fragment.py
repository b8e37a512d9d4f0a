"""Writing a proposal as an entry of a mapping, with the code table it needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from landbridge.engine.matching.formats import CodeShape
from landbridge.engine.matching.propose import Proposal
from landbridge.engine.matching.sampled import FieldSample

_FOLDER = "code_tables"
_UNSAFE = re.compile(r"[^\w\-]+")
_MOMENTS = frozenset({"date", "timestamp", "instant"})
KEY, VALUE = "source", "target"
Entry = dict[str, object]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One entry of a mapping.

    Attributes:
        entry: The entry, as a document has it.
        table: File of its code table, relative to the project, or "".
        pairs: Rows of the code table.
    """

    entry: Mapping[str, object]
    table: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


def fragment_of(proposal: Proposal, stream: str) -> Fragment:
    """Return the entry that does what a proposal says.

    Args:
        proposal: The proposal.
        stream: Name of the target's stream; the code table's file is named for it.
    """
    source, target, conversion = proposal.source, proposal.target, proposal.conversion
    entry: Entry = {"to": target.name}
    if conversion.kind == "table":
        file = f"{_FOLDER}/{_safe(stream)}_{_safe(target.name)}.csv"
        table = {"file": file, "from": KEY, "to": VALUE, "unmatched": "refuse"}
        entry |= {"from": source.name, "code_table": table, **_text_to(target)}
        return Fragment(entry, file, conversion.pairs)
    if conversion.kind == "factor":
        entry["expression"] = f"{_quoted(source.name)} * {conversion.factor:f}"
        return Fragment({**entry, "type": target.type_name})
    if conversion.kind == "number":
        split = {"from": source.name, "pattern": "([0-9]+)$", "group": 1}
        entry |= {"split": split, "normalise": ["strip_leading_zeros"], **_text_to(target)}
        return Fragment(entry)
    if conversion.kind == "code" and conversion.shape is not None:
        return Fragment({**entry, "expression": _code(source.name, conversion.shape)})
    return Fragment({**entry, **_plain(source, target)})


def _plain(source: FieldSample, target: FieldSample) -> Entry:
    entry: Entry = {"from": source.name}
    if source.encoding:
        return {**entry, "type": "string", "encoding": source.encoding}
    if source.format is not None and target.logical in _MOMENTS:
        written = {} if source.format.iso else {"format": source.format.pattern}
        return {**entry, "type": target.type_name, **written}
    if target.format is not None and source.logical in _MOMENTS:
        return {**entry, "type": "string", "format": target.format.pattern}
    if source.format is not None and target.format is not None:
        first, second = source.format.pattern, target.format.pattern
        if first != second:
            read = f"strptime({_quoted(source.name)}, '{first}')"
            return {"expression": f"strftime({read}, '{second}')"}
    if source.type_name != target.type_name:
        entry["type"] = target.type_name
    return entry


def _text_to(target: FieldSample) -> Entry:
    return {} if target.type_name == "string" else {"type": target.type_name}


def _code(name: str, shape: CodeShape) -> str:
    """Return SQL that writes the number at the end of a value in the target's shape."""
    number = f"regexp_extract(CAST({_quoted(name)} AS VARCHAR), '[0-9]+$')"
    digits = f"CAST(CAST({number} AS BIGINT) AS VARCHAR)"
    if shape.width:
        wide = f"CAST(greatest({shape.width}, length({digits})) AS INTEGER)"
        digits = f"lpad({digits}, {wide}, '0')"
    prefix = shape.prefix.replace("'", "''")
    return f"'{prefix}' || {digits}" if prefix else digits


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).strip("_")
