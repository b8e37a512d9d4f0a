"""A copy accounts for every row, resumes, and survives faults at every boundary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from typing_extensions import override

from landbridge.data.ledger import Counts
from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.copy import StreamCopy, StreamResult
from landbridge.engine.copy.task import SinkEnd, SourceEnd, StreamTask
from landbridge.engine.mapping.mapped import IdentityMapping
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.errors import (
    GuaranteeRefusedError,
    LandbridgeError,
    OptionsInvalidError,
    PositionUnusableError,
    RowsFailedError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import SourceCapabilities
from landbridge.sdk.quarantine import QuarantinedRow
from landbridge.sdk.sink import Load, Loading, Sink
from landbridge.sdk.source import Source
from landbridge.specs.copy import CopyNode
from landbridge.specs.settings import CopySettings
from landbridge.telemetry.events import BatchSettled, Event
from landbridge.testing.clock import ManualClock
from landbridge.testing.faults import Faults, FaultySink, FaultySource
from landbridge.testing.memory import MEMORY_READS, MemorySource
from landbridge.testing.memory_sink import MEMORY_WRITES, MemorySink, MemoryStore

ROWS = 500
TABLE = pa.table(
    {
        "id": range(ROWS),
        "name": [f"零件 {n}" if n % 7 else None for n in range(ROWS)],
        "changed": [n // 10 for n in range(ROWS)],
    }
)


class Aside:
    """A quarantine log in memory, idempotent by identity."""

    def __init__(self) -> None:
        self.rows: dict[str, QuarantinedRow] = {}

    def keep(self, rows: Sequence[QuarantinedRow]) -> None:
        self.rows.update({row.identity: row for row in rows})


@dataclass
class World:
    """A source table, a target store, and everything a copy told."""

    table: pa.Table = field(default_factory=lambda: TABLE)
    store: MemoryStore = field(default_factory=MemoryStore)
    faults: Faults = field(default_factory=lambda: Faults(seed=0, chance=0))
    reads: SourceCapabilities = MEMORY_READS
    refuse: Callable[[pa.RecordBatch], Mapping[int, str]] = lambda rows: {}  # noqa: ARG005
    tells_rows: bool = True
    events: list[Event] = field(default_factory=list)
    aside: Aside = field(default_factory=Aside)
    runs: int = 0

    def source(self) -> Source:
        tables = {"t": self.table}
        return FaultySource(
            MemorySource(tables, batch_rows=32, keys={"t": ("id",)}), self.faults
        )

    def sink(self) -> Sink:
        sink = MemorySink(self.store, refuse=self.refuse, tells_rows=self.tells_rows)
        return FaultySink(sink, self.faults)

    def copy(
        self, write: dict[str, object], *, fresh: bool = False, **more: object
    ) -> StreamResult:
        node = CopyNode.model_validate(
            {
                "type": "copy",
                "name": "n",
                "source": {"connection": "a", "streams": ("t",)},
                "target": {"connection": "b", "stream": "out"},
                "write": write,
                **more,
            }
        )
        self.runs += 1
        task = StreamTask(
            f"run{self.runs}", "f", node, node.settings(CopySettings()), "t", "out", fresh
        )
        context = CopyContext(
            source=SourceEnd("a", "memory", self.reads, self.source),
            sink=SinkEnd("b", "memory", MEMORY_WRITES, self.sink, self.target_source),
            compile=compile_identity,
            quarantine=self.aside,
            emit=self.events.append,
            clock=ManualClock(),
            backoff=Backoff(),
        )
        return StreamCopy(task, context).run()

    def target_source(self) -> Source:
        rows = self.store.rows("out")
        assert rows is not None
        return MemorySource({"out": rows})

    def target(self) -> list[dict[str, object]]:
        rows = self.store.rows("out")
        assert rows is not None
        return sorted(rows.to_pylist(), key=lambda row: row["id"])


def compile_identity(schema: StreamSchema) -> IdentityMapping:
    return IdentityMapping(schema.columns)


MODES = ["append", "merge", "replace", "mirror"]


@pytest.mark.parametrize("mode", MODES)
def test_every_row_arrives_and_is_accounted_for(mode: str) -> None:
    world = World()
    result = world.copy({"mode": mode}, receipts="reread")
    assert world.target() == TABLE.to_pylist()
    assert result.counts == Counts(read=ROWS, written=ROWS)
    assert result.read_receipt == result.written_receipt != ""
    if mode in {"replace", "mirror"}:
        assert result.target_receipt == result.written_receipt
    told = [event for event in world.events if isinstance(event, BatchSettled)]
    assert sum(event.read for event in told) == ROWS
    assert len({event.share for event in told}) == 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(25))
def test_faults_at_every_boundary_lose_and_repeat_nothing(mode: str, seed: int) -> None:
    world = World(faults=Faults(seed=seed, chance=0.25, most=60))
    result = world.copy({"mode": mode}, receipts="reread")
    assert world.faults.struck
    assert world.target() == TABLE.to_pylist()
    assert result.counts == Counts(read=ROWS, written=ROWS)
    assert result.read_receipt == result.written_receipt


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("commits", [1, 2, 5, 9])
def test_a_run_killed_between_commits_is_resumed_by_the_next(mode: str, commits: int) -> None:
    world = World()

    def die(rows: pa.RecordBatch) -> Mapping[int, str]:
        if rows.num_rows and world.store.commits == commits:
            raise LandbridgeError("killed")
        return {}

    world.refuse = die
    with pytest.raises(LandbridgeError, match="killed"):
        world.copy({"mode": mode}, parallel=1)
    world.refuse = lambda rows: {}  # noqa: ARG005
    result = world.copy({"mode": mode}, parallel=1)
    assert result.resumed_rows == commits * 32
    assert result.generation == 1
    assert world.target() == TABLE.to_pylist()
    assert result.counts == Counts(read=ROWS, written=ROWS)


def test_replace_keeps_the_old_rows_until_it_is_published() -> None:
    world = World()
    world.copy({"mode": "replace"})
    world.table = TABLE.slice(0, 100)

    def die(rows: pa.RecordBatch) -> Mapping[int, str]:
        if rows.num_rows:
            raise LandbridgeError("killed")
        return {}

    world.refuse = die
    with pytest.raises(LandbridgeError, match="killed"):
        world.copy({"mode": "replace"})
    assert world.target() == TABLE.to_pylist()


@pytest.mark.parametrize("tells_rows", [True, False])
def test_refused_rows_are_isolated_to_the_single_row(*, tells_rows: bool) -> None:
    world = World(tells_rows=tells_rows)
    bad = {17, 33, 34, 499}
    world.refuse = lambda rows: {
        at: f"{row} is bad" for at, row in enumerate(rows["id"].to_pylist()) if row in bad
    }
    result = world.copy({"mode": "append"}, failed_rows={"action": "quarantine"})
    assert result.counts == Counts(read=ROWS, written=ROWS - 4, quarantined=4)
    assert [row["id"] for row in world.target()] == [n for n in range(ROWS) if n not in bad]
    kept = sorted(world.aside.rows.values(), key=lambda row: row.reason)
    assert {row.reason for row in kept} == {f"{n} is bad" for n in bad}
    assert all(row.code == "sink.rows_refused" and '"changed"' in row.content for row in kept)


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [({"action": "stop"}, 10), ({"action": "quarantine", "max_rows": 3}, 40)],
)
def test_no_more_refused_rows_are_looked_for_than_stop_the_run(
    limits: Mapping[str, object], wanted: int
) -> None:
    trials = 0

    def all_bad(rows: pa.RecordBatch) -> Mapping[int, str]:
        nonlocal trials
        trials += 1
        return dict.fromkeys(range(rows.num_rows), "bad")

    world = World(tells_rows=False, refuse=all_bad)
    with pytest.raises(RowsFailedError):
        world.copy({"mode": "append"}, parallel=1, failed_rows=limits)
    assert trials < wanted


def test_a_failed_row_is_terminal_unless_the_document_says_otherwise() -> None:
    world = World()
    world.refuse = lambda rows: {0: "bad"} if rows.num_rows else {}
    with pytest.raises(RowsFailedError, match="bad"):
        world.copy({"mode": "append"})
    assert not world.aside.rows


def test_more_failed_rows_than_allowed_stop_the_run() -> None:
    world = World()
    world.refuse = lambda rows: dict.fromkeys(range(rows.num_rows), "bad")
    limit = {"action": "quarantine", "max_rows": 40}
    with pytest.raises(RowsFailedError) as failure:
        world.copy({"mode": "append"}, failed_rows=limit, parallel=1)
    assert "64 rows failed, max_rows is 40" in str(failure.value)


def test_a_merge_keeps_the_last_row_of_each_key_and_counts_the_others() -> None:
    twice = pa.concat_tables([TABLE.slice(0, 20), TABLE.slice(0, 10)])
    world = World(table=twice)
    result = world.copy({"mode": "merge", "keys": ("id",)}, parallel=1)
    assert result.counts == Counts(read=30, written=20, superseded=10)
    assert world.target() == TABLE.slice(0, 20).to_pylist()


def test_a_merge_puts_rows_without_a_key_aside() -> None:
    world = World(table=pa.table({"id": [1, None, 3], "name": ["a", "b", "c"]}))
    result = world.copy({"mode": "merge"}, failed_rows={"action": "quarantine"})
    assert result.counts == Counts(read=3, written=2, quarantined=1)
    [row] = world.aside.rows.values()
    assert (row.code, row.field) == ("mapping.key_null", "id")


def test_an_incremental_copy_reads_only_what_is_new() -> None:
    world = World(table=TABLE.slice(0, 200))
    incremental = {"cursor": "changed"}
    first = world.copy({"mode": "append"}, incremental=incremental)
    assert first.counts.read == 200
    again = world.copy({"mode": "append"}, incremental=incremental)
    assert again.counts.read == 0
    world.table = TABLE
    second = world.copy({"mode": "append"}, incremental=incremental)
    assert second.counts == Counts(read=300, written=300)
    assert world.target() == TABLE.to_pylist()


def test_an_incremental_merge_reads_ties_of_the_last_value_again() -> None:
    world = World(table=TABLE.slice(0, 205))
    incremental = {"cursor": "changed"}
    world.copy({"mode": "merge"}, incremental=incremental)
    world.table = TABLE.slice(0, 209)
    result = world.copy({"mode": "merge"}, incremental=incremental)
    assert result.counts.read == 9
    assert world.target() == TABLE.slice(0, 209).to_pylist()


def test_an_interrupted_append_refuses_to_go_on_after_the_source_changed() -> None:
    world = World()
    world.refuse = _die_after(world, 3)
    with pytest.raises(LandbridgeError, match="killed"):
        world.copy({"mode": "append"}, parallel=1)
    world.refuse = lambda rows: {}  # noqa: ARG005
    world.table = TABLE.append_column("more", pa.array(range(ROWS)))
    with pytest.raises(PositionUnusableError, match="interrupted append"):
        world.copy({"mode": "append"}, parallel=1)


def test_a_source_that_cannot_resume_restarts_a_replace_and_refuses_an_append() -> None:
    reads = SourceCapabilities(resumable=False)
    for mode in ("replace", "mirror"):
        world = World(reads=reads, refuse=lambda rows: {})  # noqa: ARG005
        world.refuse = _die_after(world, 3)
        with pytest.raises(LandbridgeError, match="killed"):
            world.copy({"mode": mode}, parallel=1)
        world.refuse = lambda rows: {}  # noqa: ARG005
        result = world.copy({"mode": mode}, parallel=1)
        assert result.generation == 2
        assert world.target() == TABLE.to_pylist()
    world = World(reads=reads)
    world.refuse = _die_after(world, 3)
    with pytest.raises(LandbridgeError, match="killed"):
        world.copy({"mode": "append"}, parallel=1)
    world.refuse = lambda rows: {}  # noqa: ARG005
    with pytest.raises(PositionUnusableError, match="cannot resume"):
        world.copy({"mode": "append"}, parallel=1)


def test_a_guarantee_that_cannot_be_derived_is_refused() -> None:
    world = World(reads=SourceCapabilities(resumable=False))
    with pytest.raises(GuaranteeRefusedError, match="exactly_once is demanded"):
        world.copy({"mode": "append"}, guarantee="exactly_once")


class ShySink(MemorySink):
    """A target that is away the first time it is opened."""

    tries = 0

    @override
    def open(self, load: Load) -> Loading:
        ShySink.tries += 1
        if ShySink.tries == 1:
            raise SystemUnavailableError("gone")
        return super().open(load)


class ShyWorld(World):
    """Counts how often the source is built."""

    built = 0

    @override
    def source(self) -> Source:
        self.built += 1
        return super().source()

    @override
    def sink(self) -> Sink:
        return ShySink(self.store)


def test_a_target_that_goes_away_costs_the_source_no_snapshot() -> None:
    world = ShyWorld()
    world.copy({"mode": "replace"})
    assert world.target() == TABLE.to_pylist()
    assert (ShySink.tries, world.built) == (2, 1)


def test_replace_cannot_be_incremental() -> None:
    with pytest.raises(OptionsInvalidError, match="cannot be incremental"):
        World().copy({"mode": "replace"}, incremental={"cursor": "changed"})


def _die_after(world: World, commits: int) -> Callable[[pa.RecordBatch], Mapping[int, str]]:
    def die(rows: pa.RecordBatch) -> Mapping[int, str]:
        if rows.num_rows and world.store.commits >= commits:
            raise LandbridgeError("killed")
        return {}

    return die
