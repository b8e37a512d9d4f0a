"""Finding the encoding of a file, and reading any encoding as UTF-8."""

import codecs
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from typing_extensions import override

from landbridge.kernel.errors import DataUnreadableError

_SAMPLE = 1 << 20
_SEARCHED = 256 << 20
_JUDGED = 64 << 10
_ZEROS = 0.05
_CLEARLY = 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1251", "cp1252", "latin_1"]
_GB_SUBSETS = frozenset({"gb2312", "gbk", "hz", "gb18030"})


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file, judged by its mark, its bytes, or its letters.

    Text that is UTF-8 is never taken for anything else. GB2312 and GBK are read as GB18030,
    which holds both.

    Raises:
        DataUnreadableError: Nothing fits; the hint says how to state the encoding.
    """
    with path.open("rb") as file:
        sample = _telling(file)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if _decodes(sample, "utf-8"):
        return _wide(sample) or "utf-8"
    found = _wide(sample) or _judged(sample)
    if found is not None:
        return found
    raise DataUnreadableError(
        f"{path.name}: the encoding cannot be told",
        hint="state it in the format: `encoding: gb18030`",
        file=path.name,
    )


class Utf8Reader(io.RawIOBase):
    """A file of any encoding as a stream of UTF-8 bytes, in blocks.

    Args:
        path: The file.
        encoding: Its encoding.
        quote: A byte to count, or b"".

    Attributes:
        quotes: How often the byte was met.
        failure: Why decoding failed, or None.
    """

    def __init__(self, path: Path, encoding: str, quote: bytes = b"") -> None:
        super().__init__()
        self._path = path
        self._file: BinaryIO = path.open("rb", buffering=0)
        self._decode = _decoder(encoding)
        self._quote = quote
        self._lines = 1
        self._begun = False
        self._left = b""
        self._ended = False
        self.quotes = 0
        self.failure: DataUnreadableError | None = None

    def end(self) -> None:
        """Read as if the file ended here; for whoever needs no more of it."""
        self._ended = True

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        if self._ended:
            return b""
        if not self._left:
            self._left = self._block(max(size, 1 << 16))
        given, self._left = self._left[:size], self._left[size:]
        return given

    @override
    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        given = self.read(len(buffer))
        buffer[: len(given)] = given
        return len(given)

    @override
    def close(self) -> None:
        self._file.close()
        super().close()

    def _block(self, size: int) -> bytes:
        while raw := self._file.read(size):
            text = self._utf8(raw, final=False)
            if not self._begun and text:
                self._begun = True
                text = text.removeprefix(codecs.BOM_UTF8)
            if text:
                return self._counted(text)
        return self._counted(self._utf8(b"", final=True))

    def _counted(self, text: bytes) -> bytes:
        if self._quote:
            self.quotes += text.count(self._quote)
        return text

    def _utf8(self, raw: bytes, *, final: bool) -> bytes:
        if self._decode is None:
            return raw
        try:
            text = self._decode(raw, final)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n")
            self.failure = undecodable(self._path, error, line)
            raise self.failure from error
        except UnicodeError as error:  # UTF-16 without its mark, for one
            raise DataUnreadableError(f"{self._path.name}: {error}") from error
        self._lines += text.count("\n")
        return text.encode("utf-8", "surrogatepass")


def undecodable(path: Path, error: UnicodeDecodeError, line: int) -> DataUnreadableError:
    """Return the error for a byte that the encoding does not have."""
    wrong = error.object[error.start : error.start + 4].hex(" ")
    return DataUnreadableError(
        f"{path.name}, line {line}: the bytes {wrong} are not {error.encoding}",
        hint="state the encoding of the file in its format, or mend the file",
        file=path.name,
        line=line,
    )


def first_bad_byte(path: Path, encoding: str) -> DataUnreadableError | None:
    """Return where the file leaves its encoding, or None when it does not."""
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    lines = 1
    with path.open("rb") as file:
        while True:
            raw = file.read(_SAMPLE)
            try:
                lines += decode(raw, not raw).count("\n")
            except UnicodeDecodeError as error:
                before = error.object[: error.start].count(b"\n")
                return undecodable(path, error, lines + before)
            if not raw:
                return None


def _decoder(encoding: str) -> Callable[[bytes, bool], str] | None:
    name = codecs.lookup(encoding).name
    if name in {"utf-8", "utf-8-sig", "ascii"}:
        return None
    return codecs.getincrementaldecoder(encoding)("strict").decode


def _telling(file: BinaryIO) -> bytes:
    """Return the beginning of the file, or the first block that is not ASCII only."""
    first = sample = file.read(_SAMPLE)
    searched = len(sample)
    while sample and sample.isascii() and b"\0" not in first and searched < _SEARCHED:
        sample = file.read(_SAMPLE)
        searched += len(sample)
    if not sample or sample is first:
        return first
    return sample[max(sample.find(b"\n"), 0) :]


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample, False)  # noqa: FBT003
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """Return UTF-16 of the order in which zeros stand, if it then reads as lines of fields.

    A file of one column, or of a few zeros, is taken for another encoding: it can be declared.
    """
    little, big = sample[1::2].count(0), sample[0::2].count(0)
    if little + big < _ZEROS * len(sample):
        return None
    found = "utf-16-le" if little > _CLEARLY * big else "utf-16-be"
    if found == "utf-16-be" and big <= _CLEARLY * little:
        return None
    text = sample[: len(sample) // 2 * 2].decode(found, "replace")
    return found if "\n" in text and re.search(r"[,;\t|]", text) else None


def _common_chinese(part: bytes) -> bool:
    """Return whether most pairs of high bytes are everyday characters of GB2312."""
    pairs = re.findall(rb"[\x81-\xfe][\x30-\xfe]", part)
    common = sum(0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)  # noqa: PLR2004
    symbols = sum(0xA1 <= pair[0] <= 0xA9 and pair[1] >= 0xA1 for pair in pairs)  # noqa: PLR2004
    return common > 0 and common >= 0.6 * (len(pairs) - symbols)


def _judged(sample: bytes) -> str | None:
    at = next((i for i, byte in enumerate(sample) if byte > 127), 0)  # noqa: PLR2004  ASCII
    line = sample.rfind(b"\n", 0, at) + 1
    part = sample[line : line + _JUDGED]
    if len(sample) > line + _JUDGED:
        part = part[: part.rfind(b"\n") + 1] or part
    if _decodes(part, "gb18030") and _common_chinese(part):
        return "gb18030"
    possible = [name for name in _CANDIDATES if _decodes(part, name)]
    from charset_normalizer import from_bytes  # noqa: PLC0415  start-up time

    best = from_bytes(part, cp_isolation=possible).best() if possible else None
    if best is None:
        return "gb18030" if "gb18030" in possible else None
    return "gb18030" if best.encoding in _GB_SUBSETS else str(best.encoding)
