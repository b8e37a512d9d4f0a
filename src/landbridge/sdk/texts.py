"""Whole columns as exact texts, which `landbridge.sdk.values` reads back equal."""

import base64

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIMESTAMP, UUID
from landbridge.data.uuids import uuid_text

_DAY_US = 86_400_000_000
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def text_column(values: pa.Array) -> pa.Array:
    """Return a column of texts; NULL stays NULL.

    Dates and times are ISO 8601 with microseconds, instants in UTC with ``Z``; outside of
    the years 1 to 9999 and of the day, ``@`` and the stored integer. Binary is base64,
    a UUID has its dashes, floats are the shortest digits that read back equal.
    """
    storage = values.type
    if storage == UUID:
        return uuid_text(values)
    if pa.types.is_binary(storage):
        return pa.array([_base64(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_temporal(storage):
        return _times(values, storage)
    return values.cast(pa.string())


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _times(values: pa.Array, storage: pa.DataType) -> pa.Array:
    first, last = _bounds(storage)
    integers = values.cast(pa.int32() if storage == pa.date32() else pa.int64())
    inside = pc.and_(pc.greater_equal(integers, first), pc.less_equal(integers, last))
    if pc.all(inside).as_py() is not False:
        return values.cast(pa.string())
    shown = pc.if_else(inside, values, pa.scalar(None, storage)).cast(pa.string())
    marked = pc.binary_join_element_wise("@", integers.cast(pa.string()), "")
    return pc.if_else(inside, shown, marked)


def _bounds(storage: pa.DataType) -> tuple[int, int]:
    if storage == pa.date32():
        return _FIRST_DAY, _LAST_DAY
    if storage in {TIMESTAMP, INSTANT}:
        return _FIRST_DAY * _DAY_US, (_LAST_DAY + 1) * _DAY_US - 1
    return 0, _DAY_US - 1
