"""Columns between the values of Python's drivers and Arrow, exactly or not at all."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType

import pyarrow as pa

from landbridge.data.types import TIME, Logical, meaning_of
from landbridge.data.uuids import uuid_bytes

Values = Sequence[object]
_FAILURES = (ValueError, TypeError, OverflowError, ArithmeticError, pa.ArrowException)
_DAY_US = 86_400_000_000
_EXPONENT = re.compile("[eE]")
_NANOSECONDS = re.compile(r"[.,]\d{7}")


class MistypedError(ValueError):
    """A value cannot be kept exactly as the column's type.

    Attributes:
        row: Its index within the values.
        kind: What it is instead.
    """

    def __init__(self, row: int, kind: str) -> None:
        super().__init__(kind)
        self.row = row
        self.kind = kind


def to_arrow(values: Values, field: pa.Field) -> pa.Array:
    """Return a column in the field's storage.

    Raises:
        MistypedError: A value does not fit; the first such is named.
    """
    convert = _READ[meaning_of(field).logical]
    try:
        return convert(values, field)
    except _FAILURES:
        row = _first_failing(values, lambda part: convert(part, field))
        raise MistypedError(row, type(values[row]).__name__) from None


def to_python(column: pa.Array, given: pa.Field, stored: pa.Field) -> list[object]:
    """Return the values to bind for a column of the target.

    Args:
        column: The values.
        given: The field they are of.
        stored: The field of the target's column.
    """
    logical = meaning_of(given).logical
    there = meaning_of(stored).logical
    if there == "text" and logical in _AS_TEXT:
        return _AS_TEXT[logical](column)
    values = _WRITE.get(logical, _plain)(column)
    if logical == "instant" and there == "timestamp":
        return [_utc(value) for value in values]
    if logical == "bool" and there == "int":
        return [None if value is None else int(bool(value)) for value in values]
    return values


def _first_failing(values: Values, convert: Callable[[Values], object]) -> int:
    start, end = 0, len(values)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            convert(values[start:middle])
        except _FAILURES:
            end = middle
        else:
            start = middle
    return start


def _expect(values: Values, *kinds: type) -> None:
    if not set(map(type, values)) <= {NoneType, *kinds}:
        raise TypeError("unexpected kind")


def _bool(values: Values, field: pa.Field) -> pa.Array:
    if not set(values) <= {None, False, True}:
        raise ValueError("neither false nor true")
    flags = [None if value is None else bool(value) for value in values]
    return pa.array(flags, field.type)


def _int(values: Values, field: pa.Field) -> pa.Array:
    whole = [int(value) if isinstance(value, Decimal) else value for value in values]
    if any(isinstance(a, Decimal) and a != b for a, b in zip(values, whole, strict=True)):
        raise ValueError("not an integer")
    _expect(whole, int, bool)
    return pa.array(whole, field.type)


def _float(values: Values, field: pa.Field) -> pa.Array:
    _expect(values, int, float, Decimal)
    floats = [float(one) if isinstance(one, Decimal) else one for one in values]
    return pa.array(floats, field.type)


def _decimal(values: Values, field: pa.Field) -> pa.Array:
    return pa.array(list(map(_digits, values)), pa.string()).cast(field.type)


def _digits(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    return str(value)


def _number(values: Values, field: pa.Field) -> pa.Array:
    _expect(values, int, float, Decimal, str)
    for value in values:
        if isinstance(value, str):
            Decimal(value)  # raises where it is no number
    return pa.array(list(map(_digits, values)), field.type)


def _text(values: Values, field: pa.Field) -> pa.Array:
    _expect(values, str)
    return pa.array(values, field.type)


def _spelt(values: Values, field: pa.Field) -> pa.Array:
    """Spell numbers, which SQLite gives as they are, with all their digits."""
    _expect(values, str, int, float)
    texts = [one if one is None or isinstance(one, str) else repr(one) for one in values]
    return pa.array(texts, field.type)


def _binary(values: Values, field: pa.Field) -> pa.Array:
    _expect(values, bytes, bytearray, memoryview)
    plain = [bytes(v) if isinstance(v, bytearray | memoryview) else v for v in values]
    return pa.array(plain, field.type)


def _date(values: Values, field: pa.Field) -> pa.Array:
    days = [date.fromisoformat(one) if isinstance(one, str) else one for one in values]
    _expect(days, date, datetime)
    for value in days:
        if isinstance(value, datetime) and value.time() != time():
            raise ValueError("a date with a time of day")
    return pa.array(days, field.type)


def _timestamp(values: Values, field: pa.Field) -> pa.Array:
    moments = [_moment(one) if isinstance(one, str) else one for one in values]
    _expect(moments, datetime)
    if any(isinstance(value, datetime) and value.tzinfo is not None for value in moments):
        raise ValueError("a timestamp with a zone")
    return pa.array(moments, field.type)


def _moment(text: str) -> datetime:
    _require_microseconds(text)
    return datetime.fromisoformat(text)


def _require_microseconds(text: str) -> None:
    if _NANOSECONDS.search(text):  # which Python would cut in silence
        raise ValueError("finer than a microsecond")


def _instant(values: Values, field: pa.Field) -> pa.Array:
    _expect(values, datetime)
    if any(isinstance(value, datetime) and value.tzinfo is None for value in values):
        raise ValueError("an instant without a zone")
    return pa.array(values, field.type)


def _time(values: Values, field: pa.Field) -> pa.Array:
    del field
    return pa.array(list(map(_micros, values)), pa.int64()).cast(TIME)


def _micros(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        micros = value // timedelta(microseconds=1)
        if not 0 <= micros <= _DAY_US:
            raise ValueError("not a time of day")
        return micros
    if isinstance(value, str):
        _require_microseconds(value)
        value = time.fromisoformat(value)
    if isinstance(value, time) and value.tzinfo is None:
        secs = (value.hour * 60 + value.minute) * 60 + value.second
        return secs * 1_000_000 + value.microsecond
    raise TypeError("not a time of day")


def _uuid(values: Values, field: pa.Field) -> pa.Array:
    if str in set(map(type, values)):
        return uuid_bytes(_text(values, pa.field("", pa.string())))
    _expect(values, uuid.UUID)
    packed = [one.bytes if isinstance(one, uuid.UUID) else None for one in values]
    return pa.array(packed, field.type)


def _bits(values: Values, field: pa.Field) -> pa.Array:
    length = meaning_of(field).length or 1
    whole = [int.from_bytes(one) if isinstance(one, bytes) else one for one in values]
    bits = [format(one, f"0{length}b") if isinstance(one, int) else one for one in whole]
    return _text(bits, field)


_READ: Mapping[Logical, Callable[[Values, pa.Field], pa.Array]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "number": _number,
    "text": _text,
    "binary": _binary,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "instant": _instant,
    "json": _spelt,
    "uuid": _uuid,
    "bits": _bits,
    "opaque": _spelt,
}


def _plain(column: pa.Array) -> list[object]:
    return column.to_pylist()


def _uuids(column: pa.Array) -> list[object]:
    return [None if one is None else uuid.UUID(bytes=one) for one in column.to_pylist()]


def _utc(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _texts(column: pa.Array) -> list[object]:
    written: list[str | None] = column.cast(pa.string()).to_pylist()
    return [
        format(Decimal(one), "f") if one is not None and _EXPONENT.search(one) else one
        for one in written
    ]


def _times(column: pa.Array) -> list[object]:
    _require_clock(column)
    return column.to_pylist()


def _time_texts(column: pa.Array) -> list[object]:
    _require_clock(column)
    return _texts(column)


def _require_clock(column: pa.Array) -> None:
    """Refuse the end of a day, which Python would take for its beginning."""
    if any(micros == _DAY_US for micros in column.cast(pa.int64()).to_pylist()):
        raise ValueError("24:00 is no time of day")


def _uuid_texts(column: pa.Array) -> list[object]:
    return [None if one is None else str(one) for one in _uuids(column)]


_WRITE: Mapping[Logical, Callable[[pa.Array], list[object]]] = {
    "time": _times,
    "uuid": _uuids,
}
_AS_TEXT: Mapping[Logical, Callable[[pa.Array], list[object]]] = {
    "decimal": _texts,
    "int": _texts,
    "uuid": _uuid_texts,
    "time": _time_texts,
}
