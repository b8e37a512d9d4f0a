"""Columns between Python values, as SQLite hands them over, and Arrow.

Reading converts a column only when every value is of a kind that its type allows; the first
one that is not is found and named. Writing gives SQLite values that it keeps as they are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import NoneType

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.sqlite import texts
from landbridge.data.types import Logical, meaning_of
from landbridge.data.uuids import uuid_bytes, uuid_text

Values = Sequence[object]
_FAILURES = (ValueError, TypeError, OverflowError, pa.ArrowException)
_NUMBER = r"^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|-?Infinity)$"
_BITS = r"^[01]*$"
_NAN = "NaN"
_KINDS = {
    "NoneType": "NULL",
    "int": "an integer",
    "float": "a real number",
    "str": "a text",
}
_EXPONENT = re.compile("[eE]")


class MistypedError(ValueError):
    """A value is not of the column's type.

    Attributes:
        row: Its index within the values.
        kind: What it is instead.
    """

    def __init__(self, row: int, kind: str) -> None:
        super().__init__(kind)
        self.row = row
        self.kind = kind


def to_arrow(values: Values, field: pa.Field, *, lenient: bool = False) -> pa.Array:
    """Return a column in the field's storage.

    Args:
        values: What SQLite returned.
        field: The column.
        lenient: Write numbers as text where the column is text.

    Raises:
        MistypedError: A value does not fit; the first such is named.
    """
    convert = _as_text if lenient else _READ[meaning_of(field).logical]
    try:
        made = convert(values, field.type)
    except _FAILURES:
        row = _first_failing(values, lambda part: convert(part, field.type))
        raise MistypedError(row, _kind(values[row])) from None
    if not field.nullable and made.null_count:
        raise MistypedError(values.index(None), "NULL")
    return made


def to_python(column: pa.Array, field: pa.Field) -> list[object]:
    """Return the values to bind for a column of that field."""
    return _WRITE.get(meaning_of(field).logical, _plain)(column)


def _first_failing(values: Values, convert: Callable[[Values], object]) -> int:
    """Return the index of the first value that alone makes the conversion fail."""
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


def _kind(value: object) -> str:
    return _KINDS.get(type(value).__name__, "a blob")


def _expect(values: Values, *kinds: type) -> None:
    if not set(map(type, values)) <= {NoneType, *kinds}:
        raise TypeError("unexpected kind")


def _int(values: Values, storage: pa.DataType) -> pa.Array:
    if storage == pa.uint64():
        _expect(values, str, int)
        return _digits(values).cast(storage)
    _expect(values, int)
    return pa.array(values, storage)


def _float(values: Values, storage: pa.DataType) -> pa.Array:
    if str in set(map(type, values)):  # SQLite has no NaN; we keep it as this text
        values = [float("nan") if value == _NAN else value for value in values]
    _expect(values, int, float)
    return pa.array(values, storage)


def _bool(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, int)
    if not set(values) <= {None, 0, 1}:
        raise ValueError("neither 0 nor 1")
    return pa.array(values, pa.int8()).cast(storage)


def _digits(values: Values) -> pa.Array:
    return pa.array([None if value is None else _digit(value) for value in values], pa.string())


def _digit(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _decimal(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, int, float, str)
    return _digits(values).cast(storage)


def _number(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, int, float, str)
    written = _digits(values)
    written = pc.replace_substring_regex(written, r"^(-?)inf$", r"\1Infinity")
    return _matching(written, _NUMBER).cast(storage)


def _text(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, str)
    return pa.array(values, storage)


def _as_text(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, int, float, str)
    return _digits(values).cast(storage)


def _binary(values: Values, storage: pa.DataType) -> pa.Array:
    _expect(values, bytes)
    return pa.array(values, storage)


def _uuid(values: Values, storage: pa.DataType) -> pa.Array:
    if bytes in set(map(type, values)):
        _expect(values, bytes)
        return pa.array(values, storage)
    return uuid_bytes(_text(values, pa.string()))


def _bits(values: Values, storage: pa.DataType) -> pa.Array:
    return _matching(_text(values, storage), _BITS)


def _json(values: Values, storage: pa.DataType) -> pa.Array:
    return _as_text(values, storage)  # NUMERIC affinity turns the document "1" into 1


def _matching(written: pa.Array, pattern: str) -> pa.Array:
    if pc.all(pc.match_substring_regex(written, pattern)).as_py() is False:
        raise ValueError("not of this form")
    return written


def _parsed(parse: Callable[[pa.Array], pa.Array]) -> Callable[[Values, pa.DataType], pa.Array]:
    return lambda values, _: parse(_text(values, pa.string()))


_READ: Mapping[Logical, Callable[[Values, pa.DataType], pa.Array]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "number": _number,
    "text": _text,
    "binary": _binary,
    "date": _parsed(texts.dates),
    "time": _parsed(texts.times),
    "timestamp": _parsed(texts.timestamps),
    "instant": _parsed(texts.instants),
    "json": _json,
    "uuid": _uuid,
    "bits": _bits,
    "opaque": _text,
}


def _plain(column: pa.Array) -> list[object]:
    return column.to_pylist()


def _write_int(column: pa.Array) -> list[object]:
    wide = column.type == pa.uint64()
    return (column.cast(pa.string()) if wide else column).to_pylist()


def _write_bool(column: pa.Array) -> list[object]:
    return column.cast(pa.int8()).to_pylist()


def _write_float(column: pa.Array) -> list[object]:
    values = column.to_pylist()
    if pc.any(pc.is_nan(column)).as_py():
        return [_NAN if value != value else value for value in values]  # noqa: PLR0124  NaN
    return values


def _write_decimal(column: pa.Array) -> list[object]:
    written = column.cast(pa.string()).to_pylist()
    return [
        format(Decimal(text), "f") if text is not None and _EXPONENT.search(text) else text
        for text in written
    ]


def _write_uuid(column: pa.Array) -> list[object]:
    return uuid_text(column).to_pylist()


_WRITE: Mapping[Logical, Callable[[pa.Array], list[object]]] = {
    "bool": _write_bool,
    "int": _write_int,
    "float": _write_float,
    "decimal": _write_decimal,
    "date": lambda column: texts.date_texts(column).to_pylist(),
    "time": lambda column: texts.time_texts(column).to_pylist(),
    "timestamp": lambda column: texts.timestamp_texts(column).to_pylist(),
    "instant": lambda column: texts.instant_texts(column).to_pylist(),
    "uuid": _write_uuid,
}
