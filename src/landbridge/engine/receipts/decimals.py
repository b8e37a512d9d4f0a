"""Canonical words of decimals: 1.1 and 1.10 are one value, 11 and 1.1 are not.

A value is brought to six decimal places. What then is a whole number that 64 signed bits hold
is one word; the rest (larger numbers, further places) are further words, all 0 otherwise.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landbridge.engine.receipts.columns import Cells, view
from landbridge.engine.receipts.lanes import Words

LOWEST_SCALE = -76
"""Zeros that may be implied after the digits; more would need cells that have other uses."""

_PLACES = 6
_GROUP = 9
_FIRST_PLACE_CELL = 16
_SIGN_CELL = 15
_LARGEST = 2**63 - 1
_HALF = np.uint64(32)
_LIMB = np.uint64(0xFFFF_FFFF)
_SIGN = 63


def decimal(values: pa.Array) -> Cells:
    """Decimals of any width, precision and scale; see `LOWEST_SCALE`."""
    words = _stored(values)
    low = words[:, 0].copy()
    factor = 10 ** min(_PLACES, max(0, _PLACES - values.type.scale))
    if 0 <= values.type.scale <= _PLACES and _all_small(words, low, _LARGEST // factor):
        yield 0, (low * np.int64(factor)).view(np.uint64)
    else:
        yield from _large(words, values.type.scale)


def _stored(values: pa.Array) -> NDArray[np.int64]:
    """The unscaled integers, least significant word first."""
    width = values.type.bit_width // 64
    if not width:
        return view(values, "<i4").astype(np.int64).reshape(-1, 1)
    return view(values, "<i8", width).reshape(-1, width)


def _all_small(words: NDArray[np.int64], low: NDArray[np.int64], limit: int) -> bool:
    sign = low >> np.int64(_SIGN)
    extended = all(np.array_equal(words[:, i], sign) for i in range(1, words.shape[1]))
    return extended and bool(low.max() <= limit and low.min() >= -limit)


def _large(words: NDArray[np.int64], scale: int) -> Cells:
    """The general case, on magnitudes kept as 32-bit limbs, least significant first."""
    negative = (words[:, -1] < 0).astype(np.uint64)
    limbs = _negated(
        [half for i in range(words.shape[1]) for half in _halves(words[:, i].view(np.uint64))],
        negative,
    )
    beyond = max(0, scale - _PLACES)
    limbs = _times_power(limbs, max(0, _PLACES - scale) + -beyond % _GROUP)
    for group in reversed(range(-(-beyond // _GROUP))):
        limbs, places = _divided(limbs)
        yield _FIRST_PLACE_CELL + group, _signed(places, negative)
    if len(limbs) % 2:
        limbs.append(np.zeros_like(negative))
    whole = [limbs[i] | limbs[i + 1] << _HALF for i in range(0, len(limbs), 2)]
    yield 0, _signed(whole[0], negative)
    exceeds = whole[0] > np.uint64(_LARGEST)
    for cell, word in enumerate(whole[1:], start=1):
        exceeds |= word != 0
        yield cell, word
    yield _SIGN_CELL, negative * exceeds


def _halves(word: Words) -> tuple[Words, Words]:
    return word & _LIMB, word >> _HALF


def _signed(magnitude: Words, negative: Words) -> Words:
    return (magnitude ^ (np.uint64(0) - negative)) + negative


def _negated(limbs: Sequence[Words], negative: Words) -> list[Words]:
    """Two's complement where `negative` is 1."""
    flip = (np.uint64(0) - negative) & _LIMB
    carry = negative
    result: list[Words] = []
    for limb in limbs:
        total = (limb ^ flip) + carry
        result.append(total & _LIMB)
        carry = total >> _HALF
    return result


def _times_power(limbs: list[Words], exponent: int) -> list[Words]:
    """The limbs times a power of ten, as many limbs longer as it takes."""
    while exponent > 0:
        factor = np.uint64(10 ** min(exponent, _GROUP))
        carry = np.zeros_like(limbs[0])
        product: list[Words] = []
        for limb in limbs:
            total = limb * factor + carry
            product.append(total & _LIMB)
            carry = total >> _HALF
        limbs = [*product, carry]
        exponent -= _GROUP
    return limbs


def _divided(limbs: list[Words]) -> tuple[list[Words], Words]:
    """Quotient and remainder by 10^9."""
    divisor = np.uint64(10**_GROUP)
    rest = np.zeros_like(limbs[0])
    quotient: list[Words] = []
    for limb in reversed(limbs):
        total = rest << _HALF | limb
        part = total // divisor
        rest = total - part * divisor
        quotient.append(part)
    return quotient[::-1], rest
