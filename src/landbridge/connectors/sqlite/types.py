"""Declared types of SQLite and our logical types, both ways.

SQLite stores what it is given; a declared type only decides what it converts ("affinity").
Types that SQLite would convert are declared under names with TEXT affinity, so that digits
survive and reading them back gives the same logical type.
"""

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    column,
    meaning_of,
)

Affinity = Literal["INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC"]

_NAME = re.compile(r"\s*([^()]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*))?")
_DECIMAL_DIGITS = 38
_MOST_DIGITS = 76

_STORAGES: dict[str, tuple[Logical, pa.DataType]] = {
    "BOOLEAN": ("bool", pa.bool_()),
    "BOOL": ("bool", pa.bool_()),
    "INT_8": ("int", pa.int8()),
    "INT_16": ("int", pa.int16()),
    "INT_32": ("int", pa.int32()),
    "UINT_8": ("int", pa.uint8()),
    "UINT_16": ("int", pa.uint16()),
    "UINT_32": ("int", pa.uint32()),
    "UNSIGNED64_TEXT": ("int", pa.uint64()),
    "REAL_32": ("float", pa.float32()),
    "NUMBER_TEXT": ("number", pa.string()),
    "DATE": ("date", pa.date32()),
    "DATE_TEXT": ("date", pa.date32()),
    "TIME": ("time", TIME),
    "TIME_TEXT": ("time", TIME),
    "DATETIME": ("timestamp", TIMESTAMP),
    "TIMESTAMP": ("timestamp", TIMESTAMP),
    "TIMESTAMP_TEXT": ("timestamp", TIMESTAMP),
    "TIMESTAMPTZ": ("instant", INSTANT),
    "TIMESTAMP WITH TIME ZONE": ("instant", INSTANT),
    "INSTANT_TEXT": ("instant", INSTANT),
    "JSON": ("json", pa.string()),
    "JSON_TEXT": ("json", pa.string()),
    "UUID": ("uuid", UUID),
    "GUID": ("uuid", UUID),
    "UUID_TEXT": ("uuid", UUID),
    "BITS_TEXT": ("bits", pa.string()),
}
_DECLARED: dict[pa.DataType, str] = {
    pa.int8(): "INT_8",
    pa.int16(): "INT_16",
    pa.int32(): "INT_32",
    pa.int64(): "INTEGER",
    pa.uint8(): "UINT_8",
    pa.uint16(): "UINT_16",
    pa.uint32(): "UINT_32",
    pa.uint64(): "UNSIGNED64_TEXT",
    pa.float32(): "REAL_32",
    pa.float64(): "REAL",
}
_BY_LOGICAL: dict[Logical, str] = {
    "bool": "BOOLEAN",
    "number": "NUMBER_TEXT",
    "date": "DATE_TEXT",
    "time": "TIME_TEXT",
    "timestamp": "TIMESTAMP_TEXT",
    "instant": "INSTANT_TEXT",
    "json": "JSON_TEXT",
    "uuid": "UUID_TEXT",
    "bits": "BITS_TEXT",
    "opaque": "TEXT",
}
_BY_AFFINITY: dict[Affinity, tuple[Logical, pa.DataType]] = {
    "INTEGER": ("int", pa.int64()),
    "REAL": ("float", pa.float64()),
    "TEXT": ("text", pa.string()),
    "BLOB": ("binary", pa.binary()),
}
_NUMERIC = frozenset({"DECIMAL", "NUMERIC", "NUMBER", "MONEY", "DECIMAL_TEXT"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared type, understood.

    Attributes:
        logical: What values mean, or None when the declaration does not say.
        storage: Their canonical storage.
        affinity: What SQLite does to values that are stored.
        length: Declared length of a text or binary column.
    """

    logical: Logical | None
    storage: pa.DataType
    affinity: Affinity
    length: int | None = None


def affinity_of(declared: str) -> Affinity:
    """Return what SQLite converts values of a declared type to, by its own rules.

    Example:
        >>> affinity_of("VARCHAR(10)"), affinity_of("DECIMAL(12,2)"), affinity_of("POINT")
        ('TEXT', 'NUMERIC', 'INTEGER')
    """
    upper = declared.upper()
    if "INT" in upper:
        return "INTEGER"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not upper.strip() or "BLOB" in upper:
        return "BLOB"
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def understood(declared: str) -> Declared:
    """Return the meaning of a declared type.

    Example:
        >>> understood("decimal(12, 2)").storage
        Decimal128Type(decimal128(12, 2))
        >>> understood("").logical is None
        True
    """
    affinity = affinity_of(declared)
    found = _NAME.fullmatch(declared.upper())
    name, first, second, rest = found.groups() if found else (declared.upper(), None, None, "")
    name = " ".join(f"{name} {rest or ''}".split())
    if name in _STORAGES:
        return Declared(*_STORAGES[name], affinity)
    if name in _NUMERIC:
        digits, scale = int(first or 0), int(second or 0)
        if 0 < digits <= _MOST_DIGITS and scale <= digits:
            return Declared("decimal", decimal_storage(digits, scale), affinity)
        return Declared("number", pa.string(), affinity)
    logical, storage = _BY_AFFINITY.get(affinity, (None, pa.string()))
    if not declared.strip():
        return Declared(None, pa.string(), affinity)
    length = int(first) if first and logical in {"text", "binary"} else None
    return Declared(logical, storage, affinity, length)


def decimal_storage(digits: int, scale: int) -> pa.DataType:
    """Return the narrower of Arrow's two decimals that holds so many digits."""
    if digits <= _DECIMAL_DIGITS:
        return pa.decimal128(digits, scale)
    return pa.decimal256(digits, scale)


def declared_for(field: pa.Field) -> str:
    """Return the type that a new column of this field is declared with.

    Example:
        >>> declared_for(pa.field("price", pa.decimal128(12, 2)))
        'DECIMAL_TEXT(12,2)'
    """
    meaning = meaning_of(field)
    length = f"({meaning.length})" if meaning.length else ""
    if meaning.logical in {"int", "float"}:
        return _DECLARED.get(field.type, "REAL")
    if meaning.logical == "decimal":
        return f"DECIMAL_TEXT({field.type.precision},{field.type.scale})"
    if meaning.logical == "text":
        return f"VARCHAR{length}" if length else "TEXT"
    if meaning.logical == "binary":
        return f"BLOB{length}"
    return _BY_LOGICAL[meaning.logical]


def text_field(name: str, *, nullable: bool) -> pa.Field:
    """Return the field of a column that is read as text, whatever it holds."""
    return column(name, pa.string(), Meaning("text"), nullable=nullable)
