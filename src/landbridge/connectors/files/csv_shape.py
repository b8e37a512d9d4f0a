"""What a CSV file looks like: encoding, delimiter, quotes, names of its columns."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from landbridge.connectors.files.encodings import Utf8Reader, encoding_of
from landbridge.connectors.files.options import CsvFormat
from landbridge.kernel.errors import DataUnreadableError

_SAMPLE = 256 << 10
_DELIMITERS = (",", ";", "\t", "|")
_LINES_JUDGED = 100
_VALUE = re.compile(r"[-+]?[\d.,:/\- ]*\d[\d.,:/\-TZ ]*|", re.ASCII)
_LARGEST_CELL = 1 << 30


class Rows(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Return itself."""
        ...

    def __next__(self) -> list[str]:
        """Return the cells of the next row."""
        ...


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How a file is to be parsed.

    Attributes:
        encoding: Name of its encoding.
        delimiter: Between columns.
        quote: Around texts, or "".
        names: Names of its columns, all different.
        header_lines: Lines before the first row.
    """

    encoding: str
    delimiter: str
    quote: str
    names: tuple[str, ...]
    header_lines: int

    def records(self, path: Path, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the cells of every row: slow, to find the place of a fault.

        Raises:
            DataUnreadableError: With `strict`, where a quote is never closed.
        """
        with io.BufferedReader(Utf8Reader(path, self.encoding), _SAMPLE) as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="")
            rows = _reader(text, self.delimiter, self.quote, strict=strict)
            line = 1
            try:
                for number, cells in enumerate(rows):
                    if number or not self.header_lines:
                        yield line, cells
                    line = rows.line_num + 1
            except csv.Error as error:
                raise DataUnreadableError(
                    f"{path.name}, line {line}: a quote is not closed, or text follows it",
                    hint="state `quote` in the format if the file uses another, or none",
                    file=path.name,
                    line=line,
                ) from error
            finally:
                text.detach()


def shape_of(path: Path, options: CsvFormat) -> CsvShape | None:
    """Return the shape of a file, what is not stated found by looking; None if it is empty.

    Raises:
        DataUnreadableError: The encoding cannot be told.
    """
    encoding = options.encoding or encoding_of(path)
    text = _beginning(path, encoding)
    if not text.strip("\r\n"):
        return None
    quote = options.quote if options.quote is not None else _quote(text)
    delimiter = options.delimiter or _delimiter(text, quote)
    rows = _reader(io.StringIO(text, newline=""), delimiter, quote, strict=False)
    first = next(rows, [])
    lines = rows.line_num
    header = options.header if options.header != "auto" else _is_header(first)
    if not header:
        names = [f"column_{at}" for at in range(1, len(first) + 1)]
        return CsvShape(encoding, delimiter, quote, tuple(names), 0)
    return CsvShape(encoding, delimiter, quote, distinct(first), lines)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names with blanks around them gone, made different, and none empty.

    Example:
        >>> distinct(["a", " a", "", "b"])
        ('a', 'a_2', 'column_3', 'b')
    """
    found: list[str] = []
    for at, name in enumerate(names, start=1):
        plain = name.strip() or f"column_{at}"
        chosen, count = plain, 1
        while chosen in found:
            count += 1
            chosen = f"{plain}_{count}"
        found.append(chosen)
    return tuple(found)


def _reader(
    text: io.TextIOBase | io.StringIO, delimiter: str, quote: str, *, strict: bool
) -> Rows:
    csv.field_size_limit(_LARGEST_CELL)
    if not quote:
        return csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=strict)
    return csv.reader(text, delimiter=delimiter, quotechar=quote, strict=strict)


def _beginning(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        raw = file.read(_SAMPLE)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(raw)
    text = text.removeprefix("\ufeff")
    if len(raw) < _SAMPLE:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _quote(text: str) -> str:
    if '"' in text:
        return '"'
    whole = re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=$|[,;\t|\r])", text, re.MULTILINE)
    return "'" if len(whole) > text.count("\n") else '"'


def _delimiter(text: str, quote: str) -> str:
    return max(_DELIMITERS, key=lambda one: _score(text, one, quote))


def _score(text: str, delimiter: str, quote: str) -> tuple[float, int]:
    """Return how many lines agree on more than one column, and on how many."""
    lines = 0
    widths: Counter[int] = Counter()
    for cells in _reader(io.StringIO(text, newline=""), delimiter, quote, strict=False):
        if cells:
            widths[len(cells)] += 1
            lines += 1
        if lines == _LINES_JUDGED:
            break
    if not widths:
        return 0.0, 0
    width, agreeing = widths.most_common(1)[0]
    return (agreeing / lines, width) if width > 1 else (0.0, 0)


def _is_header(cells: Sequence[str]) -> bool:
    """Whether every cell could name a column: different texts, none empty or a number."""
    return len(set(cells)) == len(cells) and not any(map(_VALUE.fullmatch, cells))
