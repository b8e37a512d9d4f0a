"""Columns that a driver hands over in Arrow, in their canonical storage."""

import json

import pyarrow as pa
import sqlalchemy as sa

from landbridge.connectors.sql.types import AnyType, Known
from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID

_DIGITS = 38


def known_arrow(kind: pa.DataType) -> Known:  # noqa: C901, PLR0911  a table
    """Return the meaning of a type as a driver states it.

    Example:
        >>> known_arrow(pa.timestamp("ns")).storage, known_arrow(pa.list_(pa.int8())).logical
        (TimestampType(timestamp[us]), 'json')
    """
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _known_extension(kind)
    if types.is_dictionary(kind):
        return known_arrow(kind.value_type)
    if types.is_boolean(kind):
        return Known("bool", kind)
    if types.is_integer(kind):
        return Known("int", kind)
    if types.is_floating(kind):
        return Known("float", pa.float32() if types.is_float16(kind) else kind)
    if types.is_decimal(kind):
        wide = kind.precision > _DIGITS
        make = pa.decimal256 if wide else pa.decimal128
        return Known("decimal", make(kind.precision, max(kind.scale, 0)))
    if types.is_date(kind):
        return Known("date", pa.date32())
    if types.is_time(kind):
        return Known("time", TIME)
    if types.is_timestamp(kind):
        zoned = kind.tz is not None
        return Known("instant", INSTANT) if zoned else Known("timestamp", TIMESTAMP)
    if types.is_nested(kind):
        return Known("json", pa.string())
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return Known("text", pa.string())
    if types.is_duration(kind) or types.is_interval(kind):
        return Known("opaque", pa.string())
    return Known("binary", pa.binary())


def _known_extension(kind: pa.BaseExtensionType) -> Known:
    name = str(kind.extension_name)
    if name == "arrow.uuid":
        return Known("uuid", UUID)
    if name == "arrow.json":
        return Known("json", pa.string())
    inner = known_arrow(kind.storage_type)
    if inner.logical != "text":
        return inner
    numeric = getattr(kind, "type_name", "") in {"numeric", "decimal"}
    return Known("number" if numeric else "opaque", pa.string())


def in_storage(values: pa.Array, what: Known) -> pa.Array:
    """Return the column in its canonical storage.

    Raises:
        pa.ArrowInvalid: A value has none, such as a nanosecond.
    """
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if what.logical == "json" and pa.types.is_nested(values.type):
        return pa.array([_json(value) for value in values.to_pylist()], pa.string())
    if what.logical == "opaque" and not pa.types.is_string(values.type):
        return pa.array([_opaque(value) for value in values], pa.string())
    return values if values.type == what.storage else values.cast(what.storage)


def bind_type(what: Known) -> AnyType:
    """Return the type of SQLAlchemy by which values of a column are bound."""
    if what.logical == "decimal":
        return sa.Numeric(what.storage.precision, what.storage.scale)
    kinds: dict[str, AnyType] = {
        "int": sa.BigInteger(),
        "float": sa.Double(),
        "date": sa.Date(),
        "timestamp": sa.TIMESTAMP(),
        "instant": sa.TIMESTAMP(timezone=True),
    }
    return kinds.get(what.logical, sa.String())


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _opaque(value: pa.Scalar) -> str | None:
    return str(value.as_py()) if value.is_valid else None
