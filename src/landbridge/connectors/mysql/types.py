"""MySQL's types and ours, both ways: one table for reading, one for creating.

Reading: rows come as the text protocol writes them. Each column has the SQL expression whose
text is exact, and the decoding that turns that text into the column's storage. Types that
are not named here are read as their text (`opaque`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import pyarrow as pa

from landbridge.connectors.mysql.native import FAMILY, NativeType, parse_native
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

Order = Literal["number", "text", "bytes", "none"]
"""How a value of a key is written in a condition; `none` cannot be one."""

MAX_DECIMAL128 = 38


@dataclass(frozen=True, slots=True)
class ReadType:
    """How a column is read.

    Attributes:
        logical: What it means.
        storage: How Arrow keeps it.
        expression: SQL whose text is exact; `{}` is the quoted column.
        order: How its values are written in conditions on a key.
        length: Declared length of a text or binary column.
    """

    logical: Logical
    storage: pa.DataType
    expression: str = "{}"
    order: Order = "none"
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Taste:
    """Choices of the user between readings that are all right."""

    booleans: bool = False
    times_as_text: bool = False


_TEXT = pa.string()
_INTEGERS: Mapping[str, tuple[pa.DataType, pa.DataType]] = MappingProxyType(
    {
        "tinyint": (pa.int8(), pa.uint8()),
        "smallint": (pa.int16(), pa.uint16()),
        "mediumint": (pa.int32(), pa.uint32()),
        "int": (pa.int32(), pa.uint32()),
        "integer": (pa.int32(), pa.uint32()),
        "bigint": (pa.int64(), pa.uint64()),
        "year": (pa.int16(), pa.int16()),
    }
)
_BINARIES = frozenset(
    {
        "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector",
        "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
        "multipolygon", "geometrycollection", "geomcollection",
    }
)  # fmt: skip
"""A geometry is read as the server keeps it: four bytes of SRID, then WKB."""
_TEXTS = frozenset(
    {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "string"}
)
_SIZED = frozenset({"char", "varchar", "binary", "varbinary"})
_OTHERS: Mapping[str, ReadType] = MappingProxyType(
    {
        # The plain text of a FLOAT is rounded to six digits.
        "float": ReadType("float", pa.float32(), "({}+0e0)"),
        "double": ReadType("float", pa.float64()),
        "real": ReadType("float", pa.float64()),
        "date": ReadType("date", pa.date32(), order="text"),
        "datev2": ReadType("date", pa.date32(), order="text"),
        "datetime": ReadType("timestamp", TIMESTAMP, order="text"),
        "datetimev2": ReadType("timestamp", TIMESTAMP, order="text"),
        "timestamp": ReadType("instant", INSTANT, order="text"),
        "json": ReadType("json", _TEXT),
        "uuid": ReadType("uuid", UUID, order="text"),
        "boolean": ReadType("bool", pa.bool_()),
        "largeint": ReadType("number", _TEXT, order="number"),
    }
)
_OPAQUE = ReadType("opaque", _TEXT)


def read_type(native: NativeType, taste: Taste, *, json: bool = False) -> ReadType:  # noqa: PLR0911  one row per family, a table
    """Return how values of a type are read.

    Args:
        native: The type.
        taste: The user's choices.
        json: A constraint says that the text is JSON, which is MariaDB's JSON type.
    """
    name = native.name
    if name in _INTEGERS:
        if name == "tinyint" and native.sizes == (1,) and taste.booleans:
            return ReadType("bool", pa.bool_(), order="number")
        return ReadType("int", _INTEGERS[name][native.unsigned], order="number")
    if name in {"decimal", "numeric", "decimalv2", "decimalv3"}:
        return _decimal(native)
    if name in _TEXTS:
        order: Order = "none" if name in {"enum", "set"} else "text"
        length = native.size if name in _SIZED else None
        return ReadType("json" if json else "text", _TEXT, order=order, length=length)
    if name in _BINARIES:
        length = native.size if name in _SIZED else None
        return ReadType("binary", pa.binary(), order="bytes", length=length)
    if name == "bit":
        return _bits(native.size or 1)
    if name == "time":
        if taste.times_as_text:
            return _OPAQUE
        return ReadType("time", TIME)
    return _OTHERS.get(name, _OPAQUE)


def read_field(name: str, native: NativeType, kind: ReadType, rest: Meaning) -> pa.Field:
    """Return the field that a column is read as; comment comes with `rest`."""
    meaning = replace(
        rest, logical=kind.logical, native=FAMILY + native.text, length=kind.length
    )
    return column(name, kind.storage, meaning)


def _decimal(native: NativeType) -> ReadType:
    precision, scale = (*native.sizes, 0, 0)[:2] if native.sizes else (10, 0)
    make = pa.decimal128 if precision <= MAX_DECIMAL128 else pa.decimal256
    return ReadType("decimal", make(precision, scale), order="number")


def _bits(size: int) -> ReadType:
    if size == 1:
        return ReadType("bool", pa.bool_(), "({}+0)", order="number")
    return ReadType("bits", _TEXT, f"LPAD(CONV({{}}+0,10,2),{size},'0')", length=size)


# Creating ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server has beyond the common types.

    Attributes:
        mariadb: It is MariaDB.
        timestamps: Points in time are kept in `timestamp`, by the user's choice.
        collation: A collation of utf8mb4 that tells all texts apart.
    """

    mariadb: bool = False
    timestamps: bool = False
    collation: str = "utf8mb4_bin"


