"""Casts to whole numbers, decimals and floats: exact, or refused."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
)

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.engine.mapping.failures import (
    CAST,
    ROUNDING,
    Failures,
    ValueRefusedError,
    each_value,
    mask_of,
    mended,
    shown,
    without,
)
from landbridge.engine.mapping.kinds import Kind
from landbridge.engine.mapping.number_format import NumberFormat
from landbridge.engine.mapping.texts import text_of

Cast = Callable[[pa.Array, Failures], pa.Array]

_EXACT = Context(prec=200, Emax=10**9, Emin=-(10**9))
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_FLOAT_NAMES = frozenset({"nan", "inf", "infinity"})
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
_ARROW_MODES: Mapping[str, str] = {
    "half_up": "half_towards_infinity",
    "half_even": "half_to_even",
    "down": "towards_zero",
}
_WORKING = pa.decimal256(76, 20)
_WORKING_DIGITS = 54
_MOST_DIGITS = 80


@dataclass(frozen=True, slots=True)
class Precision:
    """What a number must fit.

    Attributes:
        kind: Kind of the target.
        low: Smallest value.
        high: Largest value.
        scale: Digits after the point.
        rounding: What happens to further digits.
    """

    kind: Kind
    low: Decimal
    high: Decimal
    scale: int
    rounding: str

    @classmethod
    def of(cls, kind: Kind, rounding: str) -> "Precision":
        """Return what a number of that kind must fit."""
        if kind.logical == "decimal":
            scale = kind.storage.scale
            most = Decimal(10**kind.storage.precision - 1).scaleb(-scale, _EXACT)
            return cls(kind, -most, most, scale, rounding)
        bits = kind.storage.bit_width
        if pa.types.is_signed_integer(kind.storage):
            return cls(
                kind, Decimal(-(2 ** (bits - 1))), Decimal(2 ** (bits - 1) - 1), 0, rounding
            )
        return cls(kind, Decimal(0), Decimal(2**bits - 1), 0, rounding)

    def fitted(self, number: Decimal, value: object) -> Decimal:
        """Return the number with the digits that are kept.

        Raises:
            ValueRefusedError: It is too large, or digits would be lost and may not.
        """
        if not number.is_finite():
            raise ValueRefusedError(f"{shown(value)} is not {self.kind.name}")
        if number and number.adjusted() >= _MOST_DIGITS:
            raise self._outside(value)
        mode = _MODES.get(self.rounding, ROUND_DOWN)
        kept = number.quantize(Decimal(1).scaleb(-self.scale), mode, _EXACT)
        if self.rounding == "error" and kept != number:
            raise ValueRefusedError(
                f"{shown(value)} has more digits after the point than {self.kind.name} keeps",
                ROUNDING,
            )
        if not self.low <= kept <= self.high:
            raise self._outside(value)
        return kept

    def _outside(self, value: object) -> ValueRefusedError:
        return ValueRefusedError(f"{shown(value)} is outside of {self.kind.name}")


def exact_cast(
    source: Kind, target: Kind, rounding: str | None, number_format: NumberFormat | None
) -> Cast | None:
    """Return a cast to a whole number or a decimal, or None when there is none."""
    fits = Precision.of(target, rounding or "error")
    if source.is_text:
        return _of_text(fits, number_format)
    match source.logical:
        case "bool":
            return lambda values, failures: _of_number(values.cast(pa.uint8()), fits, failures)
        case "int" | "decimal":
            return lambda values, failures: _of_number(values, fits, failures)
        case "float":
            # A float is the shortest decimal text that stands for it: 0.1 is 0.1.
            read = _of_text(fits, None)
            return lambda values, failures: read(text_of(values, source, failures), failures)
        case _:
            return None


def _of_text(fits: Precision, number_format: NumberFormat | None) -> Cast:
    def convert(value: object) -> object:
        number = read_number(str(value), fits.kind, number_format)
        kept = fits.fitted(number, value)
        return kept if fits.kind.logical == "decimal" else int(kept)

    plain = None if number_format is not None else _plain_text(fits)

    def cast(values: pa.Array, failures: Failures) -> pa.Array:
        if plain is None:
            return each_value(values, fits.kind.storage, convert, failures)
        matched = pc.match_substring_regex(values, plain)
        rest = ~mask_of(matched.fill_null(True))  # noqa: FBT003  Arrow's positional argument
        made = _fast_text(without(values, rest), fits)
        return mended(made, values, rest, convert, failures)

    return cast


def _plain_text(fits: Precision) -> str | None:
    """Return what a number looks like that Arrow can be trusted with: it fits for sure."""
    digits = len(str(fits.high.to_integral_value(ROUND_DOWN, _EXACT))) - 1
    if fits.kind.logical == "decimal":
        digits = fits.kind.storage.precision - fits.scale
    rounds = fits.rounding != "error"
    digits = min(digits - (fits.kind.logical == "decimal" and rounds), _WORKING_DIGITS)
    places = _WORKING.scale if rounds else fits.scale
    if digits < 1:
        return None
    fraction = f"(\\.[0-9]{{1,{places}}})?" if places else ""
    sign = "-?" if fits.low < 0 else ""
    return f"^{sign}[0-9]{{1,{digits}}}{fraction}$"


def _fast_text(values: pa.Array, fits: Precision) -> pa.Array:
    if fits.rounding == "error":
        return values.cast(fits.kind.storage)
    return _rounded(values.cast(_WORKING), fits)


def _rounded(values: pa.Array, fits: Precision) -> pa.Array:
    mode = _ARROW_MODES.get(fits.rounding)
    if mode is not None and pa.types.is_decimal(values.type) and values.type.scale > fits.scale:
        values = pc.round(values, ndigits=fits.scale, round_mode=mode)
    return values.cast(fits.kind.storage)


def _of_number(values: pa.Array, fits: Precision, failures: Failures) -> pa.Array:
    def convert(value: object) -> object:
        kept = fits.fitted(Decimal(str(value)), Decimal(str(value)))
        return kept if fits.kind.logical == "decimal" else int(kept)

    try:
        if pa.types.is_integer(values.type) and fits.kind.logical == "decimal":
            values = values.cast(pa.decimal128(20, 0))
        return _rounded(values, fits)
    except pa.ArrowInvalid:
        return each_value(values, fits.kind.storage, convert, failures)


def read_number(text: str, kind: Kind, number_format: NumberFormat | None) -> Decimal:
    """Return the number that a text says.

    Raises:
        ValueRefusedError: It says none.
    """
    plain = text.strip()
    if number_format is not None:
        read = number_format.plain(plain)
        if read is None:
            raise ValueRefusedError(
                f"{shown(text)} is not {kind.name} written as {number_format.pattern}"
            )
        plain = read
    if _NUMBER.fullmatch(plain) is None:
        raise ValueRefusedError(f"{shown(text)} is not {kind.name}")
    return Decimal(plain)


def float_cast(source: Kind, target: Kind, number_format: NumberFormat | None) -> Cast | None:
    """Return a cast to the nearest float, or None when there is none."""
    if source.is_text:
        return _float_of_text(target, number_format)
    match source.logical:
        case "bool":
            return lambda values, _: values.cast(pa.uint8()).cast(target.storage)
        case "int":
            return lambda values, _: values.cast(target.storage, safe=False)
        case "decimal":
            read = _float_of_text(target, None)
            return lambda values, failures: read(text_of(values, source, failures), failures)
        case "float":
            return lambda values, failures: _float_of_float(values, target, failures)
        case _:
            return None


def _float_of_float(values: pa.Array, target: Kind, failures: Failures) -> pa.Array:
    made = values.cast(target.storage, safe=False)
    before = values.fill_null(0).to_numpy(zero_copy_only=False)
    after = made.fill_null(0).to_numpy(zero_copy_only=False)
    wrong = np.isinf(after) & ~np.isinf(before)
    failures.add_where(
        wrong, CAST, lambda row: f"{values[row].as_py()} is outside of {target.name}"
    )
    return without(made, wrong)


def _float_of_text(target: Kind, number_format: NumberFormat | None) -> Cast:
    largest = Decimal(float(np.finfo(target.storage.to_pandas_dtype()).max))

    def convert(value: object) -> object:
        text = str(value).strip()
        if text.lower().lstrip("+-") in _FLOAT_NAMES:
            return float(text)
        number = read_number(str(value), target, number_format)
        found = float(number)
        if math.isinf(found) or number.copy_abs() > largest:
            raise ValueRefusedError(f"{shown(value)} is outside of {target.name}")
        return pa.array([str(number)]).cast(target.storage)[0].as_py()

    def cast(values: pa.Array, failures: Failures) -> pa.Array:
        if number_format is not None:
            return each_value(values, target.storage, convert, failures)
        matched = pc.match_substring_regex(values, r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$")
        rest = ~mask_of(matched.fill_null(True))  # noqa: FBT003  Arrow's positional argument
        made = without(values, rest).cast(target.storage)
        return mended(made, values, rest, convert, failures)

    return cast
