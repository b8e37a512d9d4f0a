"""A folder of documents: read whole, judged whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from landbridge.specs.codes import FaultCode
from landbridge.specs.connection import ConnectionSpec
from landbridge.specs.documents import AnySpec, Document, read_document
from landbridge.specs.faults import ROOT, Fault, Place, Where, invalid
from landbridge.specs.flow import FlowSpec
from landbridge.specs.project import ProjectSpec
from landbridge.specs.yaml_text import MAX_BYTES

PROJECT_FILE = "landbridge.yaml"
FOLDERS: Mapping[str, str] = MappingProxyType({"connections": "connection", "flows": "flow"})
"""The folders of documents, with the kind that stands in each."""

_RULES_OF_FILES = frozenset(
    {
        FaultCode.FILE_UNKNOWN,
        FaultCode.FOLDER_MISSPELT,
        FaultCode.NAME_REPEATED,
        FaultCode.CONNECTION_UNKNOWN,
        FaultCode.SECRET_REFERENCE_MALFORMED,
    }
)


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose documents are right, each alone and together.

    Attributes:
        folder: Where it lives.
        spec: The document `landbridge.yaml`.
        connections: Its connections by name.
        flows: Its flows by name.
        documents: Each document as written, by kind and name.
    """

    folder: Path
    spec: ProjectSpec
    connections: Mapping[str, ConnectionSpec]
    flows: Mapping[str, FlowSpec]
    documents: Mapping[tuple[str, str], Where] = field(repr=False)

    def where(self, spec: AnySpec, *path: str | int) -> Where:
        """Return a part of a document as written, such as a connection's `"options"`."""
        return self.documents[spec.kind, spec.name].below(*path)

    def locate(self, spec: AnySpec, *path: str | int) -> Place:
        """Return file, line and column of a part of a document.

        Example:
            `project.locate(flow, "nodes", 0, "source", "streams", 0)` is where the first
            node's first stream is written. A part that is not written gives the place of
            what it would be in.
        """
        return self.where(spec).place(*path)


def load_project(folder: Path) -> Project:
    """Read every document of a project.

    Raises:
        DocumentsInvalidError: With every fault of every document.
    """
    found = _Found(folder)
    if found.project is None:
        raise invalid(found.faults)
    faults = [*found.faults, *found.project.faults]
    for document in found.others:
        faults += document.faults
    faults += _repeated(found.of_kind("connection"))
    faults += _repeated(found.of_kind("flow"))
    faults += _unknown_connections(found)
    spec = found.project.spec
    if faults or not isinstance(spec, ProjectSpec):
        more = any(fault.code not in _RULES_OF_FILES for fault in faults)
        raise invalid(faults, more=more)
    specs = [document.spec for document in (found.project, *found.others)]
    return Project(
        folder=folder,
        spec=spec,
        connections=MappingProxyType(
            {spec.name: spec for spec in specs if isinstance(spec, ConnectionSpec)}
        ),
        flows=MappingProxyType(
            {spec.name: spec for spec in specs if isinstance(spec, FlowSpec)}
        ),
        documents=MappingProxyType(dict(found.places())),
    )


class _Found:
    """What stands in a project's folder."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[Fault] = []
        self._others: list[tuple[str, Document]] = []
        self.project = self._read(folder / PROJECT_FILE, PROJECT_FILE, "project")
        if self.project is None:
            return
        for name, kind in FOLDERS.items():
            for path in self._files(folder / name, name):
                document = self._read(path, f"{name}/{path.name}", kind)
                if document is not None:
                    self._others.append((kind, document))
        self._look_for_misspelt(folder)

    @property
    def others(self) -> list[Document]:
        return [document for _, document in self._others]

    def of_kind(self, kind: str) -> list[Document]:
        return [document for own, document in self._others if own == kind]

    def places(self) -> Iterator[tuple[tuple[str, str], Where]]:
        for document in (self.project, *self.others):
            if document is not None and document.spec is not None and document.where:
                yield (document.spec.kind, document.spec.name), document.where

    def _files(self, folder: Path, name: str) -> Iterator[Path]:
        try:
            paths = sorted(folder.iterdir()) if folder.exists() else []
        except OSError as error:
            self._unreadable(error, name)
            return
        for path in paths:
            if path.name.startswith("."):
                continue
            if path.suffix == ".yaml" and path.is_file():
                yield path
                continue
            facts: dict[str, str | int] = {"name": path.name, "folder": f"{name}/"}
            self._note(FaultCode.FILE_UNKNOWN, f"{name}/{path.name}", facts)

    def _read(self, path: Path, file: str, kind: str) -> Document | None:
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            absent = isinstance(error, FileNotFoundError | NotADirectoryError)
            if absent and kind == "project":
                self._note(FaultCode.PROJECT_MISSING, file, {})
            else:
                self._unreadable(error, file)
        else:
            return read_document(data, file, kind)
        return None

    def _look_for_misspelt(self, folder: Path) -> None:
        """Documents in a folder that nobody reads would be missed in silence."""
        for path in sorted(folder.iterdir()):
            if path.name in FOLDERS or path.name.startswith(".") or not path.is_dir():
                continue
            close = get_close_matches(path.name.lower(), list(FOLDERS), n=1, cutoff=0.75)
            if close and next(path.glob("*.y*ml"), None) is not None:
                facts: dict[str, str | int] = {"name": path.name, "nearest": close[0]}
                self._note(FaultCode.FOLDER_MISSPELT, path.name, facts)

    def _unreadable(self, error: OSError, file: str) -> None:
        problem = error.strerror or type(error).__name__
        self._note(FaultCode.FILE_UNREADABLE, file, {"problem": problem})

    def _note(self, code: FaultCode, file: str, facts: Mapping[str, str | int]) -> None:
        self.faults.append(Fault(code, Place(file, 1, 1, ROOT), facts))


def _repeated(documents: Sequence[Document]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for document in documents:
        if document.name is None or document.where is None:
            continue
        file = document.where.file
        if first.setdefault(document.name, file) != file:
            facts: dict[str, str | int] = {
                "name": document.name,
                "first": first[document.name],
            }
            yield Fault(FaultCode.NAME_REPEATED, document.where.place("name"), facts)


def _unknown_connections(found: _Found) -> Iterator[Fault]:
    """References to connections that no document, not even a faulty one, claims to be."""
    documents = found.of_kind("connection")
    names = sorted({name for document in documents if (name := document.name)})
    if any(document.name is None for document in documents):
        return
    for document in found.of_kind("flow"):
        if not isinstance(document.spec, FlowSpec) or document.where is None:
            continue
        for index, node in enumerate(document.spec.nodes):
            for path, name in node.connections():
                if name not in names:
                    close = get_close_matches(name, names, n=1)
                    facts: dict[str, str | int] = {
                        "name": name,
                        "nearest": close[0] if close else "",
                        "allowed": ", ".join(names),
                    }
                    place = document.where.place("nodes", index, *path)
                    yield Fault(FaultCode.CONNECTION_UNKNOWN, place, facts)


__all__ = ["FOLDERS", "PROJECT_FILE", "Project", "load_project"]
