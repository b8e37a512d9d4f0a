"""How people write dates and times: a pattern of `%Y`, `%m`, `%d` and so on."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.engine.mapping.failures import Mask, ValueRefusedError, mask_of
from landbridge.engine.mapping.zones import DAY_US, Integers
from landbridge.kernel.errors import OptionsInvalidError

_DIRECTIVE = re.compile(r"%(.)|([^%]+)|(%)$", re.DOTALL)
_WIDTHS = {"Y": "{4}", "y": "{2}", "f": "{1,6}"}
_NUMERIC = frozenset("YmdHMSfy")
_NAMED = frozenset("bBaApIjz%")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  local by intent
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_CENTURY_TURNS = 69


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A pattern of directives.

    Attributes:
        pattern: As it stands in the document.
        directives: Letters of its directives.
        numbers: Regular expression that takes it apart, when it has numbers alone.
    """

    pattern: str
    directives: frozenset[str]
    numbers: str | None

    @classmethod
    def of(cls, pattern: str, place: str) -> "TimeFormat":
        """Return the format that a pattern describes.

        Raises:
            OptionsInvalidError: It has a directive that is not known.
        """
        found = list(_DIRECTIVE.finditer(pattern))
        letters = [part[1] for part in found if part[1]]
        unknown = [letter for letter in letters if letter not in _NUMERIC | _NAMED]
        if unknown or not letters or any(part[3] for part in found):
            raise OptionsInvalidError(
                f"{place}: {pattern} is no format of a time"
                + (f": %{unknown[0]} is not known" if unknown else ""),
                hint="write for example %Y-%m-%d %H:%M:%S",
            )
        plain = set(letters) <= _NUMERIC and len(set(letters)) == len(letters)
        numbers = _expression(found) if plain and not {"Y", "y"} <= set(letters) else None
        return cls(pattern, frozenset(letters), numbers)

    def check_reads_date(self, place: str) -> None:
        """Refuse a pattern that does not say which year it is.

        Raises:
            OptionsInvalidError: It does not.
        """
        if self.directives.isdisjoint("Yy"):
            raise OptionsInvalidError(
                f"{place}: {self.pattern} does not say which year it is",
                hint="write for example %Y-%m-%d",
            )

    def read_all(self, values: pa.Array) -> tuple[Integers, Mask]:
        """Return local times in microseconds, and which texts are none; numbers only."""
        parts = pc.extract_regex(values, self.numbers)
        valid = mask_of(parts.is_valid())
        found: dict[str, Integers] = {}
        for at, field in enumerate(parts.type):
            text = pc.if_else(pa.array(valid), parts.field(at), pa.scalar("0"))
            if field.name == "f":
                text = pc.utf8_rpad(text, 6, "0")
            found[field.name] = np.asarray(text.cast(pa.int64()))
        local, real = _moments(found, len(values))
        return local, ~(valid & real)

    def read(self, text: str) -> tuple[int, int | None]:
        """Return the local time and the offset, if there is one, in microseconds.

        Raises:
            ValueRefusedError: The text is not written so.
        """
        try:
            moment = datetime.strptime(text.strip(), self.pattern)  # noqa: DTZ007  the zone is looked at below
        except ValueError as error:
            raise ValueRefusedError("") from error
        offset = moment.utcoffset()
        local = (moment.replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)
        return local, None if offset is None else offset // timedelta(microseconds=1)

    def written(self, moment: datetime) -> str:
        """Return a time as the pattern has it, years with four digits."""
        return moment.strftime(
            _DIRECTIVE.sub(
                lambda part: f"{moment.year:04}" if part[1] == "Y" else part[0], self.pattern
            )
        )


def _expression(found: list[re.Match[str]]) -> str:
    """Numbers that touch have their full width, so that a text has one reading."""
    made = [r"^\s*"]
    for at, part in enumerate(found):
        letter = part[1]
        if not letter:
            made.append(_escaped(part[2]))
            continue
        before = found[at - 1] if at else None
        after = found[at + 1] if at + 1 < len(found) else None
        touches = _digit(before, last=True) or _digit(after, last=False)
        width = _WIDTHS.get(letter, "{2}" if touches else "{1,2}")
        made.append(f"(?P<{letter}>[0-9]{width})")
    return "".join([*made, r"\s*$"])


def _digit(part: re.Match[str] | None, *, last: bool) -> bool:
    if part is None:
        return False
    return bool(part[1]) or part[2][-1 if last else 0].isdigit()


def _escaped(text: str) -> str:
    pieces = re.split(r"(\s+)", text)
    return "".join(r"\s+" if piece.isspace() else re.escape(piece) for piece in pieces)


def _moments(found: dict[str, Integers], rows: int) -> tuple[Integers, Mask]:
    def part(letter: str, otherwise: int) -> Integers:
        return found.get(letter, np.full(rows, otherwise, dtype=np.int64))

    short = part("y", 70)
    year = (
        part("Y", 0) if "Y" in found else short + np.where(short < _CENTURY_TURNS, 2000, 1900)
    )
    month, day = part("m", 1), part("d", 1)
    hour, minute, second = part("H", 0), part("M", 0), part("S", 0)
    named = np.clip(month, 1, 12) - 1
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS[named] + (leap & (named == 1))
    real = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last)  # noqa: PLR2004  months
    real &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004  of a clock
    seconds = (hour * 60 + minute) * 60 + second
    local = _days(year, month, day) * DAY_US + seconds * 1_000_000 + part("f", 0)
    return local, real


def _days(year: Integers, month: Integers, day: Integers) -> Integers:
    """Days since 1970; the year is counted from March, so that a leap day is its last."""
    shifted = year - (month <= 2)  # noqa: PLR2004  January and February
    era, of_era = shifted // 400, shifted % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