MAX_PRECISION = 65
MAX_SCALE = 30
_VARCHAR_LIMIT = 255
_TEXT_CHARACTERS = 16_383
_BLOB_BYTES = 65_535
_ONLY_MARIADB = frozenset({"uuid", "inet4", "inet6", "inet"})
_ONLY_MYSQL = frozenset({"json"})
_BY_STORAGE: Mapping[pa.DataType, str] = MappingProxyType(
    {
        pa.int8(): "tinyint",
        pa.int16(): "smallint",
        pa.int32(): "int",
        pa.int64(): "bigint",
        pa.uint8(): "tinyint unsigned",
        pa.uint16(): "smallint unsigned",
        pa.uint32(): "int unsigned",
        pa.uint64(): "bigint unsigned",
        pa.float32(): "float",
        pa.float64(): "double",
    }
)
_FITS: Mapping[Logical, Fit] = MappingProxyType(
    {
        "bool": Fit("widening", "tinyint(1)"),
        "number": Fit("widening", "longtext"),
        "date": Fit("exact", "date"),
        "time": Fit("exact", "time(6)"),
        "timestamp": Fit("exact", "datetime(6)"),
        "bits": Fit("widening", "longtext"),
        "opaque": Fit("widening", "longtext"),
    }
)


def native_of(field: pa.Field, abilities: Abilities) -> NativeType | None:
    """Return the type of this family that a field was read from, while it still fits.

    None when the field comes from elsewhere, was cast to another type since, or when its
    type is not one of this server.
    """
    meaning = meaning_of(field)
    if not meaning.native.startswith(FAMILY):
        return None
    native = parse_native(meaning.native.removeprefix(FAMILY))
    foreign = _ONLY_MYSQL if abilities.mariadb else _ONLY_MARIADB
    if not native.declarable or native.name in foreign:
        return None
    if native.name in _BINARIES - _SIZED and not native.name.endswith("blob"):
        return None  # a geometry cannot be loaded as the bytes it was read as
    for taste in (Taste(), Taste(booleans=True), Taste(times_as_text=True)):
        kind = read_type(native, taste)
        if kind.logical == meaning.logical and kind.storage == field.type:
            return native if kind.length == meaning.length else None
    return None


def created_as(field: pa.Field, abilities: Abilities) -> Fit:  # noqa: PLR0911  one row per logical type, a table
    """Return the type of a column made for this field."""
    native = native_of(field, abilities)
    if native is not None:
        same = read_type(native, Taste())
        kept = same.logical == meaning_of(field).logical
        return Fit("exact" if kept else "widening", native.text)
    meaning = meaning_of(field)
    match meaning.logical:
        case "int" | "float":
            name = _BY_STORAGE.get(field.type)
            return Fit("exact", name) if name else Fit("refused", "", f"no {field.type} here")
        case "decimal":
            return _created_decimal(field.type.precision, field.type.scale)
        case "text":
            return Fit("exact", _texts(meaning.length))
        case "binary":
            return Fit("exact", _blobs(meaning.length))
        case "instant":
            name = "timestamp(6)" if abilities.timestamps else "datetime(6)"
            return Fit("exact" if abilities.timestamps else "widening", name)
        case "json":
            return Fit("exact", "json") if abilities.mariadb else Fit("widening", "longtext")
        case "uuid":
            # MariaDB's own type refuses versions that it does not know.
            return Fit("widening", "char(36)")
        case _:
            return _FITS[meaning.logical]


def key_type(native: str, parts: int) -> str:
    """Return the type of a column that is part of a key, which has to be short."""
    limit = max(1, (768 if parts == 1 else 700 // parts))
    if native.endswith("text") or native == "json":
        return f"varchar({min(_VARCHAR_LIMIT, limit)})"
    if native.endswith("blob"):
        return f"varbinary({min(_VARCHAR_LIMIT, limit)})"
    found = parse_native(native)
    if found.name in {"varchar", "varbinary"} and (found.size or 0) > limit:
        return f"{found.name}({limit})"
    return native


def _created_decimal(precision: int, scale: int) -> Fit:
    if scale < 0:
        precision, scale = precision - scale, 0
    precision = max(precision, scale, 1)
    if precision > MAX_PRECISION or scale > MAX_SCALE:
        return Fit("widening", f"varchar({precision + 3})")
    return Fit("exact", f"decimal({precision},{scale})")


def _texts(length: int | None) -> str:
    if length is None or length > _TEXT_CHARACTERS:
        return "longtext"
    return f"varchar({length})" if 1 <= length <= _VARCHAR_LIMIT else "text"


def _blobs(length: int | None) -> str:
    if length is None or length > _BLOB_BYTES:
        return "longblob"
    return f"varbinary({length})" if 1 <= length <= _VARCHAR_LIMIT else "blob"
