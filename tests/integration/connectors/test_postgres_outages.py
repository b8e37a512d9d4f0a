from contextlib import closing

import psycopg
import pytest
from tests.integration.connectors.postgres_copying import options_of, rows_of, run
from tools.services import Server, postgres

from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.connectors.postgres.source import PostgresSource
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    OptionsInvalidError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.reading import Reading


def test_failures_to_connect_are_told_apart(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE hidden (k int)",
        "DROP ROLE IF EXISTS outsider",
        "CREATE ROLE outsider LOGIN PASSWORD 'x'",
    )
    nobody = options_of(postgres_database, user="landbridge_nobody", password="wrong")
    nowhere = options_of(postgres_database, database="landbridge_nowhere")
    closed = options_of(postgres_database, port=1, connect_timeout_secs=2)
    outsider = options_of(postgres_database, user="outsider", password="x")
    for options, expected in (
        (nobody, AuthenticationRefusedError),
        (nowhere, OptionsInvalidError),
        (closed, SystemUnavailableError),
    ):
        with closing(PostgresSource(options)) as source, pytest.raises(expected) as failure:
            source.check()
        assert "wrong" not in str(failure.value) + repr(failure.value.facts)

    with closing(PostgresSource(outsider)) as source:
        assert [entry.name for entry in source.streams()] == []
        reading = Reading("hidden")
        with pytest.raises(AuthenticationRefusedError):
            list(source.read(reading, source.shares(reading, want=1)[0], after=None))
    with (
        closing(PostgresSource(options_of(postgres_database))) as source,
        pytest.raises(StreamMissingError),
    ):
        source.describe("no_such_table")


def test_a_session_cut_while_reading_is_reconnected_not_ended(
    postgres_database: Server,
) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY, pad text)",
        "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 100000) i",
    )
    reading = Reading("t", batch_bytes=100_000)
    options = options_of(postgres_database)
    with closing(PostgresSource(options)) as source:
        [share] = source.shares(reading, want=1)
        batches = source.read(reading, share, after=None)
        seen = [next(batches)]
        cut(postgres_database)
        with pytest.raises(SystemUnavailableError) as failure:
            seen += list(batches)
        assert failure.value.retry == "reconnect"
    with closing(PostgresSource(options)) as source:
        source.shares(reading, want=1)
        seen += source.read(reading, share, after=seen[-1].resume)
    numbers = [number for batch in seen for number in batch.rows["k"].to_pylist()]
    assert numbers == list(range(1, 100_001))


def test_a_lost_snapshot_is_a_reason_to_reconnect(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
    )
    with closing(PostgresSource(options_of(postgres_database))) as source:
        reading = Reading("t")
        [share] = source.shares(reading, want=1)
        cut(postgres_database, "idle in transaction")
        with pytest.raises(SystemUnavailableError):
            list(source.read(reading, share, after=None))


def test_a_killed_server_is_a_reason_to_reconnect() -> None:
    with postgres() as server:
        run(
            server,
            "CREATE TABLE t (k int PRIMARY KEY, pad text)",
            "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 100000) i",
        )
        reading = Reading("t", batch_bytes=100_000)
        with closing(PostgresSource(options_of(server))) as source:
            [share] = source.shares(reading, want=1)
            batches = source.read(reading, share, after=None)
            next(batches)
            server.kill()
            with pytest.raises(SystemUnavailableError):
                list(batches)
            with pytest.raises(SystemUnavailableError):
                source.check()


def test_a_dropped_read_leaves_no_session(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY, pad text)",
        "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 100000) i",
    )
    reading = Reading("t", batch_bytes=100_000)
    with closing(PostgresSource(options_of(postgres_database))) as source:
        [share] = source.shares(reading, want=1)
        batches = source.read(reading, share, after=None)
        next(batches)
        batches.close()  # type: ignore[attr-defined]
    with psycopg.connect(postgres_database.url, autocommit=True) as connection:
        left = 1
        for _ in range(100):
            [(left,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = 'landbridge' AND datname = current_database()"
            ).fetchall()
            if not left:
                break
            connection.execute("SELECT pg_sleep(0.05)")
    assert left == 0


def cut(server: Server, state: str = "active") -> None:
    found = rows_of(
        server,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        f"WHERE application_name = 'landbridge' AND state = '{state}' "
        "AND datname = current_database()",
    )
    assert found, f"no session is {state}"


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("1 / (i - 90000)", DataUnreadableError),
        ("('x' || i)::int", DataUnreadableError),
    ],
)
def test_a_value_that_the_server_cannot_compute_is_not_tried_again(
    postgres_database: Server, stop: str, expected: type[LandbridgeError]
) -> None:
    run(
        postgres_database,
        f"CREATE VIEW bad AS SELECT i, {stop} AS x FROM generate_series(1, 100000) AS i",
    )
    reading = Reading("bad", batch_bytes=100_000)
    with closing(PostgresSource(options_of(postgres_database))) as source:
        [share] = source.shares(reading, want=1)
        with pytest.raises(expected) as failure:
            list(source.read(reading, share, after=None))
    assert failure.value.retry == "never"


def test_a_cancelled_read_is_tried_later(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE VIEW many AS SELECT repeat('x', 300) AS x FROM generate_series(1, 1000000)",
    )
    reading = Reading("many", batch_bytes=100_000)
    with closing(PostgresSource(options_of(postgres_database))) as source:
        [share] = source.shares(reading, want=1)
        batches = source.read(reading, share, after=None)
        next(batches)
        rows_of(
            postgres_database,
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' "
            "AND application_name = 'landbridge' AND datname = current_database()",
        )
        with pytest.raises(SystemBusyError) as failure:
            list(batches)
    assert failure.value.retry == "later"


def test_questions_are_answered_again_after_a_cut(postgres_database: Server) -> None:
    run(postgres_database, "CREATE TABLE t (k int PRIMARY KEY)")
    options = options_of(postgres_database)
    with closing(PostgresSource(options)) as source, closing(PostgresSink(options)) as sink:
        for end in (source, sink):
            end.describe("t")
            cut(postgres_database, "idle")
            with pytest.raises(SystemUnavailableError):
                end.describe("t")
            assert end.describe("t") is not None
