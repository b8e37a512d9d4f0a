"""Which guarantee a source and a target give together. Derived, never claimed."""

from dataclasses import dataclass
from typing import Literal

from landbridge.sdk.manifest import SinkCapabilities, SourceCapabilities
from landbridge.sdk.sink import WriteMode

Level = Literal["at_least_once", "effectively_once", "exactly_once"]
_ORDER: tuple[Level, ...] = ("at_least_once", "effectively_once", "exactly_once")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A level and the fact it rests on.

    Attributes:
        level: `exactly_once`: every row is in the target once, whatever crashes, and no
            reader of the target sees otherwise. `effectively_once`: the same at the end of
            a run; a crash may leave rows that the next run writes over. `at_least_once`:
            after a crash rows may stand twice, or the run stops and says so.
        because: Why it is this level and not a higher or lower one.
    """

    level: Level
    because: str

    def satisfies(self, wanted: Level) -> bool:
        """Return whether this is at least the level wanted."""
        return _ORDER.index(self.level) >= _ORDER.index(wanted)


def derive(  # noqa: PLR0911  one row per case, a table
    mode: WriteMode, reads: SourceCapabilities, writes: SinkCapabilities
) -> Guarantee:
    """Return the guarantee of a copy from the capabilities of its ends."""
    if mode in {"replace", "mirror"}:
        if writes.atomic_replace or (mode == "mirror" and writes.transactional):
            return Guarantee("exactly_once", "the new rows become visible in one atomic step")
        return Guarantee("effectively_once", "the target is complete only when the run is done")
    if not reads.resumable:
        if mode == "merge":
            return Guarantee("effectively_once", "rows read again are merged by key")
        return Guarantee("at_least_once", "the source cannot resume inside a share")
    if writes.transactional:
        return Guarantee("exactly_once", "rows and position commit in one transaction")
    if mode == "merge" or writes.idempotent:
        return Guarantee("effectively_once", "a batch written again leaves one copy")
    return Guarantee("at_least_once", "the target keeps no position with the rows")
