"""Which pairs the method may be built on, and which are set aside: fixed by a seed."""

from hashlib import sha256
from typing import Literal

SEED = "landbridge-matching-1"
Half = Literal["development", "held_out"]


def halves(names: list[str]) -> dict[str, Half]:
    """Return the half of every pair: the lesser hashes are for development."""
    ranked = sorted(names, key=lambda name: sha256(f"{SEED}/{name}".encode()).digest())
    middle = len(ranked) // 2
    return {
        name: "development" if at < middle else "held_out" for at, name in enumerate(ranked)
    }
