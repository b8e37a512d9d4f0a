"""Dates and times between Arrow and ISO 8601 text, any year, whole columns at a time."""

import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIME, TIMESTAMP

Unit = Literal["us", "D"]

_FIRST_US = -62135596800000000  # 0001-01-01
_END_US = 253402300800000000  # 10000-01-01
_FIRST_DAY, _END_DAY = -719162, 2932897
_ZONE = re.compile(r"(.*\d:\d\d(?:\.\d+)?)\s*(?:[Zz]|([+-])(\d\d):?(\d\d)?)")
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?")
_DAY_US = 86_400_000_000
_YEAR_DIGITS = 4


def timestamps(texts: pa.Array) -> pa.Array:
    """Return timestamps without a zone.

    Raises:
        ValueError: A text is no timestamp, or carries a zone.
    """
    try:
        return texts.cast(TIMESTAMP)
    except pa.ArrowInvalid:
        return _far(texts, "us").cast(TIMESTAMP)


def instants(texts: pa.Array) -> pa.Array:
    """Return instants of texts that say their offset.

    Raises:
        ValueError: A text is no timestamp, or carries no offset.
    """
    try:
        return texts.cast(INSTANT)
    except pa.ArrowInvalid:
        pass
    local: list[str | None] = []
    shifts: list[int | None] = []
    for text in texts.to_pylist():
        found = None if text is None else _ZONE.fullmatch(text)
        if text is not None and found is None:
            raise ValueError("a timestamp without an offset")
        local.append(found and found[1])
        minutes = int(found[3] or 0) * 60 + int(found[4] or 0) if found else 0
        shifts.append(-minutes if found and found[2] == "-" else minutes)
    shift = pc.multiply(pa.array(shifts, pa.int64()), 60_000_000)
    at = timestamps(pa.array(local, pa.string())).cast(pa.int64())
    return pc.subtract_checked(at, shift).cast(INSTANT)


def dates(texts: pa.Array) -> pa.Array:
    """Return dates.

    Raises:
        ValueError: A text is no date.
    """
    try:
        return texts.cast(pa.date32())
    except pa.ArrowInvalid:
        return _far(texts, "D").cast(pa.int32()).cast(pa.date32())


def times(texts: pa.Array) -> pa.Array:
    """Return times of day, up to 24:00.

    Raises:
        ValueError: A text is no time of day.
    """
    values = [None if text is None else _clock(text) for text in texts.to_pylist()]
    return pa.array(values, pa.int64()).cast(TIME)


def timestamp_texts(values: pa.Array) -> pa.Array:
    """Return `YYYY-MM-DD hh:mm:ss.ffffff`, years beyond four digits with a sign."""
    plain = values.cast(pa.int64())
    if _within(plain, _FIRST_US, _END_US):
        return plain.cast(TIMESTAMP).cast(pa.string())
    return pa.array(
        [text and text.replace("T", " ") for text in _written(plain, "us")], pa.string()
    )


def instant_texts(values: pa.Array) -> pa.Array:
    """Return the same in UTC, with its offset."""
    return pc.binary_join_element_wise(timestamp_texts(values), "+00:00", "")


def date_texts(values: pa.Array) -> pa.Array:
    """Return `YYYY-MM-DD`."""
    days = values.cast(pa.int32())
    if _within(days, _FIRST_DAY, _END_DAY):
        return values.cast(pa.string())
    return pa.array(_written(days, "D"), pa.string())


def time_texts(values: pa.Array) -> pa.Array:
    """Return `hh:mm:ss.ffffff`."""
    texts: list[str | None] = []
    for value in values.cast(pa.int64()).to_pylist():
        if value is None:
            texts.append(None)
            continue
        secs, micros = divmod(value, 1_000_000)
        texts.append(f"{secs // 3600:02}:{secs // 60 % 60:02}:{secs % 60:02}.{micros:06}")
    return pa.array(texts, pa.string())


def _within(values: pa.Array, first: int, end: int) -> bool:
    ends = pc.min_max(values)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is None or (low >= first and high < end)


def _far(texts: pa.Array, unit: Unit) -> pa.Array:
    """Parse years that Arrow does not: before 1 or after 9999."""
    values = texts.to_pylist()
    for text in values:
        if text is not None and (_ZONE.fullmatch(text) or not text.lstrip("+-")[:4].isdigit()):
            raise ValueError("not a date")
    plain = [None if text is None else _rounded(text, unit) for text in values]
    parsed = np.array([text or "NaT" for text in plain], dtype=f"datetime64[{unit}]")
    numbers = parsed.astype(np.int64)
    return pa.array(numbers, pa.int64(), mask=np.isnat(parsed))


def _rounded(text: str, unit: Unit) -> str:
    fraction = text.partition(".")[2]
    if len(fraction) > 6 or (unit == "D" and ":" in text):  # noqa: PLR2004  microseconds
        raise ValueError("more precise than the column")
    return text.removeprefix("+")


def _written(values: pa.Array, unit: Unit) -> list[str | None]:
    """Write years that Arrow does not, with a sign and at least four digits."""
    plain = values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = np.datetime_as_string(plain.astype(f"datetime64[{unit}]"), unit=unit)
    valid = values.is_valid().to_pylist()
    return [
        _signed(str(text)) if kept else None for text, kept in zip(texts, valid, strict=True)
    ]


def _signed(text: str) -> str:
    sign, year = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits, dash, rest = year.partition("-")
    sign = sign or ("+" if len(digits) > _YEAR_DIGITS else "")
    return f"{sign}{digits.zfill(_YEAR_DIGITS)}{dash}{rest}"


def _clock(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError("not a time of day")
    hours, minutes, secs = int(found[1]), int(found[2]), int(found[3] or 0)
    micros = int((found[4] or "").ljust(6, "0"))
    total = ((hours * 60 + minutes) * 60 + secs) * 1_000_000 + micros
    if minutes > 59 or secs > 59 or total > _DAY_US:  # noqa: PLR2004  a clock
        raise ValueError("not a time of day")
    return total
