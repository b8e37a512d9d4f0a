"""The text of any value: what normalising, splitting, merging and code tables work on."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import TIMESTAMP, Logical
from landbridge.data.uuids import uuid_text
from landbridge.engine.mapping.failures import CAST, Failures, each_value, without
from landbridge.engine.mapping.kinds import Kind

_DAY_US = 86_400_000_000
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""Days of 0001-01-01 and 9999-12-31 since 1970: the years that have an ISO text."""


def text_of(values: pa.Array, kind: Kind, failures: Failures) -> pa.Array:
    """Return values as text: ISO for times, plain digits for numbers, `true` and `false`.

    Binary has no text without an encoding; callers refuse it when they compile.
    """
    if kind.is_text:
        return values
    return _TEXTS.get(kind.logical, _arrow_text)(values, kind, failures)


def _arrow_text(values: pa.Array, _: Kind, __: Failures) -> pa.Array:
    return values.cast(pa.string())


def _plain(values: pa.Array, _: Kind, failures: Failures) -> pa.Array:
    text = values.cast(pa.string())
    if not pc.any(pc.match_substring(text, "E")).as_py():
        return text
    return each_value(
        values, pa.string(), lambda value: format(Decimal(str(value)), "f"), failures
    )


def _within(values: pa.Array, integers: pa.Array, failures: Failures, day: int) -> pa.Array:
    """Refuse times whose year is not of 1 to 9999."""
    low, high = FIRST_DAY * day, (LAST_DAY + 1) * day
    numbers = integers.fill_null(0).to_numpy(zero_copy_only=False)
    wrong = (numbers < low) | (numbers >= high)
    failures.add_where(wrong, CAST, lambda _: "its year is outside of 1 to 9999")
    return without(values, wrong)


def _moment(values: pa.Array, kind: Kind, failures: Failures) -> pa.Array:
    kept = _within(values, values.cast(pa.int64()), failures, _DAY_US)
    text = kept.cast(pa.int64()).cast(TIMESTAMP).cast(pa.string())
    text = pc.replace_substring_regex(text, r"\.0+$", "")
    if kind.logical == "instant":
        return pc.binary_join_element_wise(text, "+00:00", "")
    return text


def _time(values: pa.Array, _: Kind, failures: Failures) -> pa.Array:
    def convert(value: object) -> str:
        return time_text(int(str(value)))

    return each_value(values.cast(pa.int64()), pa.string(), convert, failures)


def _date(values: pa.Array, _: Kind, failures: Failures) -> pa.Array:
    return _within(values, values.cast(pa.int32()), failures, 1).cast(pa.string())


def _uuid(values: pa.Array, _: Kind, __: Failures) -> pa.Array:
    return uuid_text(values)


_TEXTS: Mapping[Logical, Callable[[pa.Array, Kind, Failures], pa.Array]] = {
    "decimal": _plain,
    "uuid": _uuid,
    "date": _date,
    "timestamp": _moment,
    "instant": _moment,
    "time": _time,
}


def time_text(microseconds: int) -> str:
    """Return a time of day as ISO text; 24:00 is one.

    Example:
        >>> time_text(86_400_000_000), time_text(1_500_000)
        ('24:00:00', '00:00:01.500000')
    """
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02}:{minute:02}:{second:02}"
    return f"{text}.{fraction:06}" if fraction else text
