"""Injected faults strike where they say, and the clock moves only when it is turned."""

import pyarrow as pa
import pytest
from typing_extensions import override

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import SystemUnavailableError
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load
from landbridge.testing.clock import ManualClock
from landbridge.testing.faults import Faults, FaultySink, FaultySource
from landbridge.testing.memory import MemorySink, MemorySource, MemoryStore

ROWS = pa.table({"n": [1, 2, 3]})
SETTLED = Settled("all", 1, Position(b"3"), Counts(read=3, written=3))


def _struck(seed: int) -> list[str]:
    faults = Faults(seed=seed, chance=0.3)
    for number in range(40):
        try:
            faults.strike("read" if number % 2 else "write")
        except SystemUnavailableError:
            continue
    return faults.struck


def test_the_same_seed_strikes_the_same_calls() -> None:
    assert _struck(4) == _struck(4)
    assert _struck(4) != _struck(5)
    assert 4 < len(_struck(4)) < 20


def test_a_source_drops_its_connection_between_batches() -> None:
    source = FaultySource(
        MemorySource({"t": ROWS}, batch_rows=1), Faults(seed=1, chance=1.0, most=1)
    )
    [share] = MemorySource({"t": ROWS}).shares(Reading("t"), want=1)

    with pytest.raises(SystemUnavailableError):
        list(source.read(Reading("t"), share, after=None))

    assert len(list(source.read(Reading("t"), share, after=None))) == 3


@pytest.mark.parametrize(("before", "kept"), [("write", 0), ("written", 3)])
def test_a_sink_fails_before_or_after_it_kept_the_rows(before: str, kept: int) -> None:
    class Once(Faults):
        @override
        def strike(self, moment: str) -> None:
            if moment == before:
                super().strike(moment)

    store = MemoryStore()
    sink = FaultySink(MemorySink(store), Once(seed=1, chance=1.0))
    load = Load("l", "r", 1, "t", ROWS.schema, "append")
    writer = sink.open(load).writer()

    with pytest.raises(SystemUnavailableError):
        writer.write(ROWS.to_batches()[0], SETTLED)

    rows = store.rows("t")
    assert rows is not None
    assert rows.num_rows == kept
    progress = sink.progress("l", "t")
    assert progress is not None
    assert progress.counts.written == kept


def test_a_clock_that_nobody_turns_stands_still() -> None:
    clock = ManualClock()
    start = clock.now()

    clock.sleep(30)
    clock.turn(5)

    assert (clock.now() - start).total_seconds() == 35
    assert clock.monotonic() == 35
    assert clock.slept == [30]
