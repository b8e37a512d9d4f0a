"""PostgreSQL's types and ours, both ways: one table for reading, one for creating.

Reading: each column has the SQL expression that reads it without loss and without harming
the driver. Types that are not named here are read as their exact text (`opaque`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import pyarrow as pa

from landbridge.connectors.postgres.catalogue import CatalogueColumn, NativeType
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
from landbridge.sdk.sink import Fit

FAMILY = "postgres:"

Decoding = Literal["plain", "decimal", "timestamp", "date", "uuid"]
MAX_DECIMAL128 = 38
MAX_DECIMAL256 = 76


@dataclass(frozen=True, slots=True)
class ReadType:
    """How a column is read.

    Attributes:
        as_text: The server is asked for the value's text.
        decoding: What is done with what arrives.
    """

    logical: Logical
    storage: pa.DataType
    as_text: bool = False
    decoding: Decoding = "plain"
    length: int | None = None


_TEXT = pa.string()
_READ: Mapping[str, ReadType] = MappingProxyType(
    {
        "bool": ReadType("bool", pa.bool_()),
        "int2": ReadType("int", pa.int16()),
        "int4": ReadType("int", pa.int32()),
        "int8": ReadType("int", pa.int64()),
        "float4": ReadType("float", pa.float32()),
        "float8": ReadType("float", pa.float64()),
        "text": ReadType("text", _TEXT),
        "varchar": ReadType("text", _TEXT),
        "bpchar": ReadType("text", _TEXT),
        "name": ReadType("text", _TEXT),
        "char": ReadType("text", _TEXT, as_text=True),
        "bytea": ReadType("binary", pa.binary()),
        "date": ReadType("date", pa.date32(), decoding="date"),
        "time": ReadType("time", TIME),
        "timestamp": ReadType("timestamp", TIMESTAMP, decoding="timestamp"),
        "timestamptz": ReadType("instant", INSTANT, decoding="timestamp"),
        "uuid": ReadType("uuid", UUID, decoding="uuid"),
        "json": ReadType("json", _TEXT),
        "jsonb": ReadType("json", _TEXT),
        "bit": ReadType("bits", _TEXT, as_text=True),
        "varbit": ReadType("bits", _TEXT, as_text=True),
    }
)
_OPAQUE = ReadType("opaque", _TEXT, as_text=True)
_NUMBER = ReadType("number", _TEXT, as_text=True)


def read_type(native: NativeType, *, decimals: bool = True) -> ReadType:
    """Return how values of a type are read.

    Args:
        native: The type.
        decimals: Read `numeric(p,s)` as decimals where Arrow has one, not as text.
    """
    if not native.built_in:
        return _OPAQUE
    if native.name == "numeric":
        return _numeric(native.modifier) if decimals else _NUMBER
    found = _READ.get(native.name, _OPAQUE)
    return replace(found, length=text_length(native))


def read_field(found: CatalogueColumn, kind: ReadType) -> pa.Field:
    """Return the field that a column is read as."""
    meaning = Meaning(
        kind.logical,
        native=FAMILY + found.type.text,
        comment=found.comment,
        length=kind.length,
    )
    return column(found.name, kind.storage, meaning, nullable=not found.not_null)


def text_length(native: NativeType) -> int | None:
    """Return the most characters that a text type holds, or None."""
    if native.name in {"varchar", "bpchar"} and native.modifier >= _HEADER:
        return native.modifier - _HEADER
    return 1 if native.name == "char" else None


def numeric_size(native: NativeType) -> tuple[int, int] | None:
    """Return precision and scale of a `numeric(p,s)`; None when it was declared without."""
    return _numeric_size(native.modifier)


def time_digits(native: NativeType) -> int:
    """Return the digits of the fraction of a second that a time type keeps."""
    return native.modifier if native.modifier >= 0 else _MICROSECOND_DIGITS


_HEADER = 4
_MICROSECOND_DIGITS = 6


def _numeric_size(modifier: int) -> tuple[int, int] | None:
    if modifier < _HEADER:
        return None
    packed = modifier - _HEADER
    return (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024


def _numeric(modifier: int) -> ReadType:
    size = _numeric_size(modifier)
    if size is None:
        return _NUMBER
    precision, scale = size
    if not 0 <= scale <= precision <= MAX_DECIMAL256:
        return _NUMBER
    return ReadType("decimal", _decimal(precision, scale), as_text=True, decoding="decimal")


def _decimal(precision: int, scale: int) -> pa.DataType:
    if precision <= MAX_DECIMAL128:
        return pa.decimal128(precision, scale)
    return pa.decimal256(precision, scale)


# Creating ----------------------------------------------------------------------------

_BUILT_IN = re.compile(
    r'(?P<base>"?[a-z][a-z0-9_ ]*?"?)'
    r"(?P<size>\(\d+(?:,-?\d+)?\))?(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\])*)"
)
_QUALIFIED = re.compile(
    r'(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)\.(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)'
    r"(?:\([\w, ]+\))?(?:\[\])*"
)
_LOGICAL_OF: Mapping[str, tuple[Logical, pa.DataType | None]] = MappingProxyType(
    {
        "boolean": ("bool", None),
        "smallint": ("int", pa.int16()),
        "integer": ("int", pa.int32()),
        "bigint": ("int", pa.int64()),
        "real": ("float", pa.float32()),
        "double precision": ("float", pa.float64()),
        "text": ("text", None),
        "character varying": ("text", None),
        "character": ("text", None),
        "bpchar": ("text", None),
        "name": ("text", None),
        '"char"': ("text", None),
        "bytea": ("binary", None),
        "date": ("date", None),
        "time without time zone": ("time", None),
        "timestamp without time zone": ("timestamp", None),
        "timestamp with time zone": ("instant", None),
        "uuid": ("uuid", None),
        "json": ("json", None),
        "jsonb": ("json", None),
        "bit": ("bits", None),
        '"bit"': ("bits", None),
        "bit varying": ("bits", None),
        "numeric": ("number", None),
    }
)
_INTEGERS: Mapping[pa.DataType, Fit] = MappingProxyType(
    {
        pa.int8(): Fit("widening", "smallint"),
        pa.int16(): Fit("exact", "smallint"),
        pa.int32(): Fit("exact", "integer"),
        pa.int64(): Fit("exact", "bigint"),
        pa.uint8(): Fit("widening", "smallint"),
        pa.uint16(): Fit("widening", "integer"),
        pa.uint32(): Fit("widening", "bigint"),
        pa.uint64(): Fit("widening", "numeric(20,0)"),
    }
)
_OTHERS: Mapping[Logical, Fit] = MappingProxyType(
    {
        "bool": Fit("exact", "boolean"),
        "number": Fit("exact", "numeric"),
        "binary": Fit("exact", "bytea"),
        "date": Fit("exact", "date"),
        "time": Fit("exact", "time without time zone"),
        "timestamp": Fit("exact", "timestamp without time zone"),
        "instant": Fit("exact", "timestamp with time zone"),
        "json": Fit("exact", "json"),
        "uuid": Fit("exact", "uuid"),
        "bits": Fit("exact", "bit varying"),
        "opaque": Fit("widening", "text"),
    }
)
_MAX_VARCHAR = 10_485_760


def native_of(field: pa.Field) -> tuple[str, bool] | None:
    """Return the type of this family that a field was read from, while it still fits.

    Returns:
        The type as declarations spell it and whether it is built in; None when the field
        comes from elsewhere or was cast to another type since.
    """
    meaning = meaning_of(field)
    if not meaning.native.startswith(FAMILY):
        return None
    text = meaning.native.removeprefix(FAMILY)
    found = _BUILT_IN.fullmatch(text)
    if found is None:
        fits = meaning.logical == "opaque" and _QUALIFIED.fullmatch(text) is not None
        return (text, False) if fits else None
    return (text, True) if _still_means(found, field, meaning) else None


def created_as(field: pa.Field) -> Fit:
    """Return the type of a column made for this field, where its native type is no guide."""
    meaning = meaning_of(field)
    if meaning.logical == "int":
        return _INTEGERS.get(field.type, Fit("refused", "", f"{field.type} is no integer"))
    if meaning.logical == "float":
        wide = field.type != pa.float32()
        return Fit("exact", "double precision" if wide else "real")
    if meaning.logical == "decimal":
        return _created_decimal(field.type.precision, field.type.scale)
    if meaning.logical == "text":
        length = meaning.length
        if length is not None and 1 <= length <= _MAX_VARCHAR:
            return Fit("exact", f"character varying({length})")
        return Fit("exact", "text")
    return _OTHERS[meaning.logical]


def _created_decimal(precision: int, scale: int) -> Fit:
    if scale < 0:
        return Fit("widening", f"numeric({precision - scale},0)")
    return Fit("exact", f"numeric({max(precision, scale)},{scale})")


def _still_means(found: re.Match[str], field: pa.Field, meaning: Meaning) -> bool:
    base = found["base"] + (found["zone"] or "")
    if found["array"] or base not in _LOGICAL_OF:
        return meaning.logical == "opaque"
    if meaning.logical == "decimal":
        return found[0] == f"numeric({field.type.precision},{field.type.scale})"
    logical, storage = _LOGICAL_OF[base]
    if logical != meaning.logical or (storage is not None and storage != field.type):
        return False
    if meaning.logical == "text":
        stated = found["size"]
        length = int(stated[1:-1]) if stated else (1 if base == '"char"' else None)
        return length == meaning.length
    return True
