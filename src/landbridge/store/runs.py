"""Runs, their streams and the ledger of every batch, recorded from events."""

import threading
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select, update

from landbridge.store.tables import BATCHES, QUARANTINE, RUNS, STREAMS
from landbridge.telemetry.events import (
    BatchSettled,
    Event,
    RunEnded,
    RunStarted,
    StreamEnded,
    StreamStarted,
)

_COUNTS = ("read", "written", "filtered", "quarantined", "superseded")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run, as recorded. `outcome` is `running` until it ended; a killed run stays so."""

    run_id: str
    flow: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One stream of a run with its ledger and receipts."""

    run_id: str
    node: str
    stream: str
    target: str
    load_id: str
    generation: int
    guarantee: str
    resumed: bool
    outcome: str
    read_rows: int
    written_rows: int
    filtered_rows: int
    quarantined_rows: int
    superseded_rows: int
    resumed_rows: int
    deleted_rows: int
    read_receipt: str
    written_receipt: str
    target_receipt: str
    error_code: str
    error: str
    secs: float


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """The ledger of one batch."""

    load_id: str
    generation: int
    share: str
    batch: int
    run_id: str
    read_rows: int
    written_rows: int
    filtered_rows: int
    quarantined_rows: int
    superseded_rows: int
    size_bytes: int


class RunStore:
    """Records events of runs, from several threads, and answers questions about them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()

    def record(self, event: Event) -> None:
        """Store what an event says; events that say nothing lasting are passed over."""
        match event:
            case RunStarted():
                self._write(
                    insert(RUNS).values(
                        run_id=event.run_id,
                        flow=event.flow,
                        started_at=event.at.replace(tzinfo=None),
                        outcome="running",
                    )
                )
            case RunEnded():
                self._write(
                    update(RUNS)
                    .where(RUNS.c.run_id == event.run_id)
                    .values(outcome=event.outcome, ended_at=event.at.replace(tzinfo=None))
                )
            case StreamStarted():
                self._start_stream(event)
            case StreamEnded():
                self._end_stream(event)
            case BatchSettled():
                self._record_batch(event)
            case _:
                pass

    def runs(self, *, flow: str | None = None, limit: int = 20) -> list[RunRecord]:
        """Return the latest runs, newest first."""
        query = select(RUNS).order_by(RUNS.c.started_at.desc()).limit(limit)
        if flow is not None:
            query = query.where(RUNS.c.flow == flow)
        with self._engine.connect() as connection:
            return [RunRecord(*row) for row in connection.execute(query)]

    def streams(self, run_id: str) -> list[StreamRecord]:
        """Return the streams of a run, by node and name."""
        query = select(STREAMS).where(STREAMS.c.run_id == run_id)
        query = query.order_by(STREAMS.c.node, STREAMS.c.stream)
        with self._engine.connect() as connection:
            return [StreamRecord(*row) for row in connection.execute(query)]

    def batches(self, load_id: str, generation: int) -> list[BatchRecord]:
        """Return the ledger of a generation, batch by batch, over all its runs."""
        query = select(BATCHES).where(
            BATCHES.c.load_id == load_id, BATCHES.c.generation == generation
        )
        query = query.order_by(BATCHES.c.share, BATCHES.c.batch)
        with self._engine.connect() as connection:
            return [BatchRecord(*row) for row in connection.execute(query)]

    def purge(self, before: datetime) -> int:
        """Delete runs that started before an instant, with their ledgers; return how many.

        A run with rows still waiting in quarantine stays.
        """
        waiting = select(QUARANTINE.c.run_id).where(QUARANTINE.c.status == "waiting")
        old = select(RUNS.c.run_id).where(
            RUNS.c.started_at < before.replace(tzinfo=None), RUNS.c.run_id.not_in(waiting)
        )
        with self._lock, self._engine.begin() as connection:
            names = [row[0] for row in connection.execute(old)]
            for start in range(0, len(names), 500):
                part = names[start : start + 500]
                for table in (BATCHES, STREAMS, RUNS):
                    connection.execute(delete(table).where(table.c.run_id.in_(part)))
        return len(names)

    def _write(self, *statements: object) -> None:
        with self._lock, self._engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]

    def _start_stream(self, event: StreamStarted) -> None:
        self._write(
            delete(STREAMS).where(
                STREAMS.c.run_id == event.run_id,
                STREAMS.c.node == event.node,
                STREAMS.c.stream == event.stream,
            ),
            insert(STREAMS).values(
                run_id=event.run_id,
                node=event.node,
                stream=event.stream,
                target=event.target,
                load_id=event.load_id,
                generation=event.generation,
                guarantee=event.guarantee,
                resumed=event.resumed,
                outcome="running",
            ),
        )

    def _end_stream(self, event: StreamEnded) -> None:
        values = {name: value for name, value in asdict(event).items() if name in STREAMS.c}
        values |= {f"{name}_rows": getattr(event, name) for name in _COUNTS}
        values["deleted_rows"] = event.deleted
        where = (
            STREAMS.c.run_id == event.run_id,
            STREAMS.c.node == event.node,
            STREAMS.c.stream == event.stream,
        )
        if event.outcome == "failed":
            # What was told at the start stays; the failure knows no generation.
            for name in ("generation", "load_id", "target"):
                values.pop(name)
        with self._lock, self._engine.begin() as connection:
            changed = connection.execute(update(STREAMS).where(*where).values(values)).rowcount
            if changed:
                return
            missing = {"generation": 0, "load_id": event.load_id, "target": event.target}
            connection.execute(insert(STREAMS).values({**missing, **values}))

    def _record_batch(self, event: BatchSettled) -> None:
        values = {name: value for name, value in asdict(event).items() if name in BATCHES.c}
        values |= {f"{name}_rows": getattr(event, name) for name in _COUNTS}
        self._write(
            delete(BATCHES).where(
                BATCHES.c.load_id == event.load_id,
                BATCHES.c.generation == event.generation,
                BATCHES.c.share == event.share,
                BATCHES.c.batch == event.batch,
            ),
            insert(BATCHES).values(values),
        )
