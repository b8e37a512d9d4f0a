"""Dates and timestamps as integers, where PostgreSQL's and Arrow's ranges differ.

PostgreSQL counts from 2000, has both infinities at the ends of its integers, and ends at
4714 BC and 294276 AD. Arrow counts from 1970. In Arrow an infinity is the greatest or the
least integer of the column's width, which no date or timestamp of PostgreSQL is.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How one kind of moment is counted.

    Attributes:
        integers: Arrow type of the count.
        epoch: 1970-01-01 to 2000-01-01 in the unit.
        first: The earliest moment of PostgreSQL, counted from 1970.
        infinity: The greatest integer of the width.
    """

    integers: pa.DataType
    epoch: int
    first: int
    infinity: int

    @property
    def minus_infinity(self) -> int:
        """The least integer of the width."""
        return -self.infinity - 1


DAYS = Scale(pa.int32(), 10_957, -2_440_588, (1 << 31) - 1)
MICROSECONDS = Scale(
    pa.int64(), 946_684_800_000_000, -2_440_588 * 86_400_000_000, (1 << 63) - 1
)


def scale_of(storage: pa.DataType) -> Scale:
    """Return how a date or timestamp is counted."""
    return DAYS if pa.types.is_date(storage) else MICROSECONDS


def integers_of(values: pa.Array, width: pa.DataType) -> Integers:
    """Return the numbers beneath a date, time or timestamp column; NULLs hold anything."""
    data = values.buffers()[1] or b""
    if width == pa.int32():
        return np.frombuffer(data, np.int32)[values.offset : values.offset + len(values)]
    return np.frombuffer(data, np.int64)[values.offset : values.offset + len(values)]


def rebuilt(numbers: Integers, like: pa.Array, storage: pa.DataType) -> pa.Array:
    """Return a column of these numbers with the NULLs of another."""
    nulls = None if like.null_count == 0 else pc.is_null(like).to_numpy(zero_copy_only=False)
    return pa.array(numbers, mask=nulls).view(storage)


def from_driver(values: pa.Array) -> pa.Array:
    """Return what ADBC read, infinities in their place.

    ADBC adds the epochs' distance modulo 2^64: infinities arrive below the first moment.

    Raises:
        ValueError: A timestamp after 294246 AD, which Arrow cannot count.
    """
    scale = scale_of(values.type)
    least = pc.min(values.view(scale.integers)).as_py()
    if least is None or least >= scale.first:
        return values
    numbers = integers_of(values, scale.integers)
    valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
    low = valid & (numbers < scale.first)
    counted = _wrapped(numbers, -scale.epoch)
    infinite = (counted == scale.infinity) | (counted == scale.minus_infinity)
    if bool(np.any(low & ~infinite)):
        raise ValueError("a timestamp after the year 294246, which Arrow cannot count")
    return rebuilt(np.where(low, counted, numbers), values, values.type)


def to_server(values: pa.Array) -> tuple[pa.Array, Integers]:
    """Return the integers that binary COPY carries, and the rows that are out of range."""
    scale = scale_of(values.type)
    numbers = integers_of(values, scale.integers)
    counted = _wrapped(numbers, -scale.epoch)
    none = np.empty(0, dtype=np.int64)
    bounds = pc.min_max(values.view(scale.integers)).as_py()
    least, most = bounds["min"], bounds["max"]
    last = _LAST_DAY if scale is DAYS else scale.infinity - 1
    if least is None or (least >= scale.first and most <= last):
        return rebuilt(counted, values, scale.integers), none
    valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
    infinite = (numbers == scale.infinity) | (numbers == scale.minus_infinity)
    outside = valid & ~infinite & ((numbers < scale.first) | (numbers > last))
    counted = np.where(infinite, numbers, counted)
    return rebuilt(counted, values, scale.integers), np.flatnonzero(outside)


def moment_text(number: int, storage: pa.DataType) -> str:
    """Return a date or timestamp, given as its number, as PostgreSQL writes it.

    Example:
        >>> moment_text(-62_135_596_800_000_001, pa.timestamp("us"))
        '0001-12-31 23:59:59.999999 BC'
        >>> moment_text((1 << 31) - 1, pa.date32())
        'infinity'
    """
    scale = scale_of(storage)
    if number in {scale.infinity, scale.minus_infinity}:
        return "infinity" if number > 0 else "-infinity"
    if scale is DAYS:
        day, era = _calendar(number)
        return day + era
    days, rest = divmod(number, 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    day, era = _calendar(days)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    zone = "+00" if storage.tz is not None else ""
    return f"{day} {clock}.{fraction:06}{zone}{era}"


def _calendar(days: int) -> tuple[str, str]:
    """Year, month and day, and the era; the calendar repeats itself every 400 years."""
    cycles, day = divmod(days + 719_162, 146_097)
    within = date.fromordinal(day + 1)
    year = within.year + 400 * cycles
    era = "" if year > 0 else " BC"
    return f"{year if year > 0 else 1 - year:04}-{within.month:02}-{within.day:02}", era


_LAST_DAY = 2_145_042_905


def _wrapped(numbers: Integers, distance: int) -> Integers:
    with np.errstate(over="ignore"):
        return numbers + numbers.dtype.type(distance)
