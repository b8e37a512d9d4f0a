"""Logical types: what a column means, beside how Arrow stores it.

A column is a `pyarrow.Field`. Its Arrow type is the storage; metadata says the rest. Every
connector reads into, and writes from, exactly these storages:

========== ============================ ==============================================
logical    Arrow storage                meaning
========== ============================ ==============================================
bool       bool
int        int8…int64, uint8…uint64
float      float32, float64             NaN and infinities are values
decimal    decimal128, decimal256       exact, of fixed precision and scale
number     string                       exact decimal text of any size, NaN, ±Infinity
text       string                       UTF-8
binary     binary
date       date32                       proleptic Gregorian
time       time64[us]                   of day, 00:00 to 24:00
timestamp  timestamp[us]                local, without a zone
instant    timestamp[us, UTC]           a point in time
json       string                       JSON text
uuid       fixed_size_binary[16]
bits       string                       '0' and '1', most significant first
opaque     string                       exact text of a type of one system (`native`)
========== ============================ ==============================================

An infinite date, timestamp or instant is the greatest or the least integer of its storage; a
sink whose system has no such value refuses the row.

An `opaque` column is recreated by a target of the same family (`native` starts with the
family: ``postgres:inet``); every other target keeps the text.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import pyarrow as pa

Logical = Literal[
    "bool",
    "int",
    "float",
    "decimal",
    "number",
    "text",
    "binary",
    "date",
    "time",
    "timestamp",
    "instant",
    "json",
    "uuid",
    "bits",
    "opaque",
]
LOGICALS: tuple[Logical, ...] = get_args(Logical)
_BY_NAME: dict[str, Logical] = {name: name for name in LOGICALS}

INSTANT = pa.timestamp("us", tz="UTC")
TIMESTAMP = pa.timestamp("us")
TIME = pa.time64("us")
UUID = pa.binary(16)

_LOGICAL = b"landbridge.logical"
_NATIVE = b"landbridge.native"
_COMMENT = b"landbridge.comment"
_LENGTH = b"landbridge.length"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the metadata of a column says.

    Attributes:
        logical: One of the logical types; implied by the storage when not stated.
        native: Type in the system it was read from, as ``family:type``, or "".
        comment: The column's comment in the system, or "".
        length: Declared length of a text or binary column, in characters or bytes.
    """

    logical: Logical
    native: str = ""
    comment: str = ""
    length: int | None = None


def column(
    name: str, storage: pa.DataType, meaning: Meaning, *, nullable: bool = True
) -> pa.Field:
    """Return a field of that storage which carries its meaning."""
    metadata = {_LOGICAL: meaning.logical.encode()}
    if meaning.native:
        metadata[_NATIVE] = meaning.native.encode()
    if meaning.comment:
        metadata[_COMMENT] = meaning.comment.encode()
    if meaning.length is not None:
        metadata[_LENGTH] = str(meaning.length).encode()
    return pa.field(name, storage, nullable=nullable, metadata=metadata)


def meaning_of(field: pa.Field) -> Meaning:
    """Return what a field means; one without metadata means what its storage implies.

    Example:
        >>> meaning_of(pa.field("at", pa.timestamp("us", tz="UTC"))).logical
        'instant'
    """
    metadata = field.metadata or {}
    stated = metadata.get(_LOGICAL, b"").decode()
    length = metadata.get(_LENGTH)
    return Meaning(
        logical=_BY_NAME.get(stated) or implied(field.type),
        native=metadata.get(_NATIVE, b"").decode(),
        comment=metadata.get(_COMMENT, b"").decode(),
        length=int(length) if length is not None else None,
    )


def implied(storage: pa.DataType) -> Logical:  # noqa: C901, PLR0911  one row per type, a table
    """Return the logical type that a storage has when nothing else is said."""
    if pa.types.is_boolean(storage):
        return "bool"
    if pa.types.is_integer(storage):
        return "int"
    if pa.types.is_floating(storage):
        return "float"
    if pa.types.is_decimal(storage):
        return "decimal"
    if pa.types.is_date(storage):
        return "date"
    if pa.types.is_time(storage):
        return "time"
    if pa.types.is_timestamp(storage):
        return "timestamp" if storage.tz is None else "instant"
    if pa.types.is_binary(storage) or pa.types.is_large_binary(storage):
        return "binary"
    if storage == UUID:
        return "uuid"
    if pa.types.is_nested(storage):
        return "json"
    return "text"


def storage_of(logical: Logical, declared: pa.DataType) -> pa.DataType:
    """Return the canonical storage of a logical type.

    Args:
        logical: The meaning.
        declared: The storage found; kept where a logical type has several (int, float,
            decimal), so that widths and scales survive.
    """
    fixed: dict[Logical, pa.DataType] = {
        "bool": pa.bool_(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": TIME,
        "timestamp": TIMESTAMP,
        "instant": INSTANT,
        "uuid": UUID,
    }
    if logical in {"int", "float", "decimal"}:
        return declared
    return fixed.get(logical, pa.string())


def canonical(schema: pa.Schema) -> pa.Schema:
    """Return the schema with every column in its canonical storage, meanings kept."""
    columns = []
    for field in schema:
        meaning = meaning_of(field)
        storage = storage_of(meaning.logical, field.type)
        columns.append(column(field.name, storage, meaning, nullable=field.nullable))
    return pa.schema(columns)
