"""A proposed mapping, as commands show it and as files hold it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from landbridge.app.settings import Language
from landbridge.engine.matching.evidence import Evidence
from landbridge.kernel.errors import OptionsInvalidError

MAPPING_FILE = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class End:
    """A stream of a connection."""

    connection: str
    stream: str


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is read and how sure a proposal must be.

    Attributes:
        rows: Rows to sample of each stream.
        threshold: Least score of a proposal.
    """

    rows: int
    threshold: float


def told(reason: Evidence, language: Language) -> str:
    """Return what speaks for or against a proposal as a sentence in a language."""
    return reason.chinese if language == "zh" else reason.english


@dataclass(frozen=True, slots=True)
class ProposedField:
    """One proposal.

    Attributes:
        source: Field of the source.
        target: Field of the target.
        score: How sure it is, from 0 to 1.
        reasons: The evidence.
        entry: The entry of a mapping that does it.
        code_table: File of its code table, relative to the project, or "".
        pairs: Pairs of the code table, as the samples show them.
    """

    source: str
    target: str
    score: float
    reasons: tuple[Evidence, ...]
    entry: Mapping[str, object]
    code_table: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedMapping:
    """What is proposed for two streams; nothing of it is applied.

    Attributes:
        accepted: Proposals at or above the threshold, in the order of the target.
        doubtful: Proposals below it that a person may still want to see.
        unmatched: Fields of the target that get nothing.
        unused: Fields of the source that nothing takes.
        joined_by: Fields by which rows of both samples were matched, or "".
        joined_rows: How many rows they matched.
        source_rows: Rows sampled of the source.
        target_rows: Rows sampled of the target.
        yaml: A `mapping` that can be put into a copy node.
        tables: Text of each code table, by its file's path relative to the project.
    """

    accepted: tuple[ProposedField, ...]
    doubtful: tuple[ProposedField, ...]
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]
    joined_by: str
    joined_rows: int
    source_rows: int
    target_rows: int
    yaml: str
    tables: Mapping[str, str]

    def write(self, folder: Path) -> Sequence[Path]:
        """Write the mapping and its code tables into a folder; no file is replaced.

        Raises:
            OptionsInvalidError: A file is there already; nothing is written.
        """
        contents = {MAPPING_FILE: self.yaml, **self.tables}
        paths = {folder / name: text for name, text in contents.items()}
        for path in paths:
            if path.exists():
                raise OptionsInvalidError(
                    f"{path} is there already", hint="choose another folder", file=str(path)
                )
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tuple(paths)
