"""How large the company is, and the calendar and dice that all its systems share."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = 28
"""The day on which a company stands when it is built; its history lies before."""

_DAY_ZERO = date(2026, 1, 4)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers of rows on the first day. The defaults make some forty thousand in all."""

    materials: int = 2_000
    suppliers: int = 120
    orders: int = 8_000
    customers: int = 1_500
    contacts: int = 2_400
    reports_per_day: int = 180
    inspections_per_day: int = 40
    drop_days: int = 14

    def share(self, rows: int, one_in: int) -> int:
        """Return how many of `rows` a day touches: one in `one_in`, and never none."""
        return max(rows // one_in, 1)


def due(number: int, every: int) -> bool:
    """Tell whether the one in `every` with a fault has come; the same in every run.

    Example:
        >>> [number for number in range(1, 30) if due(number, 10)]
        [5, 15, 25]
    """
    return number % every == every // 2


def day_of(number: int) -> date:
    """Return the calendar date of a day number; numbers before zero lie in the past year."""
    return _DAY_ZERO + timedelta(days=number)


def dice(seed: int, *topic: str | int) -> random.Random:
    """Return a generator that depends on `seed` and `topic` alone.

    Every system and day rolls its own dice, so that a change in one never shifts another.

    Example:
        >>> dice(7, "erp", 3).randrange(1000) == dice(7, "erp", 3).randrange(1000)
        True
    """
    text = "/".join(map(str, (seed, *topic)))
    return random.Random(text)  # noqa: S311  rows of a demo, not secrets


def moment(roll: random.Random, day: int) -> str:
    """Return a time within the working hours of `day`, as `YYYY-MM-DD HH:MM:SS`."""
    second = roll.randrange(10 * 3600)
    hour, rest = divmod(second, 3600)
    return f"{day_of(day)} {8 + hour:02}:{rest // 60:02}:{rest % 60:02}"
