"""The state database keeps runs, ledgers and refused rows, on SQLite."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from landbridge.kernel.errors import StateUnusableError
from landbridge.sdk.quarantine import QuarantinedRow
from landbridge.store.database import open_database
from landbridge.store.quarantine import QuarantineStore, Search
from landbridge.store.runs import RunStore
from landbridge.store.tables import METADATA
from landbridge.telemetry.events import (
    BatchSettled,
    RunEnded,
    RunStarted,
    StreamEnded,
    StreamStarted,
)
from landbridge.testing.clock import ManualClock

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROW = QuarantinedRow(
    "run1", "f", "n", "public.t", "f.n.public.t", 1, "all", 7, "mapping.cast", "price",
    "'十元' is not decimal(12,2)", '{"price": "十元"}',
)  # fmt: skip
STARTED = StreamStarted(
    run_id="run1",
    node="n",
    stream="t",
    target="out",
    load_id="f.n.t",
    generation=1,
    resumed=False,
    shares=2,
    rows=None,
    guarantee="exactly_once",
)
ENDED = StreamEnded(
    "run1", "n", "t", "out", "f.n.t", 1, "done", 10, 9, 0, 1, 0, 0, 0, "lb1:10:00", "lb1:9:00",
    "", "", "", 1.5,
)  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database("sqlite:///.landbridge/state.db", tmp_path)
    yield engine
    engine.dispose()


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_twice_keeps_what_is_there(tmp_path: Path, engine: Engine) -> None:
    QuarantineStore(engine, ManualClock()).keep([ROW])
    again = open_database("sqlite:///.landbridge/state.db", tmp_path)
    assert len(QuarantineStore(again, ManualClock()).find(Search())) == 1
    again.dispose()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StateUnusableError, match="9999"):
        open_database("sqlite:///.landbridge/state.db", tmp_path)


def test_a_row_kept_twice_is_there_once(engine: Engine) -> None:
    store = QuarantineStore(engine, ManualClock())
    store.keep([ROW])
    store.keep([replace(ROW, run_id="run2", reason="again")])
    [kept] = store.find(Search(flow="f", text="again"))
    assert kept.row == replace(ROW, run_id="run2", reason="again")
    assert kept.status == "waiting"


def test_rows_are_found_by_any_text_edited_and_settled(engine: Engine) -> None:
    store = QuarantineStore(engine, ManualClock())
    store.keep([ROW, replace(ROW, row=8, content='{"price": "100%"}')])
    assert len(store.find(Search(text="十元"))) == 2
    [percent] = store.find(Search(text="100%"))
    store.edit(percent.identity, '{"price": "1.00"}')
    [edited] = store.find(Search(identity=percent.identity))
    assert (edited.edited, edited.row.content) == ('{"price": "1.00"}', '{"price": "100%"}')
    store.settle([percent.identity], "replayed")
    assert [row.row.row for row in store.find(Search(status="waiting"))] == [7]


def test_a_run_is_recorded_with_its_streams_and_batches(engine: Engine) -> None:
    store = RunStore(engine)
    store.record(RunStarted("run1", "f", NOW))
    store.record(STARTED)
    assert store.streams("run1")[0].outcome == "running"
    batch = BatchSettled("run1", "n", "t", "f.n.t", 1, "a", 1, 10, 9, 0, 1, 0, 4096)
    store.record(batch)
    store.record(batch)
    store.record(ENDED)
    store.record(RunEnded("run1", "done", NOW))
    [run] = store.runs()
    assert (run.run_id, run.outcome) == ("run1", "done")
    [stream] = store.streams("run1")
    assert (stream.read_rows, stream.quarantined_rows, stream.guarantee) == (
        10,
        1,
        "exactly_once",
    )
    assert len(store.batches("f.n.t", 1)) == 1


def test_a_failure_keeps_what_was_told_at_the_start(engine: Engine) -> None:
    store = RunStore(engine)
    store.record(replace(STARTED, generation=3))
    failed = replace(ENDED, generation=0, outcome="failed", error_code="x", error="why")
    store.record(failed)
    [stream] = store.streams("run1")
    assert (stream.generation, stream.outcome, stream.error) == (3, "failed", "why")
    store.record(replace(failed, stream="other"))
    assert {stream.stream for stream in store.streams("run1")} == {"t", "other"}


def test_retention_spares_runs_with_waiting_rows(engine: Engine) -> None:
    runs, aside = RunStore(engine), QuarantineStore(engine, ManualClock())
    for name in ("run1", "run2"):
        runs.record(RunStarted(name, "f", NOW))
    aside.keep([ROW])
    assert runs.purge(NOW + timedelta(days=1)) == 1
    assert [run.run_id for run in runs.runs()] == ["run1"]
    aside.settle([ROW.identity], "dropped")
    assert aside.purge(datetime(2200, 1, 1, tzinfo=UTC)) == 1
    assert runs.purge(NOW + timedelta(days=1)) == 1
