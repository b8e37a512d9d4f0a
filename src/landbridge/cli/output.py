"""Where commands write: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from landbridge.app.settings import Language
from landbridge.cli.texts import text
from landbridge.kernel.errors import DocumentsInvalidError, LandbridgeError
from landbridge.specs.faults import Fault

_LEAST_WIDTH = 9
Cell = str | int | float | None


class Output:
    """Standard output for results, standard error for everything else.

    Args:
        language: Language of sentences.
        as_json: Print one JSON document instead of tables.
    """

    def __init__(self, language: Language, *, as_json: bool) -> None:
        self.language: Language = language
        self.as_json = as_json
        self.console = Console(highlight=False)
        self.errors = Console(stderr=True, highlight=False)

    def text(self, key: str, **facts: str | int) -> str:
        """Return a sentence of the catalogue."""
        return text(key, self.language, **facts)

    def say(self, key: str, *, style: str = "", **facts: str | int) -> None:
        """Write a sentence; nothing with `--json`."""
        if not self.as_json:
            self.console.print(Text(self.text(key, **facts), style=style))

    def write(self, line: str, *, style: str = "") -> None:
        """Write text as it is; nothing with `--json`."""
        if not self.as_json:
            self.console.print(Text(line, style=style))

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, title: str = ""
    ) -> None:
        """Write a table; headings are keys of the catalogue. Nothing with `--json`."""
        if self.as_json:
            return
        table = Table(title=Text(title) if title else None, title_justify="left")
        for at, key in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[at], int | float) for row in rows)
            table.add_column(
                self.text(key),
                justify="right" if numeric else "left",
                overflow="fold",
                min_width=None if numeric else _LEAST_WIDTH,
                no_wrap=numeric,
            )
        for row in rows:
            table.add_row(*(Text(_shown(cell)) for cell in row))
        self.console.print(table)

    def raw_table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table whose headings are data; nothing with `--json`."""
        if self.as_json:
            return
        table = Table()
        for heading in headings:
            table.add_column(Text(heading))
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    def document(self, result: object) -> None:
        """Write the result as JSON, when `--json` was given."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain(result), ensure_ascii=False) + "\n")

    def failure(self, error: LandbridgeError) -> None:
        """Write why the command failed."""
        if self.as_json:
            self.document({"error": error_record(error, self.language)})
            return
        if isinstance(error, DocumentsInvalidError):
            self._faults(error)
            return
        self.errors.print(Text(f"{self.text('error')} [{error.code}]: {error}", style="red"))
        if error.hint:
            self.errors.print(Text(f"{self.text('hint')}: {error.hint}"))

    def _faults(self, error: DocumentsInvalidError) -> None:
        faults = error.faults
        self.errors.print(Text(self.text("documents_wrong", count=len(faults)), style="red"))
        for fault in faults:
            words = fault.text(self.language) if isinstance(fault, Fault) else str(fault)
            self.errors.print(Text(f"  {words}"))
        if error.hint:
            self.errors.print(Text(self.text("more_checks")))


def error_record(error: LandbridgeError, language: Language) -> Mapping[str, object]:
    """Return an error as data: code, message, hint, facts, and faults of documents."""
    record: dict[str, object] = {
        "code": error.code,
        "message": str(error),
        "hint": error.hint,
        "facts": dict(error.facts),
    }
    if isinstance(error, DocumentsInvalidError):
        record["faults"] = [
            fault.record(language) if isinstance(fault, Fault) else str(fault)
            for fault in error.faults
        ]
    return record


def plain(value: Any) -> Any:
    """Return a result as what JSON can hold."""
    if isinstance(value, LandbridgeError):
        return error_record(value, "en")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(part) for name, part in _parts(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def _parts(value: Any) -> Mapping[str, Any]:
    names = value.__dataclass_fields__
    return {name: getattr(value, name) for name in names}


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
