"""Reading one sheet of a workbook: xlsx, xlsm, xlsb, xls, ods."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import python_calamine
from python_calamine import CalamineError, XmlError, ZipError
from typing_extensions import override

from landbridge.connectors.files.csv_shape import distinct
from landbridge.connectors.files.error_cells import first_error_cell
from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.formats import Format, Wanted
from landbridge.connectors.files.options import ExcelFormat
from landbridge.connectors.files.sidecar import columns_beside
from landbridge.data.types import TIME, TIMESTAMP, Meaning, column, implied, meaning_of
from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.batching import regrouped
from landbridge.sdk.declared import declared_column
from landbridge.sdk.values import MisfitError, array_of

_FILES_JUDGED = 16
_ROWS = 2048
_EXACT = 1 << 53
_STORAGES: dict[frozenset[str], pa.DataType] = {
    frozenset({"bool"}): pa.bool_(),
    frozenset({"int"}): pa.int64(),
    frozenset({"float"}): pa.float64(),
    frozenset({"int", "float"}): pa.float64(),
    frozenset({"date"}): pa.date32(),
    frozenset({"timestamp"}): TIMESTAMP,
    frozenset({"date", "timestamp"}): TIMESTAMP,
    frozenset({"time"}): TIME,
}
_KINDS: dict[type, str] = {
    bool: "bool",
    datetime: "timestamp",
    date: "date",
    time: "time",
}
Cell = int | float | str | bool | time | date | datetime | timedelta | None


class ExcelFiles(Format):
    """Workbooks with the options of a connection or stream."""

    def __init__(self, options: ExcelFormat) -> None:
        self._options = options

    @override
    def columns(self, files: Sequence[Path]) -> pa.Schema:
        """Return columns typed by all cells of the files, of the first and last if many."""
        beside = columns_beside(files[0])
        if beside is not None and not self._options.columns:
            return beside
        judged = list(files)
        if len(judged) > _FILES_JUDGED:
            judged = [*judged[: _FILES_JUDGED // 2], *judged[-_FILES_JUDGED // 2 :]]
        kinds: dict[str, set[str]] = {}
        for file in judged:
            names, rows = self._sheet(file)
            for name in names:
                kinds.setdefault(name, set())
            for row in rows:
                for name, cell in zip(names, row, strict=False):
                    kinds[name].add(_kind(cell))
        return pa.schema([self._column(name, found) for name, found in kinds.items()])

    @override
    def batches(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        yield from regrouped(self._chunks(file, wanted), wanted.batch_bytes)

    def _chunks(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        names, rows = self._sheet(file)
        lacking = [name for name in wanted.every.names if name not in names]
        added = [name for name in names if name not in wanted.every.names]
        if lacking or added:
            raise DataUnreadableError(
                f"{file.name} is not of the shape of the other files: "
                f"{(lacking or added)[0]} is {'missing' if lacking else 'added'}",
                hint="give files of another shape a stream of their own",
                file=file.name,
            )
        held: list[Sequence[Cell]] = []
        at = 0
        for row in rows:
            at += 1
            if at <= wanted.skip:
                continue
            held.append(row)
            if len(held) == _ROWS:
                yield self._typed(file, names, held, at - len(held), wanted.columns)
                held = []
        if held:
            yield self._typed(file, names, held, at - len(held), wanted.columns)

    def _typed(
        self,
        file: Path,
        names: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        first: int,
        columns: pa.Schema,
    ) -> pa.RecordBatch:
        arrays = []
        for field in columns:
            at = names.index(field.name)
            cells = [_value(row[at] if at < len(row) else None, field) for row in rows]
            try:
                arrays.append(array_of(cells, field))
            except MisfitError as error:
                row = self._options.header_row + first + error.row + 1
                raise DataUnreadableError(
                    f"{file.name}, row {row}, column {field.name}: {error}",
                    hint=f"declare the column: `columns: {{{field.name}: string}}`",
                    file=file.name,
                    row=row,
                    column=field.name,
                ) from error
        return pa.RecordBatch.from_arrays(arrays, schema=columns)

    def _sheet(self, file: Path) -> tuple[tuple[str, ...], Iterator[Sequence[Cell]]]:
        """Return the names of the columns, and the rows below up to the last not blank."""
        with explained(file.name):
            try:
                book = python_calamine.CalamineWorkbook.from_path(str(file))
                sheet = self._chosen(file, book)
                self._check_errors(file, sheet.name)
                rows = [
                    [None if cell == "" else cell for cell in row]
                    for row in sheet.to_python(skip_empty_area=False)
                ]
            except (
                CalamineError,
                XmlError,
                ZipError,
                zipfile.BadZipFile,
            ) as error:
                raise DataUnreadableError(
                    f"{file.name} is not a workbook that can be read: {error}", file=file.name
                ) from error
        while rows and all(cell is None for cell in rows[-1]):
            rows.pop()
        header = self._options.header_row
        width = max((len(row) for row in rows), default=0)
        if header == 0:
            return tuple(f"column_{at}" for at in range(1, width + 1)), iter(rows)
        titles = rows[header - 1] if len(rows) >= header else []
        return distinct([_text(cell) for cell in titles]), iter(rows[header:])

    def _check_errors(self, file: Path, sheet: str) -> None:
        found = first_error_cell(file, sheet) if self._options.errors == "refuse" else None
        if found is not None:
            raise DataUnreadableError(
                f"{file.name}, cell {found[0]}: {found[1]} is an error, not a value",
                hint="mend the formula, or set `errors: as_null` to read such cells as NULL",
                file=file.name,
                cell=found[0],
            )

    def _chosen(
        self, file: Path, book: python_calamine.CalamineWorkbook
    ) -> python_calamine.CalamineSheet:
        wanted = self._options.sheet
        if wanted is None:
            return book.get_sheet_by_index(0)
        if wanted in book.sheet_names:
            return book.get_sheet_by_name(wanted)
        raise DataUnreadableError(
            f"{file.name} has no sheet {wanted}",
            hint=f"it has {', '.join(book.sheet_names)}",
            file=file.name,
        )

    def _column(self, name: str, kinds: set[str]) -> pa.Field:
        declared = self._options.columns.get(name)
        if declared is not None:
            return declared_column(name, declared)
        storage = _STORAGES.get(frozenset(kinds - {"null"}), pa.string())
        return column(name, storage, Meaning(implied(storage)))


def _kind(cell: Cell) -> str:
    if cell is None:
        return "null"
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return "int" if _is_whole(cell) else "float"
    return _KINDS.get(type(cell), "text")


def _is_whole(number: float) -> bool:
    return abs(number) <= _EXACT and number == int(number)


def _value(cell: Cell, field: pa.Field) -> object:
    logical = meaning_of(field).logical
    if cell is None or logical not in {"text", "json", "bits", "opaque", "number"}:
        return cell
    return _text(cell)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() | int():
            return str(int(cell)) if _is_whole(cell) else repr(cell)
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
