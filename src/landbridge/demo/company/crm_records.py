"""What the CRM knows: customers and contacts, typed by people in a hurry."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap

from landbridge.demo.company.scale import FIRST_DAY, Scale, dice, due, moment
from landbridge.demo.company.words import (
    CITIES,
    POSITIONS,
    REGIONS,
    ROADS,
    email_as_typed,
    firm,
    person,
    phone,
    phone_as_typed,
)

Record = Mapping[str, object]
"""One record as the API shows it: JSON values, one of them nested."""

BAD_EMAIL_EVERY = 173
"""One contact in so many has an address without an @."""

_SHANGHAI = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class CrmRecords:
    """All records of the CRM on one day, each list in the order of `(updated_at, id)`.

    That order is the API's, so a page boundary means the same however often it is asked.
    """

    customers: Sequence[Record]
    contacts: Sequence[Record]

    @classmethod
    def on(cls, day: int, *, seed: int, scale: Scale) -> "CrmRecords":
        """Make the records as they stand on `day`: pure, and so equal in every process."""
        customers = _Register("C", seed)
        contacts = _Register("P", seed)
        for past in range(FIRST_DAY, day + 1):
            roll = dice(seed, "crm", past)
            first = past == FIRST_DAY
            for register, size in ((customers, scale.customers), (contacts, scale.contacts)):
                fresh = size if first else scale.share(size, 250)
                touched = 0 if first else scale.share(size, 60)
                register.live(roll, past, touched=touched, fresh=fresh)
        return cls(
            customers=_in_order(_customer(seed, life) for life in customers.lives()),
            contacts=_in_order(
                _contact(seed, scale.customers, life) for life in contacts.lives()
            ),
        )

    def planted(self, since: str = "") -> dict[str, int]:
        """Count the records no honest target should take, touched at `since` (UTC) or later."""
        wrong = [
            one
            for one in self.contacts
            if "@" not in str(one["email"]) and str(one["updated_at"]) >= since
        ]
        return {"an e-mail address without an @": len(wrong)}


@dataclass(frozen=True, slots=True)
class _Life:
    number: int
    created: str
    updated: str
    edits: int


class _Register:
    """Who exists, since when, and how often each was edited: all that records grow from."""

    def __init__(self, prefix: str, seed: int) -> None:
        self._prefix = prefix
        self._seed = seed
        self._created: list[str] = []
        self._updated: list[str] = []
        self._edits: list[int] = []

    def live(self, roll: random.Random, day: int, *, touched: int, fresh: int) -> None:
        for index in roll.sample(range(len(self._created)), touched):
            self._updated[index] = _utc(moment(roll, day))
            self._edits[index] += 1
        for _ in range(fresh):
            born = roll.randrange(-300, FIRST_DAY + 1) if day == FIRST_DAY else day
            when = _utc(moment(roll, born))
            self._created.append(when)
            self._updated.append(when)
            self._edits.append(0)

    def lives(self) -> Iterator[_Life]:
        numbers = range(1, len(self._created) + 1)
        columns = zip(numbers, self._created, self._updated, self._edits, strict=True)
        return starmap(_Life, columns)


def _customer(seed: int, life: _Life) -> Record:
    number = life.number
    roll = dice(seed, "customer", number)
    name, region, city = firm(roll), roll.choice(REGIONS), roll.choice(CITIES)
    street = f"{roll.choice(ROADS)}{roll.randrange(1, 999)}号"
    edited = dice(seed, "customer", number, life.edits)
    return {
        "id": f"C-{number:06}",
        "name": f" {name}" if due(number, 41) else name,
        "region": region,
        "level": edited.choice("AABBC"),
        "phone": phone_as_typed(edited, phone(edited)),
        "address": {"city": city, "street": street},
        "credit_limit": f"{edited.randrange(1, 500) * 1000}.00",
        "created_at": life.created,
        "updated_at": life.updated,
    }


def _contact(seed: int, customers: int, life: _Life) -> Record:
    number = life.number
    roll = dice(seed, "contact", number, life.edits)
    at = "" if due(number, BAD_EMAIL_EVERY) else "@"
    address = f"{roll.choice(('sales', 'buyer', 'li', 'wang.w'))}{number}{at}example.com"
    return {
        "id": f"P-{number:06}",
        "customer_id": f"C-{dice(seed, 'employer', number).randrange(customers) + 1:06}",
        "name": person(dice(seed, "person", number)),
        "position": roll.choice(POSITIONS),
        "phone": phone_as_typed(roll, phone(roll)),
        "email": email_as_typed(roll, address),
        "created_at": life.created,
        "updated_at": life.updated,
    }


def _in_order(records: Iterable[Record]) -> Sequence[Record]:
    return tuple(sorted(records, key=lambda one: (str(one["updated_at"]), str(one["id"]))))


def _utc(local: str) -> str:
    return f"{datetime.fromisoformat(local) - _SHANGHAI:%Y-%m-%dT%H:%M:%SZ}"
