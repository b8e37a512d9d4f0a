"""From the bytes of a file to text that YAML can take."""

import re

from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import ROOT, Fault, Place

MAX_BYTES = 1 << 20
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_UTF8_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile("\r\n|\r|\n")


def decode(data: bytes, file: str) -> str | Fault:
    """Return the file's text, or the fault that keeps it from being read.

    A byte order mark of UTF-8 is dropped. Characters that YAML takes for line ends but
    editors do not are refused, so that every line number is the editor's.
    """
    if len(data) > MAX_BYTES:
        facts: dict[str, str | int] = {"most": MAX_BYTES}
        return Fault(FaultCode.FILE_TOO_LARGE, Place(file, 1, 1, ROOT), facts)
    body = data.removeprefix(_UTF8_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        facts = {"byte": f"0x{body[error.start]:02x}", "encoding": _guess(data)}
        return Fault(FaultCode.NOT_UTF8, place_at(before, file), facts)
    found = _FORBIDDEN.search(text)
    if found is not None:
        code = ord(found[0])
        escape = f"\\u{code:04x}"
        facts = {"character": f"U+{code:04X}", "escape": escape}
        place = place_at(text[: found.start()], file)
        return Fault(FaultCode.CHARACTER_FORBIDDEN, place, facts)
    return text


def place_at(before: str, file: str) -> Place:
    """Return the place that follows some text."""
    lines = _LINE_END.split(before)
    return Place(file, len(lines), len(lines[-1]) + 1, ROOT)


def _guess(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "GB18030"
