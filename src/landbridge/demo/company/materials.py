"""The material master, the one thing that all systems of the company speak about."""

import random
from dataclasses import dataclass

from landbridge.demo.company.scale import dice, due
from landbridge.demo.company.words import CATEGORIES, UNITS, cents, wide

UNPRICED_EVERY = 331
"""One material in so many has a word where its price should stand."""

CARELESS_EVERY = 97
"""One material in so many has its category in small letters."""


@dataclass(frozen=True, slots=True)
class Material:
    """One material as the ERP's clerks entered it."""

    number: int
    name: str
    category: str
    unit: str
    price: str

    @property
    def code(self) -> str:
        """The code in the ERP, `MAT-0042`."""
        return erp_code(self.number)


def erp_code(number: int) -> str:
    """Return how the ERP writes a material.

    Example:
        >>> erp_code(42)
        'MAT-0042'
    """
    return f"MAT-{number:04}"


def code_as_typed(roll: random.Random, number: int) -> str:
    """Return how the MES writes a material: `42`, `0042`, `４２`, or with a stray space."""
    plain = str(number)
    ways = (plain, plain, plain, f"{number:04}", f"{number:06}", wide(plain), f"{plain} ")
    return roll.choice(ways)


def is_unpriced(number: int) -> bool:
    """Tell whether the price of a material is a word, which no decimal column takes."""
    return due(number, UNPRICED_EVERY)


def in_use(roll: random.Random, known: int) -> int:
    """Return one of the first `known` materials that has a price, and so is made and sold."""
    number = roll.randrange(known) + 1
    return number - 1 if is_unpriced(number) else number


def material(seed: int, number: int) -> Material:
    """Return one material; the same for the ERP and the MES, whichever asks first."""
    roll = dice(seed, "material", number)
    category = roll.choice(tuple(CATEGORIES))
    thing = roll.choice(CATEGORIES[category][1])
    size = f"{roll.choice('ABCDEFGKLMXYZ')}{roll.randrange(10, 999)}"
    price = "面议" if is_unpriced(number) else cents(roll.randrange(50, 2_000_000))
    written = category.lower() if due(number, CARELESS_EVERY) else category
    return Material(number, f"{thing} {size}", written, roll.choice(UNITS), price)
