"""Single faults to inject into rows: what integration tools have been seen to do to data.

`inject` makes exactly one fault and is sure to change the content: a swap of equal cells, say,
is drawn again. It works on any table that has columns the kind of fault applies to.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ATTEMPTS = 1000
_HOUR_MICROS = 3_600_000_000


class Fault(StrEnum):
    """What can go wrong with one row."""

    DROP = "a row is lost"
    DUPLICATE = "a row comes twice"
    SWAP_ROWS = "two rows exchange a cell"
    SWAP_COLUMNS = "a row has two cells exchanged"
    CELL = "a cell has the value of another row"
    BIT = "a bit of a number or a character flips"
    LOST = "a cell becomes NULL"
    EMPTY = 'NULL and "" are confused'
    ZERO = "NULL and 0 are confused"
    MICROSECOND = "a time is off by one microsecond"
    HOURS = "a time is off by whole hours"
    SCALE = "a decimal is ten times more or less"
    CUT = "a text loses its last character"
    SPACE = "a text gains or loses a trailing space"
    MOJIBAKE = "a text is decoded as another encoding"


class FaultNotApplicableError(Exception):
    """The table offers no place for this kind of fault."""


def inject(rows: pa.Table, kind: Fault, rng: np.random.Generator) -> pa.Table:
    """Return the rows with one fault of that kind, at a place the generator chooses.

    Raises:
        FaultNotApplicableError: No place was found where the fault changes the content.
    """
    for _ in range(_ATTEMPTS):
        changed = _ATTEMPT[kind](rows, rng)
        if changed is not None:
            return changed
    raise FaultNotApplicableError(kind.value)


_Attempt = Callable[[pa.Table, np.random.Generator], pa.Table | None]


def _drop(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    if not rows.num_rows:
        return None
    at = int(rng.integers(rows.num_rows))
    return pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)]).combine_chunks()


def _duplicate(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    if not rows.num_rows:
        return None
    at = int(rng.integers(rows.num_rows))
    return pa.concat_tables([rows, rows.slice(at, 1)]).combine_chunks()


def _swap_rows(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    name = str(rng.choice(rows.column_names))
    one, two = (int(at) for at in rng.integers(rows.num_rows, size=2))
    column = rows.column(name)
    others = [rows.column(other) for other in rows.column_names if other != name]
    if _same(column[one], column[two]) or all(_same(o[one], o[two]) for o in others):
        return None
    order = np.arange(rows.num_rows)
    order[[one, two]] = two, one
    return _with(rows, name, column.take(pa.array(order)))


def _swap_columns(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    one, two = (str(name) for name in rng.choice(rows.column_names, size=2, replace=False))
    if rows.field(one).type != rows.field(two).type:
        return None
    at = int(rng.integers(rows.num_rows))
    first, second = rows.column(one)[at], rows.column(two)[at]
    if _same(first, second):
        return None
    return _with_cell(_with_cell(rows, one, at, second), two, at, first)


def _cell(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    name, at = _place(rows, rng, rows.column_names)
    column = rows.column(name)
    other = column[int(rng.integers(rows.num_rows))]
    return None if _same(column[at], other) else _with_cell(rows, name, at, other)


def _bit(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_binary)
    name, at = _place(rows, rng, _names(rows, *kinds))
    cell = rows.column(name).slice(at, 1).combine_chunks().take(pa.array([0]))
    if not cell[0].is_valid or cell[0].as_py() in {"", b""}:
        return None
    _, *offsets, data = cell.buffers()
    size = int(np.frombuffer(offsets[0], np.int32)[1]) if offsets else cell.type.bit_width // 8
    flipped = bytearray(data.to_pybytes()[:size])
    byte, bit = int(rng.integers(size)), int(rng.integers(8))
    if pa.types.is_string(cell.type) and (flipped[byte] >= 0x80 or bit == 7):
        return None  # would not be UTF-8, which no driver lets pass
    flipped[byte] ^= 1 << bit
    buffers = [None, *offsets, pa.py_buffer(bytes(flipped))]
    changed = pa.Array.from_buffers(cell.type, 1, buffers)[0]
    return None if _same(changed, cell[0]) else _with_cell(rows, name, at, changed)


def _edit(
    *kinds: Callable[[pa.DataType], bool],
    by: Callable[[Any, pa.DataType, np.random.Generator], Any],
) -> _Attempt:
    """Faults that change one cell of a column of some kind; `by` may decline with `...`."""

    def attempt(rows: pa.Table, rng: np.random.Generator) -> pa.Table | None:
        name, at = _place(rows, rng, _names(rows, *kinds))
        scalar = rows.column(name)[at]
        edited = by(_plain(scalar), scalar.type, rng)
        if edited is ...:
            return None
        changed = _scalar(edited, scalar.type)
        return None if _same(changed, scalar) else _with_cell(rows, name, at, changed)

    return attempt


def _is_any(_kind: pa.DataType) -> bool:
    return True


def _to_null(value: Any, _kind: pa.DataType, _rng: np.random.Generator) -> Any:
    return ... if value is None else None


def _empty(value: Any, kind: pa.DataType, _rng: np.random.Generator) -> Any:
    nothing = "" if pa.types.is_string(kind) else b""
    if value is None:
        return nothing
    return None if value == nothing else ...


def _zero(value: Any, _kind: pa.DataType, _rng: np.random.Generator) -> Any:
    if value is None:
        return 0
    return None if value == 0 else ...


def _tick(value: Any, _kind: pa.DataType, rng: np.random.Generator) -> Any:
    return ... if value is None else value + int(rng.choice([-1, 1]))


def _hours(value: Any, _kind: pa.DataType, rng: np.random.Generator) -> Any:
    return ... if value is None else value + int(rng.choice([-8, -1, 1, 8])) * _HOUR_MICROS


def _scale(value: Any, kind: pa.DataType, rng: np.random.Generator) -> Any:
    if not value:
        return ...
    more = bool(rng.integers(2))
    shifted: Decimal = value.scaleb(1 if more else -1)
    digits = shifted.scaleb(kind.scale)
    fits = digits == int(digits) and abs(digits) < Decimal(10) ** kind.precision
    return shifted if fits else ...


def _cut(value: Any, _kind: pa.DataType, _rng: np.random.Generator) -> Any:
    return value[:-1] if value else ...


def _space(value: Any, _kind: pa.DataType, _rng: np.random.Generator) -> Any:
    if value is None:
        return ...
    return value[:-1] if value.endswith(" ") else value + " "


def _mojibake(value: Any, _kind: pa.DataType, _rng: np.random.Generator) -> Any:
    return ... if value is None else value.encode().decode("latin-1")


_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_ATTEMPT: dict[Fault, _Attempt] = {
    Fault.DROP: _drop,
    Fault.DUPLICATE: _duplicate,
    Fault.SWAP_ROWS: _swap_rows,
    Fault.SWAP_COLUMNS: _swap_columns,
    Fault.CELL: _cell,
    Fault.BIT: _bit,
    Fault.LOST: _edit(_is_any, by=_to_null),
    Fault.EMPTY: _edit(pa.types.is_string, pa.types.is_binary, by=_empty),
    Fault.ZERO: _edit(*_NUMBERS, by=_zero),
    Fault.MICROSECOND: _edit(pa.types.is_timestamp, by=_tick),
    Fault.HOURS: _edit(pa.types.is_timestamp, by=_hours),
    Fault.SCALE: _edit(pa.types.is_decimal, by=_scale),
    Fault.CUT: _edit(pa.types.is_string, by=_cut),
    Fault.SPACE: _edit(pa.types.is_string, by=_space),
    Fault.MOJIBAKE: _edit(pa.types.is_string, by=_mojibake),
}


def _names(rows: pa.Table, *kinds: Callable[[pa.DataType], bool]) -> list[str]:
    return [field.name for field in rows.schema if any(kind(field.type) for kind in kinds)]


def _place(rows: pa.Table, rng: np.random.Generator, names: Sequence[str]) -> tuple[str, int]:
    if not names or not rows.num_rows:
        raise FaultNotApplicableError("no column of a kind that can have this fault")
    return str(rng.choice(names)), int(rng.integers(rows.num_rows))


def _plain(scalar: pa.Scalar) -> Any:
    """The value; of a timestamp its number, for Python knows neither all of them nor zones."""
    return scalar.value if pa.types.is_timestamp(scalar.type) else scalar.as_py()


def _scalar(value: Any, kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_timestamp(kind):
        return pa.scalar(value, pa.int64()).cast(kind)
    return pa.scalar(value, kind)


def _same(one: pa.Scalar, two: pa.Scalar) -> bool:
    if one.is_valid and two.is_valid and pa.types.is_floating(one.type):
        return bool(np.isnan(one.as_py()) and np.isnan(two.as_py())) or (
            one.as_py() == two.as_py() and np.signbit(one.as_py()) == np.signbit(two.as_py())
        )
    return one.equals(two)


def _with_cell(rows: pa.Table, name: str, at: int, value: pa.Scalar) -> pa.Table:
    mask = np.zeros(rows.num_rows, np.bool_)
    mask[at] = True
    column = rows.column(name).combine_chunks()
    return _with(rows, name, pc.replace_with_mask(column, pa.array(mask), value))


def _with(rows: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    at = rows.column_names.index(name)
    return rows.set_column(at, rows.field(at), column).combine_chunks()
