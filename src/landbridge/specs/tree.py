"""A document as written: its values with the place of each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

Path = tuple[str | int, ...]
ScalarKind = Literal["text", "integer", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A value without parts.

    Attributes:
        spot: Where it begins.
        kind: What YAML 1.2 takes it for.
        text: Its characters, without quotes.
        json_text: The same value in JSON.
    """

    spot: Spot
    kind: ScalarKind
    text: str
    json_text: str


@dataclass(frozen=True, slots=True)
class ListNode:
    """Values in order. `weight` and `height` count what stands below, aliases unfolded."""

    spot: Spot
    items: tuple["Node", ...]
    weight: int
    height: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping: where the key stands, and its value."""

    spot: Spot
    value: "Node"


@dataclass(frozen=True, slots=True)
class MapNode:
    """Values by key. `weight` and `height` count what stands below, aliases unfolded."""

    spot: Spot
    entries: Mapping[str, Entry]
    weight: int
    height: int


Node = ScalarNode | ListNode | MapNode


def child(node: Node, step: str | int) -> Node | None:
    """Return the value under a key or at an index, or `None`."""
    if isinstance(node, MapNode) and isinstance(step, str):
        entry = node.entries.get(step)
        return entry.value if entry is not None else None
    if isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def spot_of(root: Node, path: Path) -> Spot:
    """Return where a path stands: its key, or its nearest part that exists."""
    spot, node = root.spot, root
    for step in path:
        below = child(node, step)
        if below is None:
            return spot
        spot = below.spot
        if isinstance(node, MapNode) and isinstance(step, str):
            spot = node.entries[step].spot
        node = below
    return spot


def node_at(root: Node, path: Path) -> Node | None:
    """Return the value at a path, or `None` when it is not written."""
    node: Node | None = root
    for step in path:
        if node is None:
            return None
        node = child(node, step)
    return node


def weight_of(node: Node) -> int:
    """Return how many values the node stands for, itself included."""
    return 1 if isinstance(node, ScalarNode) else node.weight


def height_of(node: Node) -> int:
    """Return how many levels the node has, itself included."""
    return 1 if isinstance(node, ScalarNode) else node.height


def list_node(spot: Spot, items: tuple[Node, ...]) -> ListNode:
    """Return a list of nodes, weighed."""
    weight = 1 + sum(weight_of(item) for item in items)
    height = 1 + max((height_of(item) for item in items), default=0)
    return ListNode(spot, items, weight, height)


def map_node(spot: Spot, entries: Mapping[str, Entry]) -> MapNode:
    """Return a mapping of nodes, weighed."""
    values = [entry.value for entry in entries.values()]
    weight = 1 + sum(weight_of(value) for value in values)
    height = 1 + max((height_of(value) for value in values), default=0)
    return MapNode(spot, entries, weight, height)


def json_of(node: Node) -> str:
    """Return the JSON text of a node, for strict validation.

    Example:
        >>> json_of(tree_of({"a": [1, "no"]}))
        '{"a":[1,"no"]}'
    """
    return "".join(_json_parts(node))


def tree_of(value: JsonValue) -> Node:
    """Return a tree for a value that was never a file; every part stands at line 1."""
    spot = Spot(1, 1)
    if isinstance(value, dict):
        return map_node(
            spot, {key: Entry(spot, tree_of(below)) for key, below in value.items()}
        )
    if isinstance(value, list):
        return list_node(spot, tuple(tree_of(below) for below in value))
    text = json.dumps(value)
    kind: ScalarKind = "number"
    if value is None:
        kind = "null"
    elif isinstance(value, bool):
        kind = "boolean"
    elif isinstance(value, int):
        kind = "integer"
    elif isinstance(value, str):
        return ScalarNode(spot, "text", value, text)
    return ScalarNode(spot, kind, text, text)


def texts_of(node: Node, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text value below a node, with its path."""
    if isinstance(node, ScalarNode):
        if node.kind == "text":
            yield path, node.text
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from texts_of(item, (*path, index))
    else:
        for key, entry in node.entries.items():
            yield from texts_of(entry.value, (*path, key))


def _json_parts(node: Node) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield node.json_text
    elif isinstance(node, ListNode):
        yield "["
        for index, item in enumerate(node.items):
            yield "," if index else ""
            yield from _json_parts(item)
        yield "]"
    else:
        yield "{"
        for index, (key, entry) in enumerate(node.entries.items()):
            yield f"{',' if index else ''}{json.dumps(key)}:"
            yield from _json_parts(entry.value)
        yield "}"
