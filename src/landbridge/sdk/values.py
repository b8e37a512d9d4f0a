"""Single values that arrive as text, JSON or spreadsheet cells, brought into a column.

For systems without column types, and for the slow path that finds the value which does not
fit; fast paths convert whole columns with Arrow.
"""

import base64
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, Logical, meaning_of
from landbridge.data.uuids import uuid_bytes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGERS = {INSTANT: pa.int64(), TIMESTAMP: pa.int64(), TIME: pa.int64()}
_WORDS = {"true": True, "false": False, "t": True, "f": False, "1": True, "0": False}
_SPECIAL_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_PLAIN_DIGITS = 400
_END_OF_DAY = 86_400_000_000


_FROM_TEXT = frozenset({"text", "date", "timestamp", "instant"})
_FROM_VALUES: Mapping[Logical, tuple[set[type], ...]] = {
    "bool": ({bool},),
    "int": ({int},),
    "decimal": ({Decimal}, {int}, {int, Decimal}),
    "float": ({float},),
}


class MisfitError(ValueError):
    """A value that the column cannot hold exactly.

    Attributes:
        row: Its index among the values given.
        column: Name of the column.
        value: It, shortened for people.
    """

    def __init__(self, row: int, value: object, field: pa.Field) -> None:
        shown = repr(value)
        self.row = row
        self.column: str = field.name
        self.value = shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004
        super().__init__(f"{self.value} is not {meaning_of(field).logical} ({field.type})")


def array_of(values: Sequence[object], field: pa.Field) -> pa.Array:
    """Return a column of the field's storage; None is NULL, and every value stays exact.

    Texts are read as `landbridge.sdk.texts` writes them: ISO 8601, ``@`` and the stored
    integer for times outside of the calendar, digits, ``true`` and ``false``. Binary is
    base64.

    Raises:
        MisfitError: A value does not fit.
    """
    whole = _at_once(values, field)
    if whole is not None:
        return whole
    read = _READERS.get(meaning_of(field).logical, text_of)
    storage = pa.int32() if field.type == pa.date32() else _INTEGERS.get(field.type, field.type)
    stored: list[object] = []
    for row, value in enumerate(values):
        try:
            stored.append(None if value is None else read(value))
        except (ValueError, ArithmeticError, TypeError) as error:
            raise MisfitError(row, value, field) from error
    try:
        return pa.array(stored, storage).cast(field.type)
    except (pa.ArrowException, OverflowError) as error:
        raise _culprit(values, stored, storage, field) from error


def _at_once(values: Sequence[object], field: pa.Field) -> pa.Array | None:
    """Return the column if Arrow reads values of one kind by itself, exactly; else None."""
    kinds = set(map(type, values)) - {type(None)}
    logical = meaning_of(field).logical
    try:
        if kinds == {str} and logical in _FROM_TEXT:
            return pa.array(values, pa.string()).cast(field.type)
        if kinds == {str} and logical == "uuid":
            return uuid_bytes(pa.array(values, pa.string()))
        if kinds in _FROM_VALUES.get(logical, ()):
            return pa.array(values, field.type)
    except (pa.ArrowException, ValueError, OverflowError):
        pass  # value by value, the one that does not fit is found
    return None


