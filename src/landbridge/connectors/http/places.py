"""Where the read of a stream stands, as a position that another process can go on from."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.data.batch import Position
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.json_rows import JsonObject

TAIL = 32
UNCOUNTED = -1
_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read stands.

    Attributes:
        page: What asks for the page: a number, an offset, a cursor, a path; "" for the
            first one, None after the last.
        skip: Records of that page already delivered.
        tail: Hashes of the last records delivered, to know them again.
        count: Records delivered of what a total speaks of; `UNCOUNTED` when not known.
        number: Which page it is, from 1.
    """

    page: str | None = ""
    skip: int = 0
    tail: tuple[str, ...] = ()
    count: int = 0
    number: int = 1

    def to_position(self) -> Position:
        """Return the place as a position."""
        parts = [self.page, self.skip, "".join(self.tail), self.count, self.number]
        return Position(json.dumps(parts).encode())


def place_from(position: Position | None) -> Place:
    """Return the place of a position.

    Raises:
        PositionUnusableError: It is none of ours.
    """
    if position is None:
        return Place()
    try:
        match json.loads(position):
            case [str() | None as page, int(skip), str(last)]:
                # Written before pages were counted.
                return Place(page, skip, _tail(last), UNCOUNTED)
            case [str() | None as page, int(skip), str(tail), int(count), int(number)]:
                return Place(page, skip, _tail(tail), count, number)
            case _:
                pass
    except ValueError:
        pass
    raise PositionUnusableError("the position is not of this stream")


def identity(record: JsonObject, key: Sequence[str]) -> str:
    """Return a short hash of a record's key, or of all of it without one."""
    known = {name: record.get(name) for name in key} if key else record
    text = json.dumps(known, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_WIDTH]


def _tail(text: str) -> tuple[str, ...]:
    return tuple(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH))
