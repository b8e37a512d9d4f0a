"""Types of DuckDB and our logical types, both ways."""

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID, Logical, meaning_of
from landbridge.sdk.sink import Fit

Fetch = Literal["plain", "text", "json", "timestamp"]

FAMILY = "duckdb"
_DIGITS = 38
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_NESTED = re.compile(r"(?:STRUCT|MAP|UNION)\(.*|.*\[\d*\]|VARIANT", re.DOTALL)

_KNOWN: dict[str, tuple[Logical, pa.DataType]] = {
    "BOOLEAN": ("bool", pa.bool_()),
    "TINYINT": ("int", pa.int8()),
    "SMALLINT": ("int", pa.int16()),
    "INTEGER": ("int", pa.int32()),
    "BIGINT": ("int", pa.int64()),
    "UTINYINT": ("int", pa.uint8()),
    "USMALLINT": ("int", pa.uint16()),
    "UINTEGER": ("int", pa.uint32()),
    "UBIGINT": ("int", pa.uint64()),
    "FLOAT": ("float", pa.float32()),
    "DOUBLE": ("float", pa.float64()),
    "VARCHAR": ("text", pa.string()),
    "BLOB": ("binary", pa.binary()),
    "DATE": ("date", pa.date32()),
    "TIME": ("time", TIME),
    "TIMESTAMP": ("timestamp", TIMESTAMP),
    "TIMESTAMP WITH TIME ZONE": ("instant", INSTANT),
}
_AS_TEXT: dict[str, tuple[Logical, pa.DataType]] = {
    "HUGEINT": ("decimal", pa.decimal256(39, 0)),
    "UHUGEINT": ("decimal", pa.decimal256(39, 0)),
    "BIGNUM": ("number", pa.string()),
    "VARINT": ("number", pa.string()),
    "UUID": ("uuid", UUID),
    "BIT": ("bits", pa.string()),
    "JSON": ("json", pa.string()),
    '"NULL"': ("text", pa.string()),
}
_BACK: dict[tuple[Logical, pa.DataType], str] = {
    (logical, storage): name for name, (logical, storage) in _KNOWN.items()
}
_SAME_FAMILY = frozenset(
    {"HUGEINT", "UHUGEINT", "BIT", "BIGNUM", "INTERVAL", "TIME WITH TIME ZONE", "TIMESTAMP_NS"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """A type of DuckDB, understood.

    Attributes:
        logical: What values mean.
        storage: Their canonical storage.
        fetch: How the column is selected so that its values are exact.
        native: Stated with the column when the logical type does not tell all.
    """

    logical: Logical
    storage: pa.DataType
    fetch: Fetch = "plain"
    native: str = ""


def known(native: str) -> Known:  # noqa: PLR0911  one row per kind, a table
    """Return the meaning of a type, as `duckdb_columns` writes it.

    Example:
        >>> known("DECIMAL(12,2)").storage, known("INTEGER[]").logical
        (Decimal128Type(decimal128(12, 2)), 'json')
    """
    if native in _KNOWN:
        return Known(*_KNOWN[native])
    stated = f"{FAMILY}:{native}"
    if native in _AS_TEXT:
        plain = native in {"UUID", "JSON", '"NULL"'}
        return Known(*_AS_TEXT[native], "text", "" if plain else stated)
    found = _DECIMAL.fullmatch(native)
    if found:
        return Known("decimal", pa.decimal128(int(found[1]), int(found[2])))
    if native in {"TIMESTAMP_S", "TIMESTAMP_MS"}:
        return Known("timestamp", TIMESTAMP, "timestamp")
    if native.startswith("ENUM("):
        return Known("text", pa.string(), "text")
    if _NESTED.fullmatch(native):
        return Known("json", pa.string(), "json")
    return Known("opaque", pa.string(), "text", stated)


def selected(expression: str, fetch: Fetch) -> str:
    """Return the expression by which a quoted column is fetched."""
    return {
        "plain": expression,
        "text": f"CAST({expression} AS VARCHAR)",
        "json": f"CAST(to_json({expression}) AS VARCHAR)",
        "timestamp": f"CAST({expression} AS TIMESTAMP)",
    }[fetch]


def fit_of(field: pa.Field) -> Fit:  # noqa: PLR0911  one row per kind, a table
    """Return how a newly created column keeps a field's values.

    Example:
        >>> fit_of(pa.field("price", pa.decimal128(12, 2)))
        Fit(kind='exact', native='DECIMAL(12,2)', reason='')
    """
    meaning = meaning_of(field)
    family, _, native = meaning.native.partition(":")
    if family == FAMILY and native in _SAME_FAMILY:
        return Fit("exact", native)
    if (meaning.logical, field.type) in _BACK:
        return Fit("exact", _BACK[meaning.logical, field.type])
    if meaning.logical == "decimal":
        return _decimal_fit(field.type)
    if meaning.logical == "uuid":
        return Fit("exact", "UUID")
    if meaning.logical == "json":
        return Fit("exact", "JSON")
    if meaning.logical == "float":
        return Fit("widening", "DOUBLE", "kept as a wider number")
    return Fit("widening", "VARCHAR", "kept as text")


def _decimal_fit(storage: pa.DataType) -> Fit:
    if storage.precision > _DIGITS or not 0 <= storage.scale <= storage.precision:
        return Fit("widening", "VARCHAR", f"more than {_DIGITS} digits are kept as text")
    return Fit("exact", f"DECIMAL({storage.precision},{storage.scale})")
