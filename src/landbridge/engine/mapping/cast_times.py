"""Casts to dates, times of day, local times and instants."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIMESTAMP
from landbridge.engine.mapping.cast_numbers import Cast
from landbridge.engine.mapping.failures import (
    CAST,
    ROUNDING,
    Failures,
    Mask,
    ValueRefusedError,
    each_value,
    mask_of,
    mended,
    shown,
    without,
)
from landbridge.engine.mapping.kinds import Kind
from landbridge.engine.mapping.texts import FIRST_DAY, LAST_DAY, text_of
from landbridge.engine.mapping.time_format import TimeFormat
from landbridge.engine.mapping.zones import DAY_US, Integers, Zone
from landbridge.kernel.errors import OptionsInvalidError

_ISO = re.compile(
    r"(?P<local>\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d)?)?)?)"
    r"(?:(?<=:\d\d:\d\d)[.,](?P<fraction>\d+))?"
    r"\s?(?P<offset>Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DAY = r"^([1-9][0-9]{3}|0[1-9][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_WHOLE_LOCAL = f"{_DAY}([T ]{_CLOCK})?$"
_WHOLE_INSTANT = f"{_DAY}[T ]{_CLOCK}(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
"""ISO texts that Arrow can be trusted with, but for the last days of months."""

_ISO_TIME = re.compile(r"(?P<local>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d+))?", re.ASCII)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  local by intent
_DAY_END = frozenset({"24:00", "24:00:00"})
_FIRST_US, _END_US = FIRST_DAY * DAY_US, (LAST_DAY + 1) * DAY_US
_NO_YEAR = "its year is outside of 1 to 9999"
_MINUTE_US = 60_000_000
_PLACES = 6
_NO_TIME = ("date", "time")


@dataclass(frozen=True, slots=True)
class TimeCast:
    """A cast to one kind of time.

    Attributes:
        target: What is wanted.
        zone: Where times without a zone are meant, or None.
        format: How texts are written; ISO when None.
    """

    target: Kind
    zone: Zone | None
    format: TimeFormat | None

    def of(self, source: Kind, place: str) -> Cast | None:
        """Return the cast from a kind, or None when there is none.

        Raises:
            OptionsInvalidError: A time zone is needed and not stated.
        """
        if source.is_text:
            return self._of_text(place)
        wanted = self.target.logical
        if source.logical == wanted:
            return lambda values, _: values
        if source.logical == "instant":
            return self._of_instant(source, self._needed(source, place))
        if source.logical not in {"date", "timestamp"} or (source.logical, wanted) == _NO_TIME:
            return None
        if wanted == "instant":
            self._needed(source, place)
        return lambda values, failures: self._of_local(values, source, failures)

    def _needed(self, source: Kind, place: str) -> Zone:
        if self.zone is None:
            raise OptionsInvalidError(
                f"{place}: {source.name} to {self.target.name} needs a time zone",
                hint="say where the times were meant, such as time_zone: Asia/Shanghai",
            )
        return self.zone

    def _of_instant(self, source: Kind, zone: Zone) -> Cast:
        def cast(values: pa.Array, failures: Failures) -> pa.Array:
            numbers, missing = _integers(values)
            said = _saying(values, source)
            wrong = _outside(numbers) & ~missing
            local, none = zone.locals_of(np.where(wrong, 0, numbers))
            wrong |= none & ~missing
            failures.add_where(wrong, CAST, lambda row: f"{said(row)}: {_NO_YEAR}")
            return self._settled(local, missing | wrong, said, failures)

        return cast

    def _of_local(self, values: pa.Array, source: Kind, failures: Failures) -> pa.Array:
        numbers, missing = _integers(values)
        wrong = np.zeros(len(values), dtype=np.bool_)
        if source.logical == "date":
            wrong = ((numbers < FIRST_DAY) | (numbers > LAST_DAY)) & ~missing
            failures.add_where(wrong, CAST, lambda _: _NO_YEAR)
            numbers = np.where(wrong, 0, numbers) * DAY_US
        return self._settled(numbers, missing | wrong, _saying(values, source), failures)

    def _settled(
        self, local: Integers, missing: Mask, said: Callable[[int], str], failures: Failures
    ) -> pa.Array:
        """Return local times as the target, the zone applied where it wants an instant."""
        wrong = _outside(local) & ~missing
        failures.add_where(wrong, CAST, lambda row: f"{said(row)}: {_NO_YEAR}")
        found = np.where(missing | wrong, 0, local)
        zone, numbers = self.zone, found
        if self.target.logical == "instant" and zone is not None:
            found, none = zone.instants_of(found)
            none &= ~(missing | wrong)
            failures.add_where(none, CAST, lambda row: zone.why_not(int(numbers[row])))
            wrong |= none
        return self._stored(found, missing | wrong)

    def _stored(self, found: Integers, missing: Mask) -> pa.Array:
        if self.target.logical == "date":
            days = (found // DAY_US).astype(np.int32)
            return pa.array(days, mask=missing).cast(self.target.storage)
        if self.target.logical == "time":
            found = found % DAY_US
        return pa.array(found, mask=missing).cast(self.target.storage)

    def _of_text(self, place: str) -> Cast:
        if self.format is None:
            return self._of_iso_time if self.target.logical == "time" else self._of_iso
        if self.target.logical != "time":
            self.format.check_reads_date(place)
        if self.target.logical == "instant" and "z" not in self.format.directives:
            self._needed(Kind(pa.string(), "text"), place)
        return self._of_numbers if self.format.numbers is not None else self._of_named

    def _of_numbers(self, values: pa.Array, failures: Failures) -> pa.Array:
        assert self.format is not None  # noqa: S101  chosen by the caller
        local, unread = self.format.read_all(values)
        missing = np.asarray(values.is_null())
        pattern = self.format.pattern
        failures.add_where(
            unread & ~missing,
            CAST,
            lambda row: (
                f"{shown(values[row].as_py())} is not {self.target.name} written as {pattern}"
            ),
        )
        return self._settled(local, missing | unread, _quoting(values), failures)

    def _of_named(self, values: pa.Array, failures: Failures) -> pa.Array:
        assert self.format is not None  # noqa: S101  chosen by the caller
        layout = self.format

        def convert(value: object) -> int:
            try:
                local, offset = layout.read(str(value))
            except ValueRefusedError as error:
                raise ValueRefusedError(
                    f"{shown(value)} is not {self.target.name} written as {layout.pattern}"
                ) from error
            return self._one(local, offset, value)

        return each_value(values, self.target.storage, convert, failures)

    def _of_iso(self, values: pa.Array, failures: Failures) -> pa.Array:
        def convert(value: object) -> int:
            return self._one(*self._read_iso(str(value)), value)

        zoned = self.target.logical == "instant"
        pattern = _WHOLE_INSTANT if zoned and self.zone is None else _WHOLE_LOCAL
        rest = _unmatched(values, pattern)
        if zoned and self.zone is not None and rest.all():
            pattern, rest = _WHOLE_INSTANT, _unmatched(values, _WHOLE_INSTANT)
        try:
            made = self._by_arrow(without(values, rest), pattern, failures)
        except pa.ArrowInvalid:
            # A day that its month has not.
            return each_value(values, self.target.storage, convert, failures)
        return mended(made, values, rest, convert, failures)

    def _by_arrow(self, values: pa.Array, pattern: str, failures: Failures) -> pa.Array:
        if pattern == _WHOLE_INSTANT:
            made = values.cast(INSTANT)
            wrong = _outside(_integers(made)[0])
            failures.add_where(wrong, CAST, lambda _: _NO_YEAR)
            return without(made, wrong)
        numbers, missing = _integers(values.cast(TIMESTAMP))
        return self._settled(numbers, missing, _quoting(values), failures)

    def _read_iso(self, text: str) -> tuple[int, int | None]:
        wrong = ValueRefusedError(f"{shown(text)} is not {self.target.name}")
        found = _ISO.fullmatch(text.strip())
        if found is None:
            raise wrong
        try:
            moment = datetime.fromisoformat(found["local"])
            offset = _offset(found["offset"])
        except ValueError as error:
            raise wrong from error
        local = (moment - _EPOCH) // timedelta(microseconds=1)
        return local + self._fraction(found["fraction"], text), offset

    def _fraction(self, digits: str | None, text: str) -> int:
        kept = (digits or "")[:_PLACES].ljust(_PLACES, "0")
        if (digits or "")[_PLACES:].strip("0"):
            raise ValueRefusedError(
                f"{shown(text)} has digits below a microsecond, which {self.target.name} "
                "does not keep",
                ROUNDING,
            )
        return int(kept)

    def _one(self, local: int, offset: int | None, value: object) -> int:
        """Return one time as the integer of the target's storage."""
        wanted = self.target.logical
        if wanted == "instant":
            if offset is not None:
                if not _FIRST_US <= local - offset < _END_US:
                    raise ValueRefusedError(_NO_YEAR)
                return local - offset
            if self.zone is None:
                raise ValueRefusedError(
                    f"{shown(value)} has no offset, and the field no time_zone"
                )
            return self.zone.instant_of(local)
        if offset is not None:
            if self.zone is None:
                raise ValueRefusedError(
                    f"{shown(value)} has an offset, and the field no time_zone"
                )
            local = self.zone.local_of(local - offset)
        if wanted == "date":
            return local // DAY_US
        return local % DAY_US if wanted == "time" else local

    def _of_iso_time(self, values: pa.Array, failures: Failures) -> pa.Array:
        def convert(value: object) -> int:
            wrong = ValueRefusedError(f"{shown(value)} is not time")
            text = str(value).strip()
            if text in _DAY_END:
                return DAY_US
            found = _ISO_TIME.fullmatch(text)
            if found is None:
                raise wrong
            try:
                clock = time.fromisoformat(found["local"])
            except ValueError as error:
                raise wrong from error
            seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
            return seconds * 1_000_000 + self._fraction(found["fraction"], text)

        return each_value(values, self.target.storage, convert, failures)