def json_text(value: object) -> str:
    """Return the JSON text of a value; decimals keep their digits.

    Example:
        >>> json_text({"price": Decimal("1.10")})
        '{"price":1.10}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        return _json_with_decimals(value)


def text_of(value: object) -> str:
    """Return a value as text: texts as they are, everything else as JSON writes it."""
    return value if isinstance(value, str) else json_text(value)


def _json_with_decimals(value: object) -> str:
    match value:
        case Decimal():
            return str(value)
        case dict():
            pairs = (f"{json_text(str(k))}:{json_text(v)}" for k, v in value.items())
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(json_text(one) for one in value) + "]"
        case date() | time():
            return json_text(value.isoformat())
        case bytes():
            return json_text(base64.b64encode(value).decode())
        case _:
            return json_text(str(value))


def _culprit(
    values: Sequence[object], stored: Sequence[object], storage: pa.DataType, field: pa.Field
) -> MisfitError:
    for row, one in enumerate(stored):
        try:
            pa.array([one], storage).cast(field.type)
        except (pa.ArrowException, OverflowError):
            return MisfitError(row, values[row], field)
    return MisfitError(0, "the column", field)


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _WORDS[value.strip().lower()] if value.strip().lower() in _WORDS else _never()
    return _never()


def _never() -> bool:
    raise ValueError("not a truth value")


def _int(value: object) -> int:
    match value:
        case bool():
            raise ValueError(value)
        case int():
            return value
        case float() | Decimal() if value == int(value):
            return int(value)
        case str():
            return int(_plain(value))
        case _:
            raise ValueError(value)


def _float(value: object) -> float:
    match value:
        case bool():
            raise ValueError(value)
        case int() | float() | Decimal():
            return float(value)
        case str():
            return float(_plain(value))
        case _:
            raise ValueError(value)


def _decimal(value: object) -> Decimal:
    match value:
        case bool():
            raise ValueError(value)
        case float():
            return _finite(Decimal(repr(value)))
        case int() | Decimal():
            return _finite(Decimal(value))
        case str():
            return _finite(Decimal(_plain(value)))
        case _:
            raise ValueError(value)


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(value)
    return value


def _plain(text: str) -> str:
    """Return the text without blanks around it; Python's ``1_000`` is no number to others."""
    if "_" in text:
        raise ValueError(text)
    return text.strip()


def _number(value: object) -> str:
    match value:
        case bool():
            raise ValueError(value)
        case Decimal():
            plain = abs(value.adjusted()) <= _PLAIN_DIGITS
            return format(value, "f") if plain else str(value)
        case int():
            return str(value)
        case float():
            return _SPECIAL_NUMBERS.get(repr(value), repr(value))
        case str():
            try:
                Decimal(_plain(value))
            except InvalidOperation as error:
                raise ValueError(value) from error
            return value.strip()
        case _:
            raise ValueError(value)


def _days(value: object) -> int:
    if isinstance(value, str) and value.startswith("@"):
        return int(value[1:])
    if isinstance(value, datetime):
        if value.time() != time():
            raise ValueError(value)
        value = value.date()
    found = value if isinstance(value, date) else date.fromisoformat(_text(value))
    return found.toordinal() - _EPOCH.toordinal()


def _time(value: object) -> int:
    if isinstance(value, str) and value.startswith("@"):
        return int(value[1:])
    if isinstance(value, str) and value in {"24:00", "24:00:00", "24:00:00.000000"}:
        return _END_OF_DAY
    found = value if isinstance(value, time) else time.fromisoformat(_text(value))
    if found.tzinfo is not None:
        raise ValueError(value)
    return (
        (found.hour * 60 + found.minute) * 60 + found.second
    ) * 1_000_000 + found.microsecond


def _timestamp(value: object) -> int:
    if isinstance(value, str) and value.startswith("@"):
        return int(value[1:])
    found = _moment(value)
    if found.tzinfo is not None:
        raise ValueError(value)
    return _microseconds(found.replace(tzinfo=UTC))


def _instant(value: object) -> int:
    if isinstance(value, str) and value.startswith("@"):
        return int(value[1:])
    found = _moment(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return _microseconds(found)


def _moment(value: object) -> datetime:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001  local
        case _:
            text = _text(value)
            if _fraction(text) > 6:  # noqa: PLR2004  microseconds
                raise ValueError(text)
            return datetime.fromisoformat(text)


def _fraction(text: str) -> int:
    _, point, rest = text.rpartition(".")
    if not point:
        return 0
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return len(digits.rstrip("0"))


def _microseconds(value: datetime) -> int:
    gone = value - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def _uuid(value: object) -> bytes:
    return uuid.UUID(_text(value).strip()).bytes


def _binary(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return base64.b64decode(_text(value), validate=True)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


_READERS: Mapping[Logical, Callable[[object], object]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "number": _number,
    "date": _days,
    "time": _time,
    "timestamp": _timestamp,
    "instant": _instant,
    "uuid": _uuid,
    "binary": _binary,
    "json": json_text,
}
