"""YAML to a tree with places, and every fault on the way. Nothing here is recursive."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import ROOT, Fault, Place, field_name
from landbridge.specs.scalars import resolve
from landbridge.specs.tree import (
    Entry,
    Node,
    Path,
    ScalarNode,
    Spot,
    height_of,
    list_node,
    map_node,
    weight_of,
)
from landbridge.specs.yaml_text import decode

MAX_DEPTH = 64
MAX_VALUES = 200_000
_SIGNS = (
    ("mapping values are not allowed", "colon"),
    ("could not find expected ':'", "key"),
    ("<block end>", "indent"),
    ("not equal to that of", "indent"),
    ("end of stream", "quote"),
    ("stream end", "bracket"),
    ("expected ',' or", "bracket"),
    ("cannot start any token", "start"),
    ("escape", "escape"),
)
"""What ruamel.yaml's words point to, with the advice of the catalogue."""

_KEY_OF_LINE = re.compile(r"\s*(?:- +)*([\w.-]+):(?=\s)")
_TEXT_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds, as far as it can be read.

    Attributes:
        root: The values, or `None` when there are none to go on with.
        faults: What is wrong so far.
    """

    root: Node | None
    faults: tuple[Fault, ...] = ()


def read_yaml(data: bytes, file: str) -> Reading:
    """Read one YAML document; whatever the bytes are, the answer is a tree or faults."""
    text = decode(data, file)
    if isinstance(text, Fault):
        return Reading(None, (text,))
    builder = _Builder(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _UnusableError:
        return Reading(None, tuple(builder.faults))
    except (YAMLError, ValueError, OverflowError) as error:
        builder.faults.append(_syntax_fault(error, text, builder))
        return Reading(None, tuple(builder.faults))
    if builder.root is None or (
        isinstance(builder.root, ScalarNode) and builder.root.kind == "null"
    ):
        builder.faults.append(Fault(FaultCode.FILE_EMPTY, Place(file, 1, 1, ROOT)))
        return Reading(None, tuple(builder.faults))
    return Reading(builder.root, tuple(builder.faults))


class _UnusableError(Exception):
    """The rest of the file cannot be read; the fault is noted already."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    spot: Spot
    anchor: str | None
    is_map: bool
    items: list[Node] = field(default_factory=list[Node])
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    key: str | None = None
    key_spot: Spot | None = None
    wants_key: bool = True
    weight: int = 1


class _Builder:
    """Takes parser events one by one and keeps the tree so far."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.last = Spot(1, 1)
        self.file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0

    def take(self, event: Event) -> None:
        """Note what one event says."""
        self.last = spot = _spot(event.start_mark)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._note(FaultCode.SEVERAL_DOCUMENTS, spot)
                raise _UnusableError
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._begin(event, spot)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._end()
        elif isinstance(event, AliasEvent):
            self._alias(str(event.anchor), spot)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, spot)

    def path(self) -> Path:
        """Return the path of the value being read."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[str | int]:
        for container in self._open:
            if not container.is_map:
                yield len(container.items)
            elif container.key is not None:
                yield container.key

    def _note(self, code: FaultCode, spot: Spot, **facts: str | int) -> None:
        place = Place(self.file, spot.line, spot.column, field_name(self.path()))
        self.faults.append(Fault(code, place, facts))

    def _begin(self, event: Any, spot: Spot) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._note(FaultCode.TOO_DEEP, spot, most=MAX_DEPTH)
            raise _UnusableError
        if event.tag is not None and str(event.tag) not in _PLAIN_TAGS:
            self._note(FaultCode.TAG_UNSUPPORTED, spot, tag=str(event.tag))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        is_map = isinstance(event, MappingStartEvent)
        self._open.append(_Open(spot, event.anchor, is_map))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.is_map:
            node = map_node(done.spot, done.entries)
        else:
            node = list_node(done.spot, tuple(done.items))
        if done.anchor is not None:
            self._anchors[done.anchor] = node
        self._place(node)

    def _alias(self, anchor: str, spot: Spot) -> None:
        node = self._anchors.get(anchor)
        if node is None:
            self._note(FaultCode.ALIAS_UNUSABLE, spot, alias=anchor)
            node = ScalarNode(spot, "null", "", "null")
        self._place(node)

    def _scalar(self, event: ScalarEvent, spot: Spot) -> None:
        tag = None if event.tag is None else str(event.tag)
        text = str(event.value)
        if tag not in {None, "!", _TEXT_TAG}:
            self._note(FaultCode.TAG_UNSUPPORTED, spot, tag=str(tag))
        plain = resolve(text)
        if event.style is not None or tag is not None or plain.kind == "text":
            node = ScalarNode(spot, "text", text, json.dumps(text))
        else:
            node = ScalarNode(spot, plain.kind, text, plain.json_text)
            if not plain.exact:
                self._note(FaultCode.NUMBER_INEXACT, spot, text=text[:60])
        if any("\ud800" <= char <= "\udfff" for char in text):
            self._note(FaultCode.CHARACTER_FORBIDDEN, spot, character="U+D800", escape="\\U")
            node = ScalarNode(spot, "text", "", '""')
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        container = self._open[-1]
        if container.is_map and container.wants_key:
            self._key(container, node)
            return
        container.weight += weight_of(node)
        if container.weight > MAX_VALUES:
            self._note(FaultCode.TOO_MANY_VALUES, node.spot, most=MAX_VALUES)
            raise _UnusableError
        if len(self._open) + height_of(node) > MAX_DEPTH + 1:
            self._note(FaultCode.TOO_DEEP, node.spot, most=MAX_DEPTH)
            raise _UnusableError
        if not container.is_map:
            container.items.append(node)
            return
        if container.key is not None:
            container.entries[container.key] = Entry(container.key_spot or node.spot, node)
        container.key = None
        container.wants_key = True

    def _key(self, container: _Open, node: Node) -> None:
        container.wants_key = False
        container.key_spot = node.spot
        if not isinstance(node, ScalarNode) or node.kind != "text":
            text = node.text if isinstance(node, ScalarNode) else ""
            self._note(FaultCode.KEY_NOT_TEXT, node.spot, key=text[:60])
            return
        if node.text == "<<":
            self._note(FaultCode.MERGE_KEY, node.spot)
            return
        if node.text in container.entries:
            first = container.entries[node.text].spot.line
            self._note(FaultCode.KEY_REPEATED, node.spot, key=node.text[:60], first=first)
            return
        container.key = node.text


def _spot(mark: Any) -> Spot:
    return Spot(mark.line + 1, mark.column + 1)


def _syntax_fault(error: Exception, text: str, builder: _Builder) -> Fault:
    spot, problem = builder.last, "an escape that stands for no character"
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        spot = _spot(mark) if mark is not None else spot
        problem = str(error.problem or error.context or problem)
    lines = text.splitlines() or [""]
    line = lines[min(spot.line, len(lines)) - 1]
    code = FaultCode.YAML_SYNTAX
    if line[spot.column - 1 : spot.column] == "\t":
        code = FaultCode.YAML_TAB
    path = builder.path()
    key = _KEY_OF_LINE.match(line)
    if key is not None and key[1] not in path:
        path = (*path, key[1])
    place = Place(builder.file, spot.line, spot.column, field_name(path))
    facts: dict[str, str | int] = {
        "problem": problem.split("\n")[0].replace("\0", ""),
        "advice": _advice(problem),
    }
    return Fault(code, place, facts)


def _advice(problem: str) -> str:
    return next((advice for sign, advice in _SIGNS if sign in problem), "")