def _offset(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004  of a clock
        raise ValueError(text)
    size = (hours * 60 + minutes) * _MINUTE_US
    return -size if text.startswith("-") else size


def _integers(values: pa.Array) -> tuple[Integers, Mask]:
    """Times as their integers, and which are null."""
    storage = pa.int32() if pa.types.is_date32(values.type) else pa.int64()
    filled = values.cast(storage).fill_null(0)
    missing = np.asarray(values.is_null())
    return filled.to_numpy(zero_copy_only=False).astype(np.int64), missing


def _unmatched(values: pa.Array, pattern: str) -> Mask:
    matched = pc.match_substring_regex(values, pattern)
    return ~mask_of(matched.fill_null(True))  # noqa: FBT003  Arrow's positional argument


def _outside(microseconds: Integers) -> Mask:
    return (microseconds < _FIRST_US) | (microseconds >= _END_US)


def _quoting(values: pa.Array) -> Callable[[int], str]:
    return lambda row: shown(values[row].as_py())


def _saying(values: pa.Array, source: Kind) -> Callable[[int], str]:
    def said(row: int) -> str:
        text = text_of(values.slice(row, 1), source, Failures())[0].as_py()
        return str(text) if text is not None else str(values[row].value)

    return said


def written_times(
    values: pa.Array, source: Kind, layout: TimeFormat, failures: Failures
) -> pa.Array:
    """Return times as text of a format; an instant is written in UTC."""

    def convert(value: object) -> str:
        number = int(str(value))
        if source.logical == "time" and number >= DAY_US:
            raise ValueRefusedError(f"24:00 cannot be written as {layout.pattern}")
        try:
            step = (
                timedelta(days=number)
                if source.logical == "date"
                else timedelta(microseconds=number)
            )
            moment = _EPOCH + step
        except OverflowError as error:
            raise ValueRefusedError(_NO_YEAR) from error
        return layout.written(moment)

    integers = values.cast(pa.int32() if source.logical == "date" else pa.int64())
    return each_value(integers, pa.string(), convert, failures)
