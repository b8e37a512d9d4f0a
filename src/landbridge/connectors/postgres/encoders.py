"""Whole columns turned into what binary COPY carries, and the values a target cannot hold.

An encoder returns the column to send and the rows it refuses with the reason. Types that
binary COPY would need their own encoding for travel as text and are cast by the server.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.postgres.moments import integers_of, to_server
from landbridge.data.uuids import uuid_text

Refused = Mapping[int, str]
Encoder = Callable[[pa.Array], tuple[pa.Array, Refused]]

NONE: Refused = {}
_JSONB_VERSION = b"\x01"


def unchanged(values: pa.Array) -> tuple[pa.Array, Refused]:
    """Send the column as it is."""
    return values, NONE


def moments(values: pa.Array) -> tuple[pa.Array, Refused]:
    """Dates and timestamps, as PostgreSQL counts them."""
    counted, outside = to_server(values)
    reason = "outside of 4714 BC to 294276 AD (5874897 AD for dates)"
    return counted, {int(row): reason for row in outside}


def times(values: pa.Array) -> tuple[pa.Array, Refused]:
    """Times of day are microseconds in both."""
    return values.view(pa.int64()), NONE


def jsonb(values: pa.Array) -> tuple[pa.Array, Refused]:
    """The binary form is the text behind a version."""
    version, nothing = pa.scalar(_JSONB_VERSION), pa.scalar(b"")
    text = values.cast(pa.binary())
    return pc.binary_join_element_wise(version, text, nothing), NONE


def uuids_as_text(values: pa.Array) -> tuple[pa.Array, Refused]:
    """UUIDs for a column of texts."""
    return uuid_text(values), NONE


def cast_to(storage: pa.DataType) -> Encoder:
    """Return what changes the storage and refuses values that have no equal there."""

    def encode(values: pa.Array) -> tuple[pa.Array, Refused]:
        try:
            return values.cast(storage), NONE
        except pa.ArrowInvalid:
            rows = _uncastable(values, storage, 0)
            return values, dict.fromkeys(rows, f"no equal value as {storage}")

    return encode


def as_float32(values: pa.Array) -> tuple[pa.Array, Refused]:
    """Doubles that are singles; any other would come back changed."""
    narrow = pc.cast(values, pa.float32(), safe=False)
    back = pc.cast(narrow, pa.float64())
    changed = pc.and_(pc.not_equal(back, values), pc.invert(pc.is_nan(values)))
    return narrow, _refused(changed, "no equal value as float")


def at_most_characters(length: int) -> Encoder:
    """Return what refuses longer texts, which COPY would cut where they end in blanks."""

    def encode(values: pa.Array) -> tuple[pa.Array, Refused]:
        longest = pc.max(pc.binary_length(values)).as_py()
        if longest is None or longest <= length:
            return values, NONE
        over = pc.greater(pc.utf8_length(values), length)
        return values, _refused(over, f"longer than {length} characters")

    return encode


def at_most_digits(digits: int) -> Encoder:
    """Return what refuses fractions of a second that the column would round."""
    unit = 10 ** (6 - digits)

    def encode(values: pa.Array) -> tuple[pa.Array, Refused]:
        numbers = integers_of(values, pa.int64())
        valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(valid & (numbers % unit != 0) & (np.abs(numbers) < _ENDS))
        return values, {int(row): f"more than {digits} digits of a second" for row in rows}

    return encode


_ENDS = (1 << 63) - 1


def at_most_scale(scale: int) -> Encoder:
    """Return what refuses decimal texts that the column would round."""
    longer = rf"\.\d{{{scale}}}\d*[1-9]"

    def encode(values: pa.Array) -> tuple[pa.Array, Refused]:
        over = pc.match_substring_regex(values, longer)
        return values, _refused(over, f"more than {scale} decimals")

    return encode


def without_negative_zero(values: pa.Array) -> tuple[pa.Array, Refused]:
    """Decimal texts; a zero that has a sign would come back without it."""
    signed = pc.match_substring_regex(values, r"^-0*\.?0*([eE].*)?$")
    return values, _refused(signed, "-0, whose sign numeric does not keep")


def chained(*encoders: Encoder) -> Encoder:
    """Return one encoder that applies several; the first that refuses ends it."""

    def encode(values: pa.Array) -> tuple[pa.Array, Refused]:
        for step in encoders:
            values, refused = step(values)
            if refused:
                return values, refused
        return values, NONE

    return encode


def rows_with_nul(columns: Sequence[pa.Array]) -> Refused:
    """Return the rows whose texts hold a NUL character, which PostgreSQL cannot store."""
    found: dict[int, str] = {}
    for values in columns:
        if pa.types.is_string(values.type):
            holds = pc.match_substring(values, "\0")
            found |= _refused(holds, "a NUL character, which PostgreSQL text cannot hold")
    return found


def _refused(mask: pa.Array, reason: str) -> dict[int, str]:
    rows = np.flatnonzero(pc.fill_null(mask, pa.scalar(value=False)))
    return {int(row): reason for row in rows}


def _uncastable(values: pa.Array, storage: pa.DataType, start: int) -> list[int]:
    """Rows that cannot be cast, by halves: most batches have few."""
    try:
        values.cast(storage)
    except pa.ArrowInvalid:
        if len(values) == 1:
            return [start]
        half = len(values) // 2
        first = _uncastable(values.slice(0, half), storage, start)
        return first + _uncastable(values.slice(half), storage, start + half)
    return []
