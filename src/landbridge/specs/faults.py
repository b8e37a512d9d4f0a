"""What is wrong with a document: where, what, and what would be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from typing_extensions import override

from landbridge.kernel.errors import DocumentsInvalidError
from landbridge.specs.catalogue import problem_text, remedy_text
from landbridge.specs.codes import FaultCode
from landbridge.specs.tree import Node, Path, spot_of, tree_of

Language = Literal["en", "zh"]
ROOT = "document"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a document.

    Attributes:
        file: The file, relative to the project.
        line: Counted from 1.
        column: Counted from 1.
        field: The field's path, such as `nodes[0].write.mode`, or `document`.
    """

    file: str
    line: int
    column: int
    field: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.field}"


@dataclass(frozen=True, slots=True)
class Where:
    """A document, or a part of it, in which places can be found.

    Attributes:
        file: The file, relative to the project.
        root: The whole document as written.
        prefix: The part of it that paths start from.
    """

    file: str
    root: Node = field(repr=False)
    prefix: Path = ()

    def place(self, *path: str | int) -> Place:
        """Return where a path stands; for one that is not written, what it would be in."""
        full = (*self.prefix, *path)
        spot = spot_of(self.root, full)
        return Place(self.file, spot.line, spot.column, field_name(full))

    def below(self, *path: str | int) -> "Where":
        """Return the part of the document below a path."""
        return Where(self.file, self.root, (*self.prefix, *path))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        code: Which kind of fault; API, for programs and translations.
        place: Where.
        facts: What the texts mention; never a secret.
    """

    code: FaultCode
    place: Place
    facts: Mapping[str, str | int] = field(default_factory=dict[str, str | int])

    def problem(self, language: Language = "en") -> str:
        """Return what is wrong, as a sentence."""
        return problem_text(self.code, self.facts, language)

    def remedy(self, language: Language = "en") -> str:
        """Return what would be right, as a sentence."""
        return remedy_text(self.code, self.facts, language)

    def text(self, language: Language = "en") -> str:
        """Return place, problem and remedy in one line."""
        return f"{self.place}: {self.problem(language)} {self.remedy(language)}"

    def record(self, language: Language = "en") -> dict[str, str | int]:
        """Return the fault as plain values, for `--json` and the API."""
        return {
            "code": self.code.value,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "field": self.place.field,
            "problem": self.problem(language),
            "remedy": self.remedy(language),
        }

    @override
    def __str__(self) -> str:
        return self.text()


def field_name(path: Path) -> str:
    """Return a path as people write it.

    Example:
        >>> field_name(("nodes", 0, "write", "mode"))
        'nodes[0].write.mode'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or ROOT


def nowhere(name: str) -> Where:
    """Return a place for values that come from no file, such as a call of the API."""
    return Where(name, tree_of({}))


def invalid(faults: Sequence[Fault], *, more: bool = False) -> DocumentsInvalidError:
    """Return the error that carries the faults in file and line order.

    Args:
        faults: At least one.
        more: Whether checks were left out that need what these faults are about.
    """
    ordered = sorted(faults, key=lambda fault: (fault.place, fault.code))
    error = DocumentsInvalidError(tuple(ordered))
    codes = {fault.code for fault in faults}
    if FaultCode.PROJECT_MISSING in codes:
        error.hint = "landbridge init"
    elif more:
        error.hint = "More checks follow once these are right."
    return error
