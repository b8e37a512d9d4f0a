"""What a target remembers of a load, durable together with the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts

LoadState = Literal["open", "published", "discarded"]


@dataclass(frozen=True, slots=True)
class Settled:
    """How far one share of a load has come. Numbers are totals of the share so far.

    Attributes:
        share: Name of the share.
        batches: Batches settled.
        position: Where the source resumes after the last of them.
        counts: What became of the rows read.
        read_receipt: Receipt of the rows as the source delivered them, as text.
        written_receipt: Receipt of the rows as they were handed to the target, as text.
        done: Whether the share is exhausted.
    """

    share: str
    batches: int
    position: Position
    counts: Counts
    read_receipt: str = ""
    written_receipt: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The latest generation of a load, as the target knows it.

    Attributes:
        generation: Counts the loads of this identity, from 1.
        state: `open` until `Loading.publish` succeeded.
        plan: Text the engine gave when the generation began (shares, window, document).
        owner: The run that last opened it; a writer of another run is refused.
        shares: Settled progress by share name.
    """

    generation: int
    state: LoadState
    plan: str
    owner: str
    shares: Mapping[str, Settled] = field(default_factory=dict[str, Settled])

    @property
    def counts(self) -> Counts:
        """The sum over all shares."""
        return sum((settled.counts for settled in self.shares.values()), Counts())
