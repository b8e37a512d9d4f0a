"""How each format keeps each logical type."""

import pyarrow as pa

from landbridge.connectors.files.options import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    NdjsonFormat,
    ParquetFormat,
)
from landbridge.data.types import TIMESTAMP, meaning_of
from landbridge.sdk.sink import Fit

_DIGITS = 15


def fit_of(column: pa.Field, options: FileFormat) -> Fit:
    """Return how a column is kept.

    `exact` comes back with its type from the file alone; `widening` comes back equal with
    the types that are noted beside the file, or declared.
    """
    match options:
        case ParquetFormat():
            return Fit("exact", f"parquet {column.type}")
        case CsvFormat():
            text = meaning_of(column).logical == "text"
            return Fit("exact" if text else "widening", "csv text")
        case NdjsonFormat():
            return _ndjson(column)
        case ExcelFormat():
            return _excel(column)


def _ndjson(column: pa.Field) -> Fit:
    logical = meaning_of(column).logical
    if logical in {"text", "bool"} or column.type == pa.int64():
        return Fit("exact", "json value")
    reason = "a JSON null becomes NULL, and white space within JSON is not kept"
    if logical == "json":
        return Fit("lossy", "json value", reason)
    return Fit("widening", "json value")


def _excel(column: pa.Field) -> Fit:
    for test, native, reason in _EXCEL_LOSSES:
        if test(column.type):
            return Fit("lossy", native, reason)
    number = pa.types.is_decimal(column.type) and column.type.precision <= _DIGITS
    plain = number or pa.types.is_integer(column.type) or column.type == pa.float32()
    return Fit("widening", "number cell" if plain else "cell")


_EXCEL_LOSSES = (
    (
        pa.types.is_string,
        "text cell",
        "an empty text becomes an empty cell, which is NULL",
    ),
    (pa.types.is_binary, "text cell", "empty bytes become an empty cell, which is NULL"),
    (pa.types.is_float64, "number cell", "the digits after the sixteenth are lost"),
    (
        lambda storage: storage == TIMESTAMP,
        "date cell",
        "microseconds are cut to milliseconds",
    ),
)
