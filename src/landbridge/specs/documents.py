"""One document: from bytes to its model, or to everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from landbridge.specs.codes import FaultCode
from landbridge.specs.connection import ConnectionSpec
from landbridge.specs.faults import Fault, Where
from landbridge.specs.flow import FlowSpec
from landbridge.specs.judge import judge, nearest
from landbridge.specs.project import ProjectSpec
from landbridge.specs.references import reference_faults
from landbridge.specs.tree import ScalarNode, child
from landbridge.specs.yaml_reader import read_yaml

AnySpec = ProjectSpec | ConnectionSpec | FlowSpec
KINDS: Mapping[str, type[AnySpec]] = MappingProxyType(
    {"project": ProjectSpec, "connection": ConnectionSpec, "flow": FlowSpec}
)
"""The model of each kind of document."""

PLACES: Mapping[str, str] = MappingProxyType(
    {"project": "landbridge.yaml", "connection": "connections/", "flow": "flows/"}
)
"""Where documents of each kind stand in a project."""

MOST_FAULTS = 200
"""Faults told of one document; whoever has more learns of the rest after these."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read.

    Attributes:
        where: Its values as written, to find places in.
        spec: Its model, or `None` when there are faults.
        faults: Everything that is wrong with it alone.
    """

    where: Where | None
    spec: AnySpec | None
    faults: tuple[Fault, ...] = ()

    @property
    def name(self) -> str | None:
        """The name it gives itself, even if other parts are wrong."""
        node = child(self.where.root, "name") if self.where is not None else None
        return node.text if isinstance(node, ScalarNode) and node.kind == "text" else None


def read_document(data: bytes, file: str, kind: str | None = None) -> Document:
    """Read one document.

    Args:
        data: The bytes of the file, whatever they are.
        file: Its path relative to the project, for places.
        kind: The kind that belongs where the file stands; `None` takes what it says.
    """
    reading = read_yaml(data, file)
    if reading.root is None:
        return Document(None, None, reading.faults)
    where = Where(file, reading.root)
    own = child(reading.root, "kind")
    said = own.text if isinstance(own, ScalarNode) and own.kind == "text" else ""
    if kind is not None and said in KINDS and said != kind:
        fault = _misplaced(where, said, kind)
        return Document(where, None, (*reading.faults, fault))
    model = KINDS.get(kind or said)
    if model is None:
        return Document(where, None, (*reading.faults, _kindless(where, said)))
    judged = judge(model, where)
    faults = [*reading.faults, *reference_faults(where)]
    if isinstance(judged, list):
        return Document(where, None, tuple([*faults, *judged][:MOST_FAULTS]))
    return Document(where, None if faults else judged, tuple(faults[:MOST_FAULTS]))


def _misplaced(where: Where, said: str, kind: str) -> Fault:
    folder = where.file.rpartition("/")[0] + "/" if "/" in where.file else where.file
    facts: dict[str, str | int] = {
        "value": said,
        "folder": folder,
        "right": PLACES[said],
        "kind": kind,
    }
    return Fault(FaultCode.KIND_MISPLACED, where.place("kind"), facts)


def _kindless(where: Where, said: str) -> Fault:
    if not said:
        facts: dict[str, str | int] = {"name": "kind", "example": " | ".join(KINDS)}
        return Fault(FaultCode.FIELD_MISSING, where.place("kind"), facts)
    allowed = list(KINDS)
    facts = {
        "value": said[:60],
        "nearest": nearest(said, allowed),
        "allowed": ", ".join(allowed),
    }
    return Fault(FaultCode.VALUE_UNKNOWN, where.place("kind"), facts)
