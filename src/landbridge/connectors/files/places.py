"""Which files a stream name stands for; none is ever outside of the folder."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.options import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FilesOptions,
    NdjsonFormat,
    ParquetFormat,
    escapes,
)
from landbridge.kernel.errors import (
    OptionsInvalidError,
    PositionUnusableError,
    StreamMissingError,
)

OWN_FOLDER = "_landbridge"
ENDINGS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
_DATE_IN_NAME = re.compile(r"\d{6,}")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as it stood when the reading was planned, or some row groups of it.

    Attributes:
        name: Its path in the connection's folder, with `/`.
        size: Its bytes.
        modified_ns: When it was last changed.
        first_group: First row group, of Parquet.
        groups: Row groups, or -1 for all.
    """

    name: str
    size: int
    modified_ns: int
    first_group: int = 0
    groups: int = -1

    @property
    def modified(self) -> datetime:
        """When the file was last changed, to the microsecond."""
        return datetime.fromtimestamp(self.modified_ns // 1000 / 1_000_000, UTC)

    def to_json(self) -> list[str | int]:
        """Return the part as a JSON value."""
        return [self.name, self.size, self.modified_ns, self.first_group, self.groups]


def parts_from_text(text: str) -> list[FilePart]:
    """Return the parts that a share's bounds name."""
    return [FilePart(*one) for one in json.loads(text)]


def parts_to_text(parts: Sequence[FilePart]) -> str:
    """Return parts as the bounds of a share."""
    return json.dumps([part.to_json() for part in parts], ensure_ascii=False)


class Folder:
    """The connection's folder."""

    def __init__(self, options: FilesOptions, base: Path) -> None:
        self._options = options
        self.base = base / options.path

    def check(self) -> str:
        """Return a sentence about the folder, which must exist."""
        with explained(self._options.path):
            if not self.base.is_dir():
                raise StreamMissingError(f"there is no folder {self._options.path}")
            count = sum(1 for _ in self.base.iterdir())
        return f"folder with {count} entries"

    def path(self, name: str) -> Path:
        """Return the path of a name in the folder.

        Raises:
            OptionsInvalidError: The name leaves the folder, through a link too.
        """
        path = self.base / name
        if escapes(name) or not path.resolve().is_relative_to(self.base.resolve()):
            raise OptionsInvalidError(
                f"{name} is outside of the connection's folder", stream=name
            )
        return path

    def part(self, name: str) -> FilePart:
        """Return a file as it stands now."""
        with explained(name):
            found = self.path(name).stat()
        return FilePart(name, found.st_size, found.st_mtime_ns)

    def check_unchanged(self, part: FilePart) -> None:
        """Raise when the file is not what it was when the reading was planned.

        Raises:
            PositionUnusableError: It was changed, or it is gone.
        """
        try:
            now = self.part(part.name)
        except StreamMissingError as error:
            raise PositionUnusableError(f"{part.name} is gone", file=part.name) from error
        if (now.size, now.modified_ns) != (part.size, part.modified_ns):
            raise PositionUnusableError(
                f"{part.name} was changed while it was read",
                hint="let files take their name only when they are complete",
                file=part.name,
            )

    def files(self, stream: str) -> list[FilePart]:
        """Return the files of a stream in name order.

        Raises:
            StreamMissingError: There is none.
        """
        declared = self._options.streams.get(stream)
        pattern = declared.files if declared is not None else stream
        names = self._matching(pattern)
        if not names:
            raise StreamMissingError(
                f"there is no file {pattern} in {self._options.path}", stream=stream
            )
        return [self.part(name) for name in names]

    def format(self, stream: str, file: str) -> FileFormat:
        """Return the format of a file of a stream: declared, or by the ending of its name.

        Raises:
            OptionsInvalidError: Nothing says the format.
        """
        declared = self._options.streams.get(stream)
        stated = declared.format if declared is not None else None
        return stated or self._options.format or format_by_name(file)

    def key(self, stream: str) -> tuple[str, ...]:
        """Return the declared key of a stream."""
        declared = self._options.streams.get(stream)
        return declared.key if declared is not None else ()

    def catalogue(self) -> Iterator[str]:
        """Yield stream names in order: declared ones, and files that none of those holds.

        Files that differ only in a date or a long number are listed once, as a pattern.
        """
        declared = self._options.streams
        taken = {name for one in declared.values() for name in self._matching(one.files)}
        groups: dict[str, list[str]] = {}
        for name in self._data_files():
            if name not in taken:
                groups.setdefault(_DATE_IN_NAME.sub("*", name), []).append(name)
        found = [pattern if len(names) > 1 else names[0] for pattern, names in groups.items()]
        yield from sorted({*declared, *found})

    def _data_files(self) -> Iterator[str]:
        with explained(self._options.path):
            for path in self.base.rglob("*"):
                if path.suffix.lower() in ENDINGS and self._is_ours(path):
                    yield path.relative_to(self.base).as_posix()

    def _matching(self, pattern: str) -> list[str]:
        if escapes(pattern):
            raise OptionsInvalidError(
                f"{pattern} is outside of the connection's folder", stream=pattern
            )
        with explained(pattern):
            for exact in (pattern, *self._with_endings(pattern)):
                if not exact.endswith("/") and self.path(exact).is_file():
                    return [exact]
            if pattern.endswith("/"):
                pattern = f"{pattern}*"
            elif not _WILD.search(pattern):
                return []
            found = [
                path
                for path in self.base.glob(pattern)
                if path.is_file() and self._is_ours(path)
            ]
        return sorted(self._inside(path) for path in found)

    @staticmethod
    def _with_endings(name: str) -> Iterator[str]:
        if not name.endswith("/"):
            yield from (f"{name}{ending}" for ending in ENDINGS)

    def _inside(self, path: Path) -> str:
        name = path.relative_to(self.base).as_posix()
        self.path(name)
        return name

    def _is_ours(self, path: Path) -> bool:
        """Whether it is data: not hidden, not our own notes, not another program's lock."""
        parts = path.relative_to(self.base).parts
        hidden = any(part.startswith((".", "~$")) for part in parts)
        return not hidden and OWN_FOLDER not in parts and path.is_file()


def format_by_name(file: str) -> FileFormat:
    """Return the format, with its defaults, that the ending of a file's name says.

    Raises:
        OptionsInvalidError: It says none.
    """
    kind = ENDINGS.get(Path(file).suffix.lower())
    if kind == "csv":
        return CsvFormat(type="csv", delimiter="\t" if file.lower().endswith(".tsv") else None)
    if kind == "ndjson":
        return NdjsonFormat(type="ndjson")
    if kind == "parquet":
        return ParquetFormat(type="parquet")
    if kind == "excel":
        return ExcelFormat(type="excel")
    raise OptionsInvalidError(
        f"the name of {file} does not say its format",
        hint="state it: `format: {type: csv}`",
        file=file,
    )
