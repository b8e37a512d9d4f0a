"""Every kind of Arrow column, with values to draw and what makes two of them the same value."""

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

_NANOS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_DAY_MILLIS = 86_400_000


def _same(value: Any) -> Hashable:
    return value


def _plain(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind)


@dataclass(frozen=True)
class Kind:
    """A type, its non-null values as Python sees them, and the identity of a value."""

    type: pa.DataType
    values: st.SearchStrategy[Any]
    identity: Callable[[Any], Hashable] = _same
    build: Callable[[list[Any], pa.DataType], pa.Array] = _plain

    def array(self, values: list[Any]) -> pa.Array:
        return self.build(values, self.type)

    def key(self, value: Any) -> Hashable:
        return None if value is None else (self.identity(value),)


def _bits(value: float) -> bytes:
    return b"nan" if value != value else struct.pack("<d", value)  # noqa: PLR0124  NaN test


def _counted(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)


def _interval(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array([None if v is None else pa.MonthDayNano(v) for v in values], kind)


def integers() -> list[Kind]:
    signed = [
        Kind(kind, st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1))
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())
    ]
    unsigned = [
        Kind(kind, st.integers(0, 2**kind.bit_width - 1))
        for kind in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
    ]
    return signed + unsigned


def decimals() -> list[Kind]:
    shapes = [
        (pa.decimal32, 7, 2),
        (pa.decimal64, 16, 8),
        (pa.decimal128, 12, 2),
        (pa.decimal128, 18, 6),
        (pa.decimal128, 38, 10),
        (pa.decimal128, 38, 38),
        (pa.decimal128, 38, 0),
        (pa.decimal128, 20, -5),
        (pa.decimal256, 76, 20),
        (pa.decimal256, 76, 0),
    ]
    return [
        Kind(make(precision, scale), _decimal_values(precision, scale), Fraction)
        for make, precision, scale in shapes
    ]


def _decimal_values(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    def scaled(number: int) -> Decimal:
        return Decimal(number).scaleb(-scale, Context(prec=100))

    return st.integers(-(10**precision) + 1, 10**precision - 1).map(scaled)


def times() -> list[Kind]:
    counts = st.integers(-(2**63), 2**63 - 1)
    kinds: list[Kind] = []
    for unit, nanos in _NANOS.items():
        counted = (pa.timestamp(unit), pa.timestamp(unit, "Asia/Shanghai"), pa.duration(unit))
        kinds += [Kind(kind, counts, nanos.__mul__, _counted) for kind in counted]
        make = pa.time32 if unit in {"s", "ms"} else pa.time64
        per_day = 86_400 * 10**9 // nanos
        kinds.append(Kind(make(unit), st.integers(0, per_day), nanos.__mul__, _counted))
    days = st.integers(-(2**31), 2**31 - 1)
    kinds.append(Kind(pa.date32(), days, build=_counted))
    millis = days.map(_DAY_MILLIS.__mul__)
    kinds.append(Kind(pa.date64(), millis, lambda value: value // _DAY_MILLIS, _counted))
    small = st.integers(-(2**31), 2**31 - 1)
    spans = st.tuples(small, small, counts)
    kinds.append(Kind(pa.month_day_nano_interval(), spans, build=_interval))
    return kinds


def texts() -> list[Kind]:
    # Bytes common enough to make prefixes, repetitions and zeros likely.
    text = st.text(st.sampled_from("a\0b汉é🙂"), max_size=40) | st.text(max_size=20)
    blob = st.binary(max_size=30) | st.text("\0a", max_size=300).map(str.encode)
    kinds = [Kind(kind, text) for kind in (pa.string(), pa.large_string(), pa.string_view())]
    kinds += [Kind(kind, blob) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())]
    for width in (1, 8, 16, 21):
        kinds.append(Kind(pa.binary(width), st.binary(min_size=width, max_size=width)))
    return kinds


def simple() -> list[Kind]:
    floats = [
        Kind(pa.float16(), st.floats(width=16), _bits),
        Kind(pa.float32(), st.floats(width=32), _bits),
        Kind(pa.float64(), st.floats(), _bits),
    ]
    truth = [Kind(pa.bool_(), st.booleans())]
    return [*integers(), *decimals(), *floats, *truth, *times(), *texts()]


def _list_of(make: Callable[[pa.DataType], pa.DataType], item: Kind, size: int | None) -> Kind:
    lists = st.lists(st.none() | item.values, min_size=size or 0, max_size=size or 12)
    return Kind(
        make(item.type), lists, lambda values: tuple(item.key(value) for value in values)
    )


def _pair_of(first: Kind, second: Kind) -> Kind:
    values = st.fixed_dictionaries({"a": st.none() | first.values, "b": second.values})
    return Kind(
        pa.struct([("a", first.type), ("b", second.type)]),
        values,
        lambda value: (first.key(value["a"]), second.key(value["b"])),
    )


def nested() -> list[Kind]:
    number, text = integers()[2], texts()[0]
    amount = decimals()[2]
    lists = [
        _list_of(pa.list_, number, None),
        _list_of(pa.large_list, text, None),
        _list_of(pa.list_view, amount, None),
        _list_of(lambda item: pa.list_(item, 3), text, 3),
    ]
    pair = _pair_of(number, text)
    entries = st.lists(st.tuples(text.values, number.values), max_size=4)
    mapped = Kind(pa.map_(pa.string(), pa.int32()), entries, tuple)
    deep = _list_of(pa.list_, _pair_of(text, lists[0]), None)
    return [
        *lists,
        pair,
        mapped,
        deep,
        _pair_of(number, mapped),
        _list_of(pa.list_, pair, None),
    ]


KINDS = [*simple(), *nested()]
