"""Single rows as JSON text that people can read and edit, and back without loss.

For the few rows that are shown, edited or replayed; bulk paths never come here.
"""

import base64
import json
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, Logical, canonical, meaning_of

Json = str | int | float | bool | None


def rows_to_json(rows: pa.RecordBatch, indices: Sequence[int]) -> list[str]:
    """Return the chosen rows as JSON objects, fields in order.

    Numbers that JSON readers would round (decimals, 64-bit integers beyond 2^53, NaN) are
    written as text; times in ISO 8601; binary as base64. The rows are of canonical storage.
    """
    chosen = rows.take(pa.array(indices, pa.int64()))
    columns = {
        field.name: _texts(field, chosen.column(at)) for at, field in enumerate(chosen.schema)
    }
    return [
        json.dumps({name: values[row] for name, values in columns.items()}, ensure_ascii=False)
        for row in range(chosen.num_rows)
    ]


def rows_from_json(texts: Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    """Return rows of the canonical schema from texts of `rows_to_json`, edited or not.

    Raises:
        ValueError: A text is not such an object; the message names row, field and value.
    """
    wanted = canonical(schema)
    objects = [_object(at, text, wanted) for at, text in enumerate(texts)]
    arrays = []
    for field in wanted:
        values = [_value(at, field, found.get(field.name)) for at, found in enumerate(objects)]
        arrays.append(_array(field, values))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _texts(field: pa.Field, values: pa.Array) -> list[Json]:
    logical = meaning_of(field).logical
    if logical in {"date", "timestamp", "instant", "time"}:
        return _times(values, logical)
    return [_json(value, logical) for value in values.to_pylist()]


def _times(values: pa.Array, logical: Logical) -> list[Json]:
    """Times as ISO texts; years outside of 1 to 9999 as `@` and the stored integer."""
    integers = values.cast(pa.int32() if logical == "date" else pa.int64()).to_pylist()
    low, high = _ISO_BOUNDS.get(logical, (None, None))
    texts: list[Json] = []
    for at, number in enumerate(integers):
        if number is None:
            texts.append(None)
        elif low is not None and high is not None and not low <= number <= high:
            texts.append(f"@{number}")
        else:
            value = values[at].as_py()
            texts.append(value.isoformat())
    return texts


_DAY_US = 86_400_000_000
_ISO_BOUNDS: Mapping[Logical, tuple[int, int]] = {
    "date": (-719_162, 2_932_896),
    "timestamp": (-719_162 * _DAY_US, 2_932_897 * _DAY_US - 1),
    "instant": (-719_162 * _DAY_US, 2_932_897 * _DAY_US - 1),
    "time": (0, _DAY_US - 1),
}
_SAFE_INTEGER = 1 << 53


def _json(value: object, logical: Logical) -> Json:  # noqa: PLR0911  one case per type
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) < _SAFE_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes() if logical == "uuid":
            return str(uuid.UUID(bytes=value))
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return format(value, "f")
        case _:
            return json.dumps(value, default=str, ensure_ascii=False)


def _object(at: int, text: str, schema: pa.Schema) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"row {at} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"row {at} is not a JSON object")  # noqa: TRY004  one error for the caller
    unknown = sorted(set(found) - set(schema.names))
    if unknown:
        raise ValueError(
            f"row {at} has no field {unknown[0]}; it has {', '.join(schema.names)}"
        )
    return found


def _value(at: int, field: pa.Field, value: object) -> object:
    if value is None:
        return None
    logical = meaning_of(field).logical
    try:
        return _PARSERS.get(logical, _same)(value)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise ValueError(f"row {at}, field {field.name}: {value!r} is not {logical}") from error


def _array(field: pa.Field, values: list[object]) -> pa.Array:
    storage = field.type
    integers = {INSTANT: pa.int64(), TIMESTAMP: pa.int64(), TIME: pa.int64()}
    try:
        if storage == pa.date32():
            return pa.array(values, pa.int32()).cast(storage)
        if storage in integers:
            return pa.array(values, integers[storage]).cast(storage)
        return pa.array(values, storage)
    except pa.ArrowException as error:
        raise ValueError(f"field {field.name}: {error}") from error


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _days(value: object) -> int:
    text = _text(value)
    if text.startswith("@"):
        return int(text[1:])
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def _microseconds(value: object) -> int:
    text = _text(value)
    if text.startswith("@"):
        return int(text[1:])
    moment = datetime.fromisoformat(text)
    unzoned = pa.scalar(moment.replace(tzinfo=None), TIMESTAMP)
    offset = moment.utcoffset()
    number: int = pc.cast(unzoned, pa.int64()).as_py()
    return number - (round(offset.total_seconds() * 1_000_000) if offset else 0)


def _time(value: object) -> int:
    text = _text(value)
    if text.startswith("@"):
        return int(text[1:])
    moment = time.fromisoformat(text)
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1_000_000 + moment.microsecond


def _same(value: object) -> object:
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(value)  # noqa: TRY004  one error for the caller
    return float(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(value)  # noqa: TRY004  one error for the caller
    return int(value)


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(value)  # noqa: TRY004  one error for the caller
    return Decimal(value)


_PARSERS: Mapping[Logical, Callable[[object], object]] = {
    "bool": _bool,
    "int": _integer,
    "float": _float,
    "decimal": _decimal,
    "number": _text,
    "text": _text,
    "json": _text,
    "bits": _text,
    "opaque": _text,
    "binary": lambda value: base64.b64decode(_text(value), validate=True),
    "uuid": lambda value: uuid.UUID(_text(value)).bytes,
    "date": _days,
    "time": _time,
    "timestamp": _microseconds,
    "instant": _microseconds,
}
