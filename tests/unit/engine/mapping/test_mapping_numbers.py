"""Casts to numbers: exact, rounded as stated, or refused with the value."""

import math
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.mapping.mapping_samples import (
    account,
    cast,
    codes,
    found,
    only,
    reasons,
    texts,
)

from landbridge.kernel.errors import OptionsInvalidError

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
WIDE = Context(prec=200)


def decimals(values: Sequence[str | None], precision: int, scale: int) -> pa.Array:
    make = pa.decimal256 if precision > 38 else pa.decimal128
    return texts(values).cast(make(precision, scale))


@pytest.mark.parametrize(
    ("rounding", "wanted"),
    [
        ("half_up", ["12.7", "0.3", "-0.3", "2.5", "-2.4"]),
        ("half_even", ["12.7", "0.2", "-0.2", "2.4", "-2.4"]),
        ("down", ["12.7", "0.2", "-0.2", "2.4", "-2.4"]),
    ],
)
def test_digits_are_rounded_as_the_document_says(rounding: str, wanted: list[str]) -> None:
    values = ["12.70", "0.25", "-0.25", "2.45", "-2.449"]
    rules = {"type": "decimal(5,1)", "rounding": rounding}
    for column in (texts(values), decimals(values, 9, 3), decimals(values, 50, 20)):
        assert found(cast(column, **rules)) == [Decimal(value) for value in wanted]
    floats = pa.array([float(value) for value in values])
    assert found(cast(floats, **rules)) == [Decimal(value) for value in wanted]


@pytest.mark.parametrize("rules", [{}, {"rounding": "error"}])
def test_no_digit_is_lost_silently(rules: dict[str, str]) -> None:
    for column in (texts(["12", "12.7", "12.0"]), decimals(["12", "12.7", "12.0"], 9, 3)):
        mapped = cast(column, type="int32", **rules)
        assert found(mapped) == [12, 12]
        assert codes(mapped) == ["mapping.rounding"]
        assert mapped.faults[0].row == 1
    assert codes(cast(pa.array([0.5, 2.0]), type="int8")) == ["mapping.rounding"]
    assert codes(cast(texts(["1.005"]), type="decimal(18,2)", **rules)) == ["mapping.rounding"]


def test_reasons_name_the_value_and_the_type() -> None:
    mapped = cast(texts(["十元", "1.005", "999", "x" * 99]), type="decimal(4,2)")
    assert reasons(mapped) == [
        "'十元' is not decimal(4,2)",
        "'1.005' has more digits after the point than decimal(4,2) keeps",
        "'999' is outside of decimal(4,2)",
        f"'{'x' * 59}…' is not decimal(4,2)",
    ]
    assert codes(mapped) == ["mapping.cast", "mapping.rounding", "mapping.cast", "mapping.cast"]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("int8", -(2**7), 2**7 - 1),
        ("int16", -(2**15), 2**15 - 1),
        ("int32", -(2**31), 2**31 - 1),
        ("int64", -(2**63), 2**63 - 1),
        ("uint8", 0, 2**8 - 1),
        ("uint16", 0, 2**16 - 1),
        ("uint32", 0, 2**32 - 1),
        ("uint64", 0, 2**64 - 1),
    ],
)
def test_whole_numbers_end_where_their_type_ends(name: str, low: int, high: int) -> None:
    values = [str(value) for value in (low - 1, low, high, high + 1)]
    for column in (texts(values), decimals(values, 30, 0), decimals(values, 60, 4)):
        mapped = cast(column, type=name)
        assert found(mapped) == [low, high]
        assert [fault.row for fault in mapped.faults] == [0, 3]
        assert all(name in reason for reason in reasons(mapped))


@pytest.mark.parametrize(
    "text",
    ["0x1F", "1_000", "１２", "1,000", "", " ", "--1", "1e", "nan", "Infinity", "NaN", "٣"],
)
def test_what_only_some_programs_call_a_number_is_none(text: str) -> None:
    for name in ("int32", "decimal(9,2)"):
        assert codes(cast(texts([text, "1"]), type=name)) == ["mapping.cast"]


