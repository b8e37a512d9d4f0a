"""Casts to dates and times: zones, changes of clocks, formats."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.mapping.mapping_samples import cast, codes, found, reasons, texts

from landbridge.data.types import INSTANT, TIME, TIMESTAMP
from landbridge.kernel.errors import OptionsInvalidError

SHANGHAI = "Asia/Shanghai"
ZONES = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
]


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  local by intent


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def local(*values: datetime | None) -> pa.Array:
    return pa.array(values, TIMESTAMP)


def test_a_local_time_is_meant_in_the_zone_that_is_stated() -> None:
    values = local(at(2024, 1, 5, 8), None)
    mapped = cast(values, type="timestamp_tz", time_zone=SHANGHAI)
    assert found(mapped) == [utc(2024, 1, 5), None]
    written = texts(["2024-01-05 08:00:00", "2024-01-05T08:00", None])
    mapped = cast(written, type="timestamp_tz", time_zone=SHANGHAI)
    assert found(mapped) == [utc(2024, 1, 5), utc(2024, 1, 5), None]


def test_a_text_with_an_offset_is_an_instant_of_its_own() -> None:
    written = texts(
        ["2024-01-05T08:00:00+08:00", "2024-01-05 00:00:00Z", "2024-01-05T00:00:00.5-0330"]
    )
    wanted = [utc(2024, 1, 5), utc(2024, 1, 5), utc(2024, 1, 5, 3, 30, 0, 500_000)]
    assert found(cast(written, type="timestamp_tz")) == wanted
    assert found(cast(written, type="timestamp_tz", time_zone="America/New_York")) == wanted
    assert found(cast(written, type="timestamp", time_zone=SHANGHAI))[0] == at(2024, 1, 5, 8)
    assert found(cast(written, type="date", time_zone="America/New_York"))[0] == date(
        2024, 1, 4
    )


def test_a_zone_that_is_needed_and_not_stated_is_asked_for() -> None:
    for column in (local(at(2024, 1, 5)), pa.array([date(2024, 1, 5)])):
        with pytest.raises(OptionsInvalidError, match="needs a time zone") as caught:
            cast(column, type="timestamp_tz")
        assert "Asia/Shanghai" in caught.value.hint
    for name in ("date", "time", "timestamp"):
        with pytest.raises(OptionsInvalidError, match="needs a time zone"):
            cast(pa.array([utc(2024, 1, 5)], INSTANT), type=name)
    with pytest.raises(OptionsInvalidError, match="needs a time zone"):
        cast(texts(["2024"]), type="timestamp_tz", format="%Y")
    mapped = cast(texts(["2024-01-05", "2024-01-05T00:00Z"]), type="timestamp_tz")
    assert reasons(mapped) == ["'2024-01-05' has no offset, and the field no time_zone"]
    mapped = cast(texts(["2024-01-05 08:00+08"]), type="timestamp")
    assert reasons(mapped) == [
        "'2024-01-05 08:00+08' has an offset, and the field no time_zone"
    ]


def test_a_local_time_that_clocks_leave_out_is_refused() -> None:
    values = local(at(2024, 3, 10, 1, 59), at(2024, 3, 10, 2, 30), at(2024, 3, 10, 3))
    mapped = cast(values, type="timestamp_tz", time_zone="America/New_York")
    assert found(mapped) == [utc(2024, 3, 10, 6, 59), utc(2024, 3, 10, 7)]
    assert reasons(mapped) == ["2024-03-10 02:30:00 does not exist in America/New_York"]


def test_a_local_time_that_clocks_bring_twice_is_the_first_of_them() -> None:
    values = local(at(2024, 11, 3, 1, 30), at(1986, 9, 14, 1, 30))
    mapped = cast(values, type="timestamp_tz", time_zone="America/New_York")
    assert found(mapped)[0] == utc(2024, 11, 3, 5, 30)
    mapped = cast(values, type="timestamp_tz", time_zone=SHANGHAI)
    # Shanghai kept summer time from 1986 to 1991.
    first = at(1986, 9, 14, 1, 30).replace(tzinfo=ZoneInfo(SHANGHAI))
    assert found(mapped)[1] == first.astimezone(UTC)


def test_an_instant_becomes_what_clocks_of_the_zone_show() -> None:
    values = pa.array([utc(2024, 1, 4, 16, 30), utc(2024, 11, 3, 6, 30)], INSTANT)
    rules = {"time_zone": SHANGHAI}
    assert found(cast(values, type="timestamp", **rules))[0] == at(2024, 1, 5, 0, 30)
    assert found(cast(values, type="date", **rules))[0] == date(2024, 1, 5)
    assert found(cast(values, type="time", **rules))[0] == time(0, 30)
    assert found(cast(values, type="timestamp", time_zone="America/New_York"))[1] == at(
        2024, 11, 3, 1, 30
    )


def test_dates_and_times_become_one_another() -> None:
    moments = local(at(2024, 2, 29, 23, 59, 59, 1), None)
    assert found(cast(moments, type="date")) == [date(2024, 2, 29), None]
    assert found(cast(moments, type="time")) == [time(23, 59, 59, 1), None]
    days = pa.array([date(1, 1, 1), date(9999, 12, 31)])
    assert found(cast(days, type="timestamp")) == [at(1, 1, 1), at(9999, 12, 31)]
    assert found(cast(days.slice(1), type="timestamp_tz", time_zone="UTC")) == [
        utc(9999, 12, 31)
    ]
    with pytest.raises(OptionsInvalidError, match="no cast from date to time"):
        cast(days, type="time")


def test_years_that_have_no_text_are_refused_wherever_they_appear() -> None:
    days = pa.array([-1_000_000, 0, 3_000_000], pa.int32()).cast(pa.date32())
    moments = pa.array([-(2**62), 0, 2**62]).cast(TIMESTAMP)
    for column in (days, moments):
        for name in ("string", "timestamp_tz"):
            mapped = cast(column, type=name, time_zone="UTC")
            assert [fault.row for fault in mapped.faults] == [0, 2]
    mapped = cast(local(at(1, 1, 1)), type="timestamp_tz", time_zone=SHANGHAI)
    assert reasons(mapped) == ["its year is outside of 1 to 9999"]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "2024-02-29 00:00:00", date(2024, 2, 29)),
        ("date", " 2024-02-29T10:11 ", date(2024, 2, 29)),
        ("timestamp", "2024-02-29", at(2024, 2, 29)),
        ("timestamp", "2024-02-29 01:02:03,5", at(2024, 2, 29, 1, 2, 3, 500_000)),
        ("timestamp", "2024-02-29 01:02:03.1234560", at(2024, 2, 29, 1, 2, 3, 123_456)),
        ("time", "08:30", time(8, 30)),
        ("time", "08:30:15.25", time(8, 30, 15, 250_000)),
    ],
)
def test_iso_texts_are_read(name: str, text: str, wanted: object) -> None:
    assert found(cast(texts([text]), type=name)) == [wanted]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2023-02-29"),
        ("date", "2024-2-9"),
        ("date", "20240229"),
        ("date", "2024/02/29"),
        ("date", "0000-01-01"),
        ("date", ""),
        ("date", "今天"),
        ("timestamp", "2024-02-29 24:00:00"),
        ("timestamp", "2024-02-29 23:59:60"),
        ("timestamp", "2024-02-29 1:02"),
        ("timestamp", "2024-02-29 01:02:03."),
        ("timestamp_tz", "2024-02-29T01:02+25:00"),
        ("time", "8:30"),
        ("time", "24:01"),
        ("time", "08:60"),
    ],
)
def test_texts_that_are_no_time_are_refused(name: str, text: str) -> None:
    good = {"time": "00:00", "timestamp_tz": "2024-01-01T00:00Z"}.get(name, "2024-01-01")
    for values in ([text], [good, text]):
        mapped = cast(texts(values), type=name)
        assert reasons(mapped) == [f"'{text}' is not {name}"]
        assert codes(mapped) == ["mapping.cast"]


def test_digits_below_a_microsecond_are_not_lost_silently() -> None:
    mapped = cast(texts(["2024-01-01 00:00:00.1234567"]), type="timestamp")
    assert codes(mapped) == ["mapping.rounding"]


def test_midnight_at_the_end_of_a_day_is_kept() -> None:
    mapped = cast(texts(["24:00", "24:00:00", "00:00"]), type="time")
    assert mapped.rows.column("x").cast(pa.int64()).to_pylist() == [86_400_000_000] * 2 + [0]
    ends = pa.array([86_400_000_000, 1]).cast(TIME)
    assert found(cast(ends, type="string")) == ["24:00:00", "00:00:00.000001"]


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("%Y年%m月%d日", "2024年2月29日", at(2024, 2, 29)),
        ("%Y/%m/%d %H:%M:%S", "2024/2/9 8:05:03", at(2024, 2, 9, 8, 5, 3)),
        ("%Y%m%d", "20240229", at(2024, 2, 29)),
        ("%Y%m%d%H%M%S", "20240229080503", at(2024, 2, 29, 8, 5, 3)),
        ("%d.%m.%y", "29.02.24", at(2024, 2, 29)),
        ("%d.%m.%y", "01.01.69", at(1969, 1, 1)),
        ("%Y-%m", "2024-05", at(2024, 5, 1)),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-01 00:00:00.5", at(2024, 1, 1, 0, 0, 0, 500_000)),
        ("%d %b %Y", "29 Feb 2024", at(2024, 2, 29)),
        ("%Y-%m-%d %I:%M %p", "2024-02-29 08:30 PM", at(2024, 2, 29, 20, 30)),
        ("%Y-%j", "2024-060", at(2024, 2, 29)),
        ("100%% %Y", "100% 2024", at(2024, 1, 1)),
    ],
)
def test_times_are_read_as_people_write_them(pattern: str, text: str, wanted: datetime) -> None:
    mapped = cast(texts([text, None]), type="timestamp", format=pattern)
    assert found(mapped) == [wanted, None]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%Y%m%d", "2024130"),
        ("%Y%m%d", "20240230"),
        ("%Y/%m/%d", "2023/02/29"),
        ("%Y/%m/%d", "2024/13/01"),
        ("%Y/%m/%d", "2024/01/01 10:00"),
        ("%Y/%m/%d", "24/01/01"),
        ("%Y/%m/%d", "２０２４/01/01"),
        ("%Y/%m/%d", ""),
        ("%Y/%m/%d %H:%M", "2024/01/01 24:00"),
        ("%d %b %Y", "30 Feb 2024"),
    ],
)
def test_times_that_are_written_otherwise_are_refused(pattern: str, text: str) -> None:
    mapped = cast(texts([text]), type="date", format=pattern)
    assert reasons(mapped) == [f"'{text}' is not date written as {pattern}"]


def test_a_format_may_bring_its_own_offset() -> None:
    written = texts(["2024-01-05 08:00 +0800"])
    mapped = cast(written, type="timestamp_tz", format="%Y-%m-%d %H:%M %z")
    assert found(mapped) == [utc(2024, 1, 5)]


@pytest.mark.parametrize("pattern", ["%Q", "Y-m-d", "%Y-%", "%H:%M"])
def test_a_pattern_that_is_no_date_is_refused(pattern: str) -> None:
    with pytest.raises(OptionsInvalidError, match=r"no format of a time|which year"):
        cast(texts(["2024"]), type="date", format=pattern)


def test_times_are_written_as_a_format_has_it() -> None:
    moments = local(at(987, 2, 9, 8, 5, 3, 7), None)
    assert found(cast(moments, type="string", format="%Y年%m月%d日")) == [
        "0987年02月09日",
        None,
    ]
    assert found(cast(moments, type="string")) == ["0987-02-09 08:05:03.000007", None]
    instants = pa.array([utc(2024, 1, 4, 16)], INSTANT)
    assert found(cast(instants, type="string")) == ["2024-01-04 16:00:00+00:00"]
    assert found(cast(instants, type="string", time_zone=SHANGHAI)) == ["2024-01-05 00:00:00"]
    assert found(
        cast(instants, type="string", time_zone=SHANGHAI, format="%Y/%m/%d %H:%M")
    ) == ["2024/01/05 00:00"]
    with pytest.raises(OptionsInvalidError, match="has no use"):
        cast(texts(["2024-01-05"]), type="string", format="%Y")


_LOCALS = st.datetimes(min_value=at(1, 1, 3), max_value=at(9999, 12, 29))
_NEAR = st.tuples(
    st.sampled_from([at(2024, 3, 10), at(2024, 11, 3), at(1986, 9, 14), at(2024, 10, 6)]),
    st.integers(-30 * 3600, 30 * 3600),
).map(lambda pair: pair[0] + timedelta(seconds=pair[1]))


@given(st.lists(_LOCALS | _NEAR, min_size=1, max_size=20), st.sampled_from(ZONES))
def test_instants_are_those_of_the_standard_library(values: list[datetime], zone: str) -> None:
    mapped = cast(local(*values), type="timestamp_tz", time_zone=zone)
    wanted: list[datetime] = []
    refused: list[int] = []
    for row, value in enumerate(values):
        instant = value.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == value:
            wanted.append(instant)
        else:
            refused.append(row)
    assert found(mapped) == wanted
    assert [fault.row for fault in mapped.faults] == refused
    assert all("does not exist" in reason for reason in reasons(mapped))


@given(st.lists(_LOCALS | _NEAR, min_size=1, max_size=20), st.sampled_from(ZONES))
def test_local_times_are_those_of_the_standard_library(
    values: list[datetime], zone: str
) -> None:
    instants = [value.replace(tzinfo=UTC) for value in values]
    mapped = cast(pa.array(instants, INSTANT), type="timestamp", time_zone=zone)
    assert found(mapped) == [
        instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in instants
    ]


@given(st.lists(_LOCALS, min_size=1, max_size=10), st.sampled_from([[], ["x"]]))
def test_a_time_comes_back_from_its_text(values: list[datetime], broken: list[str]) -> None:
    column = local(*values)
    written = cast(column, type="string").rows.column("x")
    written = pa.concat_arrays([written, texts(broken)])
    assert found(cast(written, type="timestamp")) == values
    zoned = [f"{value.isoformat()}+05:30" for value in values] + broken
    mapped = cast(texts(zoned), type="timestamp_tz")
    assert found(mapped) == [
        value.replace(tzinfo=UTC) - timedelta(hours=5, minutes=30) for value in values
    ]
    pattern = "%Y/%m/%d %H:%M:%S.%f"
    styled = cast(column, type="string", format=pattern).rows.column("x")
    assert found(cast(styled, type="timestamp", format=pattern)) == values
    days = cast(column, type="date").rows.column("x")
    compact = cast(days, type="string", format="%Y%m%d").rows.column("x")
    assert found(cast(compact, type="date", format="%Y%m%d")) == [one.date() for one in values]


@pytest.mark.parametrize("neighbour", [[], ["2024-01-05T00:00Z"], ["x"]])
def test_an_offset_that_leads_out_of_the_years_is_refused(neighbour: list[str]) -> None:
    edges = ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+08:00"]
    mapped = cast(texts([*edges, *neighbour]), type="timestamp_tz")
    assert reasons(mapped)[:2] == ["its year is outside of 1 to 9999"] * 2


@given(
    st.lists(
        st.sampled_from(["2024-01-05", "2024-02-30", "x", "", "2024-01-05T08:00+08:00"])
        | _NEAR.map(str)
        | _LOCALS.map(lambda value: f"{value.isoformat()}-05:00"),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["date", "timestamp", "timestamp_tz"]),
    st.sampled_from([None, "America/New_York"]),
)
def test_a_text_is_judged_alone_whatever_its_neighbours(
    values: list[str], name: str, zone: str | None
) -> None:
    rules = {"type": name} if zone is None else {"type": name, "time_zone": zone}
    together = cast(texts(values), **rules)
    alone = [cast(texts([value]), **rules) for value in values]
    assert found(together) == [value for mapped in alone for value in found(mapped)]
    assert reasons(together) == [reason for mapped in alone for reason in reasons(mapped)]
