"""Values that a step of a mapping refuses, and why."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

CAST = "mapping.cast"
ROUNDING = "mapping.rounding"
REQUIRED = "mapping.required"
CODE_TABLE = "mapping.code_table"
EXPRESSION = "mapping.expression"

Mask = npt.NDArray[np.bool_]
_SHOWN = 60


class ValueRefusedError(Exception):
    """One value cannot be converted. Never leaves this package.

    Attributes:
        code: Code of the fault.
    """

    def __init__(self, reason: str, code: str = CAST) -> None:
        super().__init__(reason)
        self.code = code


class Failures:
    """Rows of one field that failed, each with its first reason."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[str, str]] = {}

    def add(self, row: int, code: str, reason: str) -> None:
        """Add one row; one that has failed before keeps its reason."""
        self.rows.setdefault(row, (code, reason))

    def add_where(self, wrong: Mask, code: str, reason: Callable[[int], str]) -> None:
        """Add the rows of a mask; `reason` is asked for each that has not failed before."""
        for row in np.flatnonzero(wrong).tolist():
            if row not in self.rows:
                self.rows[row] = (code, reason(row))


def shown(value: object) -> str:
    """Return a value as a message shows it: quoted when it is text, at most 60 characters.

    Example:
        >>> shown("十元"), shown(5), shown("x" * 99)[-4:]
        ("'十元'", '5', "xx…'")
    """
    if isinstance(value, bytes):
        text = value[:_SHOWN].hex()
        return f"0x{text}" if len(text) <= _SHOWN else f"0x{text[: _SHOWN - 1]}…"
    text = str(value)
    if len(text) > _SHOWN:
        text = text[: _SHOWN - 1] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def each_value(
    values: pa.Array,
    storage: pa.DataType,
    convert: Callable[[object], object],
    failures: Failures,
) -> pa.Array:
    """Convert values one by one, each different one once; refused ones become null.

    Args:
        values: Any array; nulls stay null.
        storage: Storage of the result. For times, `convert` returns its integer.
        convert: Raises `ValueRefusedError` for a value that has no equal.
        failures: Where refused rows are put.
    """
    encoded = values.dictionary_encode()
    made: list[object] = []
    refused: dict[int, tuple[str, str]] = {}
    for at, value in enumerate(encoded.dictionary.to_pylist()):
        try:
            made.append(None if value is None else convert(value))
        except ValueRefusedError as error:
            made.append(None)
            refused[at] = (error.code, str(error))
    if refused:
        indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(np.isin(indices, np.fromiter(refused, np.int64)))
        for row in wrong.tolist():
            failures.add(row, *refused[int(indices[row])])
    return integers_to(made, storage).take(encoded.indices)


def mended(
    made: pa.Array,
    values: pa.Array,
    rest: Mask,
    convert: Callable[[object], object],
    failures: Failures,
) -> pa.Array:
    """Return `made` with the rows of a mask converted one by one.

    Args:
        made: What a whole column became by Arrow; anything at the rows of `rest`.
        values: The column.
        rest: Rows that Arrow could not be trusted with.
        convert: As for `each_value`.
        failures: Where refused rows are put.
    """
    rows = np.flatnonzero(rest)
    if not len(rows):
        return made
    own = Failures()
    converted = each_value(values.take(pa.array(rows)), made.type, convert, own)
    for row, (code, reason) in own.rows.items():
        failures.add(int(rows[row]), code, reason)
    return pc.replace_with_mask(made, pa.array(rest), converted)


def integers_to(values: list[object], storage: pa.DataType) -> pa.Array:
    """Return an array of values; times are given as their integers."""
    if pa.types.is_date32(storage):
        return pa.array(values, pa.int32()).cast(storage)
    if pa.types.is_temporal(storage):
        return pa.array(values, pa.int64()).cast(storage)
    return pa.array(values, storage)


def mask_of(values: pa.Array) -> Mask:
    """Return a boolean array as a mask; null counts as false."""
    filled = values.fill_null(False)  # noqa: FBT003  Arrow's positional argument
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def without(values: pa.Array, wrong: Mask) -> pa.Array:
    """Return the values with null where the mask says so."""
    if not wrong.any():
        return values
    at = np.arange(len(values))
    return values.take(pa.array(at, mask=wrong))