@pytest.mark.parametrize("text", ["+5", " 5 ", "5.", "5.0", "0.5e1", "50E-1", "005", "\t5\n"])
def test_what_people_write_for_five_is_five(text: str) -> None:
    assert found(cast(texts([text]), type="int32")) == [5]
    assert found(cast(texts([text]), type="decimal(40,2)")) == [Decimal(5)]
    assert found(cast(texts([text]), type="float64")) == [5.0]


def test_huge_exponents_cost_nothing_and_are_refused() -> None:
    values = texts(["1e999999", "-1e999999", "1e-999999", "0e999999"])
    mapped = cast(values, type="decimal(38,2)")
    assert codes(mapped) == ["mapping.cast", "mapping.cast", "mapping.rounding"]
    assert found(mapped) == [Decimal(0)]
    assert found(cast(values.slice(2), type="int8", rounding="down")) == [0, 0]


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("#,##0.00", "1,234,567.80", "1234567.80"),
        ("#,##0.00", "-12.5", "-12.50"),
        ("#.##0,00", "1.234,5", "1234.50"),
        ("# ##0,00", "1 234,5", "1234.50"),
        ("0,00", "1234,5", "1234.50"),
        ("#,##0", "12,345", "12345.00"),
        ("#'##0.00", "12'345.6", "12345.60"),
    ],
)
def test_numbers_are_read_as_people_write_them(pattern: str, text: str, wanted: str) -> None:
    mapped = cast(texts([text]), type="decimal(12,2)", format=pattern)
    assert found(mapped) == [Decimal(wanted)]


@pytest.mark.parametrize(
    "text", ["12,34", "1,2345", ",123", "1,234.", "1.5", "12a", "", "1 234"]
)
def test_numbers_that_are_written_otherwise_are_refused(text: str) -> None:
    mapped = cast(texts([text]), type="decimal(12,2)", format="#,##0")
    assert codes(mapped) == ["mapping.cast"]


@pytest.mark.parametrize("pattern", ["%Y", "", "0.0.0", "#,##0,00", "1,234.00"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    if pattern:
        with pytest.raises(OptionsInvalidError, match="no format of a number"):
            cast(texts(["1"]), type="int32", format=pattern)


def test_numbers_are_written_as_a_pattern_has_it_and_lose_no_digit() -> None:
    values = decimals(["1234567.8912", "-1", "0.5", None], 20, 4)
    mapped = cast(values, type="string", format="#,##0.00")
    assert found(mapped) == ["1,234,567.8912", "-1.0000", "0.5000", None]
    assert found(cast(pa.array([1234, -5]), type="string", format="#.##0,00")) == [
        "1.234,00",
        "-5,00",
    ]


def test_numbers_become_plain_text() -> None:
    assert found(cast(decimals(["0.0000001", "-1", None], 20, 7), type="string")) == [
        "0.0000001",
        "-1.0000000",
        None,
    ]
    assert found(cast(pa.array([-5, 2**62]), type="string")) == ["-5", str(2**62)]
    assert found(cast(pa.array([True, False]), type="string")) == ["true", "false"]


def test_a_float_is_the_shortest_text_that_stands_for_it() -> None:
    assert found(cast(pa.array([0.1, 1e15, 1e-2]), type="decimal(18,2)")) == [
        Decimal("0.10"),
        Decimal(10**15),
        Decimal("0.01"),
    ]
    values = pa.array([0.1, float("nan"), float("inf"), 1e300])
    assert codes(cast(values, type="decimal(18,2)")) == ["mapping.cast"] * 3


def test_floats_are_the_nearest_there_are() -> None:
    assert found(cast(texts(["0.1", "nan", "-inf", "1e400", "x"]), type="float64"))[0] == 0.1
    mapped = cast(texts(["0.1", "nan", "-inf", "1e400", "x"]), type="float64")
    assert codes(mapped) == ["mapping.cast", "mapping.cast"]
    values = found(mapped)
    assert isinstance(values[1], float)
    assert math.isnan(values[1])
    assert values[2] == -math.inf
    assert found(cast(pa.array([2**53 + 1]), type="float64")) == [float(2**53 + 1)]
    narrow = cast(pa.array([1e39, math.inf, 1.5]), type="float32")
    assert found(narrow) == [math.inf, 1.5]
    assert codes(narrow) == ["mapping.cast"]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (texts(["true", "No", " 是", "否", "1", "maybe"]), [True, False, True, False, True]),
        (pa.array([1, 0, 2]), [True, False]),
        (pa.array([1.0, 0.0, 0.5]), [True, False]),
        (decimals(["1.00", "0.00", "0.10"], 5, 2), [True, False]),
    ],
)
def test_what_is_neither_yes_nor_no_is_refused(column: pa.Array, wanted: list[bool]) -> None:
    mapped = cast(column, type="bool")
    assert found(mapped) == wanted
    assert codes(mapped) == ["mapping.cast"]


