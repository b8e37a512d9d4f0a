"""The `flow` document: a graph of nodes."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal

from pydantic import Field, field_validator

from landbridge.specs.codes import FaultCode
from landbridge.specs.copy import CopyNode
from landbridge.specs.spec import Name, Note, Refusal, Spec, refuse

Node = Annotated[CopyNode, Field()]
"""One step of a flow. More kinds join here, told apart by `type`."""


class FlowSpec(Spec):
    """Steps that run in the order of their needs."""

    kind: Literal["flow"]
    name: Name
    description: Note = ""
    nodes: tuple[Node, ...] = Field(
        min_length=1, description="Steps; they run in the order of their needs."
    )

    def ordered(self) -> tuple[Node, ...]:
        """Return the nodes so that each comes after all it needs; else as written."""
        places = {node.name: index for index, node in enumerate(self.nodes)}
        order: list[Node] = []
        sorter = TopologicalSorter({node.name: node.needs for node in self.nodes})
        sorter.prepare()
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=places.__getitem__)
            order.extend(self.nodes[places[name]] for name in ready)
            sorter.done(*ready)
        return tuple(order)

    @field_validator("nodes")
    @classmethod
    def _form_a_graph(cls, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        refusals = [*_repeated(nodes), *_unknown_needs(nodes)]
        if not refusals:
            refusals = _cycles(nodes)
        refuse(refusals)
        return nodes


def _repeated(nodes: Sequence[Node]) -> list[Refusal]:
    seen: dict[str, int] = {}
    refusals: list[Refusal] = []
    for index, node in enumerate(nodes):
        first = seen.setdefault(node.name, index)
        if first != index:
            facts: dict[str, str | int] = {"name": node.name, "first": f"nodes[{first}]"}
            refusals.append(Refusal(FaultCode.NAME_REPEATED, (index, "name"), facts))
    return refusals


def _unknown_needs(nodes: Sequence[Node]) -> list[Refusal]:
    names = [node.name for node in nodes]
    refusals: list[Refusal] = []
    for index, node in enumerate(nodes):
        others = [name for name in names if name != node.name]
        for at, need in enumerate(node.needs):
            if need in names:
                continue
            close = get_close_matches(need, others, n=1)
            facts: dict[str, str | int] = {
                "name": need,
                "nearest": close[0] if close else "",
                "allowed": ", ".join(others),
            }
            refusals.append(Refusal(FaultCode.NEED_UNKNOWN, (index, "needs", at), facts))
    return refusals


def _cycles(nodes: Sequence[Node]) -> list[Refusal]:
    needs: Mapping[str, Sequence[str]] = {node.name: node.needs for node in nodes}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1][::-1]
        first = next(index for index, node in enumerate(nodes) if node.name in cycle)
        while cycle[0] != nodes[first].name:
            cycle = [*cycle[1:], cycle[1]]
        at = (first, "needs", nodes[first].needs.index(cycle[1]))
        return [Refusal(FaultCode.NEED_CYCLE, at, {"cycle": " -> ".join(cycle)})]
    return []
