"""Writing one sheet of a workbook, and what a sheet cannot hold."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter

from landbridge.data.types import INSTANT, TIMESTAMP
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.sdk.texts import text_column

MOST_ROWS = 1_048_575
MOST_COLUMNS = 16_384
_LONGEST = 32_767
_EXACT = 1 << 53
_DIGITS = 15
_BATCH = 4096
_UNWRITABLE = "[\\x00-\\x08\\x0b-\\x1f]|_x[0-9A-Fa-f]{4}_|\r"
_FIRST, _LAST = date(1900, 3, 1), date(9999, 12, 31)


def sheet_refusals(rows: pa.RecordBatch) -> Mapping[int, str]:
    """Return the rows that a sheet cannot hold, each with the reason."""
    found: dict[int, str] = {}
    for field, column in zip(rows.schema, rows.columns, strict=True):
        for bad, reason in _rules(column, field):
            for row in pc.indices_nonzero(pc.fill_null(bad, fill_value=False)).to_pylist():
                found.setdefault(row, f"{field.name}: {reason}")
    return found


def write_workbook(parts: Sequence[Path], target: Path, columns: pa.Schema, sheet: str) -> None:
    """Write the rows of Parquet parts to a new workbook of one sheet.

    Raises:
        OptionsInvalidError: There are more rows or columns than a sheet holds.
    """
    rows = sum(pq.read_metadata(part).num_rows for part in parts)
    if rows > MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise OptionsInvalidError(
            f"{rows} rows of {len(columns)} columns do not fit: a sheet holds {MOST_ROWS} rows "
            f"below the names, of {MOST_COLUMNS} columns",
            hint="write Parquet or CSV, or fewer rows",
        )
    options = {"constant_memory": True, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "timestamp": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        }
        written = book.add_worksheet(sheet)
        for at, name in enumerate(columns.names):
            written.write_string(0, at, name)
        row = 1
        for part in parts:
            with pq.ParquetFile(part) as opened:
                for batch in opened.iter_batches(_BATCH):
                    _write_rows(written, formats, batch, columns, row)
                    row += batch.num_rows


def _write_rows(
    sheet: xlsxwriter.worksheet.Worksheet,
    formats: Mapping[str, Any],
    batch: pa.RecordBatch,
    columns: pa.Schema,
    first: int,
) -> None:
    cells = [
        _cells(column, field) for column, field in zip(batch.columns, columns, strict=True)
    ]
    for offset, row in enumerate(zip(*cells, strict=True)):
        for at, cell in enumerate(row):
            _write_cell(sheet, formats, (first + offset, at), cell)


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet,
    formats: Mapping[str, Any],
    place: tuple[int, int],
    cell: Any,
) -> None:
    match cell:
        case None:
            pass
        case bool():
            sheet.write_boolean(*place, cell)
        case str():
            sheet.write_string(*place, cell)
        case datetime():
            sheet.write_datetime(*place, cell, formats["timestamp"])
        case date():
            sheet.write_datetime(*place, datetime.combine(cell, time()), formats["date"])
        case _:
            sheet.write_number(*place, cell)


def _cells(values: pa.Array, field: pa.Field) -> list[object]:
    storage = field.type
    if storage == TIMESTAMP or storage == pa.date32() or _is_number(field):
        return list(values.to_pylist())
    if pa.types.is_boolean(storage):
        return list(values.to_pylist())
    return list(text_column(values).to_pylist())


def _is_number(field: pa.Field) -> bool:
    storage = field.type
    if pa.types.is_decimal(storage):
        return bool(storage.precision <= _DIGITS)
    return pa.types.is_integer(storage) or pa.types.is_floating(storage)


def _rules(values: pa.Array, field: pa.Field) -> list[tuple[pa.Array, str]]:
    storage = field.type
    if pa.types.is_floating(storage):
        return [(pc.invert(pc.is_finite(values)), "a cell holds no NaN and no infinity")]
    if pa.types.is_integer(storage) and storage.bit_width > 32:  # noqa: PLR2004
        numbers = values.cast(pa.decimal128(38, 0))
        bad = pc.greater(pc.abs(numbers), pa.scalar(_EXACT).cast(pa.decimal128(38, 0)))
        return [(bad, "a cell holds whole numbers up to 2^53 only")]
    if storage == pa.date32() or storage == TIMESTAMP:
        return [(_outside(values, storage), "a cell holds dates from 1900-03-01 to 9999 only")]
    if storage == INSTANT or not _is_textual(field):
        return []
    texts = text_column(values)
    return [
        (pc.greater(pc.utf8_length(texts), _LONGEST), "a cell holds 32,767 characters"),
        (
            pc.match_substring_regex(texts, _UNWRITABLE),
            "a cell holds no control characters, and nothing like _x0000_",
        ),
    ]


def _is_textual(field: pa.Field) -> bool:
    return pa.types.is_string(field.type) or pa.types.is_binary(field.type)


def _outside(values: pa.Array, storage: pa.DataType) -> pa.Array:
    low, high = pa.scalar(_FIRST, pa.date32()), pa.scalar(_LAST, pa.date32())
    if storage == pa.date32():
        return pc.or_(pc.less(values, low), pc.greater(values, high))
    numbers = values.cast(pa.int64())
    day = 86_400_000_000
    first = low.cast(pa.int32()).as_py() * day
    last = (high.cast(pa.int32()).as_py() + 1) * day
    return pc.or_(pc.less(numbers, first), pc.greater_equal(numbers, last))
