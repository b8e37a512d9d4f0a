"""Canonical words of fixed-width types: what is the same value gives the same words."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landbridge.engine.receipts.columns import Cells, bits, view

_NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_MILLIS_PER_DAY = 86_400_000
_MAGNITUDE = np.uint64(0x7FFF_FFFF_FFFF_FFFF)
_INFINITY = np.uint64(0x7FF0_0000_0000_0000)
_NAN = np.uint64(0x7FF8_0000_0000_0000)
_HALF = np.int64(32)
_LOW = np.int64(0xFFFF_FFFF)
_SIGN = 63


def integer(values: pa.Array) -> Cells:
    """Any width, signed or not: the number; above 2^63 a second word keeps it from -x."""
    width = values.type.bit_width // 8
    if not pa.types.is_unsigned_integer(values.type):
        yield 0, view(values, f"<i{width}").astype(np.int64, copy=False).view(np.uint64)
        return
    words = view(values, f"<u{width}").astype(np.uint64, copy=False)
    yield 0, words
    if words.max() > _MAGNITUDE:
        yield 1, words >> np.uint64(_SIGN)


def boolean(values: pa.Array) -> Cells:
    """0 or 1."""
    yield 0, bits(values.buffers()[1], values.offset, len(values)).astype(np.uint64)


def real(values: pa.Array) -> Cells:
    """The bits of the number as a double: -0.0 is not 0.0, and every NaN is the same."""
    narrow = view(values, f"<f{values.type.bit_width // 8}")
    with np.errstate(invalid="ignore"):
        words = narrow.astype(np.float64, copy=False).view(np.uint64)
    nans = (words & _MAGNITUDE) > _INFINITY
    yield 0, np.where(nans, _NAN, words) if nans.any() else words


def date(values: pa.Array) -> Cells:
    """Milliseconds since 1970, for both of Arrow's date types."""
    if pa.types.is_date64(values.type):
        yield 0, view(values, "<i8").view(np.uint64)
    else:
        yield 0, (view(values, "<i4") * np.int64(_MILLIS_PER_DAY)).view(np.uint64)


def clock(values: pa.Array) -> Cells:
    """Times, instants and durations: nanoseconds, to 128 bits where 64 do not hold them."""
    counts = view(values, f"<i{values.type.bit_width // 8}").astype(np.int64, copy=False)
    return scaled(counts, _NANOS[values.type.unit])


def interval(values: pa.Array) -> Cells:
    """Months, days and nanoseconds, none of which is converted into another."""
    words = view(values, "<u8", width=2).reshape(-1, 2)
    yield 0, words[:, 0]
    yield 1, words[:, 1]


def scaled(numbers: NDArray[np.int64], factor: int) -> Cells:
    """The 128-bit products with a factor below 2^31, the upper word only where it says more."""
    low = numbers * np.int64(factor)
    yield 0, low.view(np.uint64)
    limit = (2**_SIGN - 1) // factor
    if numbers.max() > limit or numbers.min() < -limit:
        partial = (numbers & _LOW) * np.int64(factor) >> _HALF
        high = (numbers >> _HALF) * np.int64(factor) + partial >> _HALF
        yield 1, (high - (low >> np.int64(_SIGN))).view(np.uint64)
