"""Cells of a workbook that hold an error, which the reader of workbooks takes for empty."""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>(?:.{0,4096}?<v>([^<]*)<)?', re.DOTALL
)
_BLOCK = 1 << 20
_OVERLAP = 8192


def first_error_cell(file: Path, sheet: str) -> tuple[str, str] | None:
    """Return place and text of a sheet's first error (``#N/A``), or None without one.

    Only files of the XML kind (xlsx, xlsm) can be looked into.
    """
    if not zipfile.is_zipfile(file):
        return None
    with zipfile.ZipFile(file) as book:
        part = _part_of(book, sheet)
        if part is None:
            return None
        with book.open(part) as opened:
            kept = b""
            while block := opened.read(_BLOCK):
                text = kept + block
                found = _ERROR.search(text)
                if found is not None and found.end() < len(text):
                    return found[1].decode(), (found[2] or b"an error").decode()
                kept = text[-_OVERLAP:]
            found = _ERROR.search(kept)
    return None if found is None else (found[1].decode(), (found[2] or b"an error").decode())


def _part_of(book: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the part that holds a sheet."""
    names = set(book.namelist())
    if not {_BOOK, _LINKS} <= names:
        return None
    links = [
        attributes.get("r:id", "")
        for attributes in _elements(book.read(_BOOK), "sheet")
        if attributes.get("name") == sheet
    ]
    for attributes in _elements(book.read(_LINKS), "Relationship"):
        if attributes.get("Id") in links:
            target = attributes.get("Target", "").lstrip("/")
            part = target if target.startswith("xl/") else f"xl/{target}"
            return part if part in names else None
    return None


def _elements(xml: bytes, name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of elements; a search, since no entity may be resolved here."""
    text = xml.decode("utf-8", "replace")
    for element in re.findall(rf"<(?:\w+:)?{name}\s([^>]*)>", text):
        pairs = re.findall(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']", element)
        yield {key: html.unescape(value) for key, value in pairs}
