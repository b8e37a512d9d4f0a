from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.connectors.postgres.moments import (
    DAYS,
    MICROSECONDS,
    from_driver,
    moment_text,
    to_server,
)
from landbridge.data.types import INSTANT, TIMESTAMP

INT64, INT32 = (1 << 63) - 1, (1 << 31) - 1


def wrapped(number: int, bits: int) -> int:
    return (number + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


@pytest.mark.parametrize("storage", [TIMESTAMP, INSTANT, pa.date32()])
def test_what_the_driver_wraps_comes_out_as_infinities(storage: pa.DataType) -> None:
    scale = DAYS if storage == pa.date32() else MICROSECONDS
    bits = scale.integers.bit_width
    ends = [scale.infinity, scale.minus_infinity]
    arrived = [wrapped(end + scale.epoch, bits) for end in ends]
    values = pa.array([arrived[0], None, 0, arrived[1], scale.first], scale.integers)

    found = from_driver(values.view(storage))

    assert found.type == storage
    assert found.view(scale.integers).to_pylist() == [ends[0], None, 0, ends[1], scale.first]


def test_a_null_that_hides_an_infinity_stays_null() -> None:
    low = wrapped(INT64 + MICROSECONDS.epoch, 64)
    hidden = pa.Array.from_buffers(
        TIMESTAMP,
        3,
        [
            pa.array([False, True, True]).buffers()[1],
            pa.array([low, low, 5], pa.int64()).buffers()[1],
        ],
    )
    assert from_driver(hidden).view(pa.int64()).to_pylist() == [None, INT64, 5]


def test_a_moment_that_wrapped_for_another_reason_is_not_guessed() -> None:
    late = wrapped(INT64 - 5 + MICROSECONDS.epoch, 64)
    with pytest.raises(ValueError, match="294246"):
        from_driver(pa.array([0, late], pa.int64()).view(TIMESTAMP))


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.integers(MICROSECONDS.first, INT64),
            st.sampled_from([INT64, -INT64 - 1, MICROSECONDS.first, INT64 - 1]),
        ),
        min_size=1,
    ),
    st.integers(0, 3),
)
def test_every_timestamp_goes_to_the_server_and_back(
    numbers: list[int | None], skipped: int
) -> None:
    values = pa.array([7] * skipped + numbers, pa.int64()).view(TIMESTAMP).slice(skipped)

    counted, outside = to_server(values)
    arrived = [
        None if number is None else wrapped(number + MICROSECONDS.epoch, 64)
        for number in counted.to_pylist()
    ]

    assert list(outside) == []
    back = from_driver(pa.array(arrived, pa.int64()).view(TIMESTAMP))
    assert back.view(pa.int64()).to_pylist() == numbers


def test_moments_outside_of_the_servers_range_are_named_by_row() -> None:
    below = pa.array([None, MICROSECONDS.first - 1, 0, -INT64], pa.int64()).view(INSTANT)
    _, rows = to_server(below)
    assert list(rows) == [1, 3]

    beyond = pa.array([2_145_042_906, 2_145_042_905, INT32, None], pa.int32())
    _, rows = to_server(beyond.view(pa.date32()))
    assert list(rows) == [0]


@given(st.datetimes())
def test_texts_of_common_timestamps_are_pythons(moment: datetime) -> None:
    number = pa.scalar(moment, TIMESTAMP).cast(pa.int64()).as_py()
    text = moment_text(number, TIMESTAMP)
    assert datetime.fromisoformat(text) == moment
    assert moment_text(number, INSTANT) == f"{text}+00"


@given(st.dates())
def test_texts_of_common_dates_are_pythons(day: date) -> None:
    number = pa.scalar(day).cast(pa.int32()).as_py()
    assert moment_text(number, pa.date32()) == day.isoformat()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2_932_897, "10000-01-01"),
        (2_145_042_905, "5874897-12-31"),
        (-719_163, "0001-12-31 BC"),
        (-719_528, "0001-01-01 BC"),
        (-719_529, "0002-12-31 BC"),
        (-2_440_588, "4714-11-24 BC"),
        (INT32, "infinity"),
        (-INT32 - 1, "-infinity"),
    ],
)
def test_texts_of_far_dates_are_postgresqls(number: int, text: str) -> None:
    assert moment_text(number, pa.date32()) == text
