"""Names of our own tables in a target database."""

import hashlib
from dataclasses import dataclass

_PREFIX = "_landbridge_"


@dataclass(frozen=True, slots=True)
class Names:
    """Tables of one generation of one load.

    Attributes:
        staging: Holds the rows of a replace or mirror until it is published.
        former: What a replace put aside. It exists from the moment of the swap until the
            generation is marked, which is how a later process knows of the swap.
        lock: Name of the lock that excludes other sessions from the load.
    """

    staging: str
    former: str
    lock: str


BATCH = f"{_PREFIX}batch"
GONE = f"{_PREFIX}gone"
"""Temporary tables of a session."""


def names_of(load_id: str, generation: int) -> Names:
    """Return the names of a generation."""
    load = _short(load_id)
    return Names(
        staging=f"{_PREFIX}s_{load}_{generation}",
        former=f"{_PREFIX}f_{load}_{generation}",
        lock=f"landbridge_{load}",
    )


def staging_of(load_id: str) -> tuple[str, str]:
    """Return the beginnings of all such names of a load, whatever the generation."""
    load = _short(load_id)
    return f"{_PREFIX}s_{load}_", f"{_PREFIX}f_{load}_"


def _short(load_id: str) -> str:
    return hashlib.sha256(load_id.encode()).hexdigest()[:24]
