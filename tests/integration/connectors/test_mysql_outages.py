"""The server dies at random moments; what it tells afterwards is what it holds."""

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from random import Random

import pytest
from tests.integration.connectors.mysql_copying import a_load, options_of, pairs, rows_of
from tools.services import Server, ServiceMissingError, mariadb

from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import LandbridgeError
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, WriteMode, Writer

BATCHES, ROWS, KILLS = 40, 50, 3


@pytest.fixture(scope="module")
def mortal(mariadb_server: Server) -> Iterator[Server]:
    """A server that a test may kill; skipped where there is none to be had."""
    assert mariadb_server.port
    with suppress(ServiceMissingError), mariadb(own=True) as server:
        yield server


def write_on(options: MysqlOptions, load: Load) -> None:
    """Go on after the batches that the target tells, until all are settled."""
    with closing(MysqlSink(options)) as sink, closing(sink.open(load)) as loading:
        found = sink.progress(load.load_id, load.stream)
        assert found is not None
        start = Settled("all", 0, Position(b"0"), Counts())
        settled = found.shares.get("all", start)
        if settled.batches < BATCHES:
            with closing(loading.writer()) as writer:
                write_from(writer, settled)
        loading.publish()


def write_from(writer: Writer, settled: Settled) -> None:
    for number in range(settled.batches, BATCHES):
        rows = pairs(*((number * ROWS + at, "x" * at) for at in range(ROWS)))
        counts = settled.counts + Counts(read=ROWS, written=ROWS)
        settled = replace(settled, batches=number + 1, counts=counts)
        writer.write(rows, settled)


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_killed_at_any_moment_loses_and_doubles_nothing(
    mortal: Server, mode: WriteMode, seed: int
) -> None:
    random = Random(f"{mode} {seed}")
    load = a_load(mode, f"t_{mode}_{seed}")
    told: set[str] = set()
    # The last attempt is left alone.
    for attempt in range(KILLS + 1):
        killer = threading.Timer(random.uniform(0.05, 0.8), mortal.kill)
        if attempt < KILLS:
            killer.start()
        try:
            one_run(mortal, load, run=f"run-{attempt}")
        except LandbridgeError as error:
            if attempt == KILLS:
                raise
            told.add(error.retry)
        finally:
            if attempt < KILLS:
                killer.join()
            if not mortal.running:
                mortal.start()
    assert told <= {"reconnect", "later"}
    found = rows_of(
        mortal, f"SELECT count(*), count(DISTINCT id), sum(length(name)) FROM `{load.stream}`"
    )
    assert found == [(BATCHES * ROWS, BATCHES * ROWS, BATCHES * sum(range(ROWS)))]


def one_run(server: Server, load: Load, *, run: str) -> None:
    """What a process does that knows only what the target tells it."""
    options = options_of(server, lock_timeout_secs=5, connect_timeout_secs=5)
    with closing(MysqlSink(options)) as sink:
        known = sink.progress(load.load_id, load.stream)
    if known is None or known.state != "published":
        write_on(options, replace(load, run_id=run, resume=known is not None))
