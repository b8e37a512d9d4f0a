"""Local times and instants, whole columns at a time, exactly as `zoneinfo` has them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from landbridge.engine.mapping.failures import Mask, ValueRefusedError

Integers = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
_KNOWN_DAYS = 100_000
_UNKNOWN = -1
_PROBED = range(-36, 61, 12)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  local by intent
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Zone:
    """A time zone, with the days it has been asked for.

    A local time that a change of clocks leaves out is refused. One that it brings twice is
    taken as the first of the two.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._local_days: dict[int, int | None] = {}
        self._instant_days: dict[int, int | None] = {}

    def instants_of(self, local: Integers) -> tuple[Integers, Mask]:
        """Return instants of local times in microseconds since 1970, and which are none."""
        return self._each_day(local, to_instant=True)

    def locals_of(self, instants: Integers) -> tuple[Integers, Mask]:
        """Return local times of instants in microseconds since 1970, and which have none."""
        return self._each_day(instants, to_instant=False)

    def instant_of(self, local: int) -> int:
        """Return the instant of one local time.

        Raises:
            ValueRefusedError: The time does not exist there, or its year is not 1 to 9999.
        """
        try:
            moment = _EPOCH + timedelta(microseconds=local)
            offset = moment.replace(tzinfo=self._zone).utcoffset() or timedelta()
            instant = moment - offset
            back = instant.replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)
        except (OverflowError, ValueError) as error:
            raise ValueRefusedError("its year is outside of 1 to 9999") from error
        if back != moment:
            raise ValueRefusedError(f"{moment} does not exist in {self.name}")
        return (instant - _EPOCH) // _MICROSECOND

    def why_not(self, local: int) -> str:
        """Return why a local time has no instant."""
        try:
            self.instant_of(local)
        except ValueRefusedError as error:
            return str(error)
        return ""

    def local_of(self, instant: int) -> int:
        """Return the local time of one instant.

        Raises:
            ValueRefusedError: Its year is not 1 to 9999.
        """
        try:
            moment = (_EPOCH_UTC + timedelta(microseconds=instant)).astimezone(self._zone)
        except (OverflowError, ValueError) as error:
            raise ValueRefusedError("its year is outside of 1 to 9999") from error
        return (moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND

    def _each_day(self, times: Integers, *, to_instant: bool) -> tuple[Integers, Mask]:
        """Move by one offset where a day has one; ask time by time where clocks change."""
        days, where = np.unique(times // DAY_US, return_inverse=True)
        known = self._local_days if to_instant else self._instant_days
        offsets = np.zeros(len(days), dtype=np.int64)
        changing = np.zeros(len(days), dtype=np.bool_)
        for at, day in enumerate(days.tolist()):
            # Other threads may forget days meanwhile, so each is asked for once.
            offset = known.get(day, _UNKNOWN)
            if offset == _UNKNOWN:
                offset = known[day] = self._offset_of_day(day)
            changing[at] = offset is None
            offsets[at] = offset or 0
        moved = times - offsets[where] if to_instant else times + offsets[where]
        if len(known) > _KNOWN_DAYS:
            known.clear()
        wrong = np.zeros(len(times), dtype=np.bool_)
        one = self.instant_of if to_instant else self.local_of
        for row in np.flatnonzero(changing[where]).tolist():
            try:
                moved[row] = one(int(times[row]))
            except ValueRefusedError:
                wrong[row] = True
        return moved, wrong

    def _offset_of_day(self, day: int) -> int | None:
        """Return the offset that holds from the day before to the day after, if one does.

        The day may be one of local time or of UTC: zones are less than a day apart.
        """
        found: set[timedelta | None] = set()
        try:
            start = _EPOCH + timedelta(days=day)
            for hours in _PROBED:
                moment = (start + timedelta(hours=hours)).replace(tzinfo=self._zone)
                found.add(moment.utcoffset())
        except OverflowError:
            return None
        if len(found) != 1:
            return None
        offset = found.pop() or timedelta()
        return offset // _MICROSECOND