def test_yes_and_no_become_one_and_zero() -> None:
    values = pa.array([True, False, None])
    assert found(cast(values, type="int8")) == [1, 0, None]
    assert found(cast(values, type="decimal(3,1)")) == [Decimal(1), Decimal(0), None]
    assert found(cast(values, type="float32")) == [1.0, 0.0, None]


_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=None).map(
    lambda number: number if abs(number.adjusted()) < 60 else Decimal(1)
)


@given(
    st.lists(st.none() | _NUMBERS, min_size=1, max_size=8),
    st.integers(1, 76).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p))),
    st.sampled_from(["half_up", "half_even", "down", "error"]),
    st.sampled_from(["f", ""]),
)
def test_decimals_are_what_python_makes_of_them(
    numbers: list[Decimal | None], fit: tuple[int, int], rounding: str, style: str
) -> None:
    precision, scale = fit
    written = [None if one is None else format(one, style) for one in numbers]
    rules = {"type": f"decimal({precision},{scale})", "rounding": rounding}
    mapped = cast(texts(written), **rules)
    account(mapped, len(numbers))
    wanted: list[Decimal | None] = []
    faults: list[str] = []
    for one in numbers:
        if one is None:
            wanted.append(None)
            continue
        mode = MODES.get(rounding, ROUND_DOWN)
        kept = one.quantize(Decimal(1).scaleb(-scale), mode, WIDE)
        if rounding == "error" and kept != one:
            faults.append("mapping.rounding")
        elif abs(kept) >= Decimal(10) ** (precision - scale):
            faults.append("mapping.cast")
        else:
            wanted.append(kept)
    assert found(mapped) == wanted
    assert codes(mapped) == faults


@given(
    st.lists(st.none() | st.integers(-(2**70), 2**70), min_size=1, max_size=8),
    st.sampled_from(["int8", "uint8", "int32", "uint64", "int64", "decimal(9,4)"]),
)
def test_a_value_is_judged_alone_whatever_its_neighbours(
    numbers: list[int | None], name: str
) -> None:
    written = texts([None if one is None else str(one) for one in numbers])
    together = cast(written, type=name)
    alone = [cast(written.slice(at, 1), type=name) for at in range(len(numbers))]
    assert found(together) == [value for mapped in alone for value in found(mapped)]
    assert reasons(together) == [reason for mapped in alone for reason in reasons(mapped)]


@given(st.lists(st.floats(width=64), min_size=1, max_size=8))
def test_floats_come_back_from_their_text(values: list[float]) -> None:
    written = cast(pa.array(values), type="string")
    back = cast(written.rows.column("x").cast(pa.string()), type="float64")
    assert back.faults == ()
    assert only({"from": "a", "type": "string"}, pa.array(values)).rows == written.rows


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_text_becomes_the_nearest_float(number: Decimal) -> None:
    mapped = cast(texts([format(number, "")]), type="float64")
    if math.isinf(float(number)):
        assert codes(mapped) == ["mapping.cast"]
    elif mapped.faults == ():
        assert found(mapped) == [float(number)]
    else:
        assert "float64" in reasons(mapped)[0]
