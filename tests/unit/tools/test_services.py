"""The servers that suites use come up, survive being killed, and leave nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import psycopg
import pymysql
import pytest
from tools.services import (
    Server,
    ServiceForeignError,
    ServiceMissingError,
    execute,
    fresh_database,
    mariadb,
    postgres,
)
from tools.services.process import descendants, until
from tools.services.provide import programs_in, provide

REPOSITORY = Path(__file__).parents[3]
START = pytest.mark.parametrize("start", [postgres, mariadb], ids=["postgres", "mariadb"])
Start = Callable[..., AbstractContextManager[Server]]


def _count(server: Server) -> int:
    if server.scheme == "postgresql":
        with psycopg.connect(server.url) as session:
            row = session.execute("SELECT count(*) FROM t").fetchone()
            return row[0] if row else -1
    with (
        closing(
            pymysql.connect(
                host=server.host,
                port=server.port,
                user=server.user,
                password=server.password,
                database=server.database,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM t")
        [(count,)] = cursor.fetchall()
        return int(count)


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@START
def test_a_killed_server_keeps_what_was_committed_and_starts_on_the_same_port(
    start: Start,
) -> None:
    with start(own=True) as server, fresh_database(server) as database:
        execute(database, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1), (2)")
        url, first = database.url, server.pid

        server.kill()
        assert not server.running
        assert _gone(first)
        server.start()

        assert server.pid != first
        assert database.url == url
        assert _count(database) == 2


@START
def test_a_server_takes_its_processes_and_files_with_it(start: Start) -> None:
    with start(own=True) as server:
        home = server.data_dir.parent
        pids = [server.pid, *descendants(server.pid)]
        server.stop()
        server.stop()
        server.start()
        pids += [server.pid, *descendants(server.pid)]

    assert not home.exists()
    assert until(lambda: all(_gone(pid) for pid in pids), secs=10)


@START
def test_each_fresh_database_is_empty_and_is_dropped_though_somebody_is_connected(
    start: Start, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(f"{start.__name__}_server")
    with fresh_database(server) as first:
        execute(first, "CREATE TABLE t (n int)")
        held = (
            psycopg.connect(first.url)
            if first.scheme == "postgresql"
            else pymysql.connect(
                host=first.host,
                port=first.port,
                user=first.user,
                password=first.password,
                database=first.database,
            )
        )
        held.cursor().execute("SELECT * FROM t")

    held.close()
    with fresh_database(server) as second:
        execute(second, "CREATE TABLE t (n int)")
        assert _count(second) == 0
    with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)):
        execute(first, "SELECT 1")


def test_settings_reach_the_server() -> None:
    with (
        postgres(own=True, durable=True, settings={"work_mem": "7MB"}) as server,
        psycopg.connect(server.url) as connection,
    ):
        shown = [
            connection.execute(f"SHOW {name}".encode()).fetchone()
            for name in ("work_mem", "fsync", "wal_level", "max_connections")
        ]
    assert shown == [("7MB",), ("on",), ("logical",), ("200",)]


def test_mariadb_speaks_four_byte_utf8_and_takes_local_files(mariadb_server: Server) -> None:
    with (
        closing(
            pymysql.connect(
                host=mariadb_server.host,
                port=mariadb_server.port,
                user=mariadb_server.user,
                password=mariadb_server.password,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT @@character_set_server, @@local_infile")
        assert cursor.fetchall() == (("utf8mb4", 1),)


def test_an_address_from_the_environment_wins_and_is_never_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "postgresql://me:s3cret@db.example:6543/theirs"
    monkeypatch.setenv("LANDBRIDGE_TEST_POSTGRES_URL", address)

    with postgres() as server:
        assert server.url == address
        with pytest.raises(ServiceForeignError):
            server.kill()


def test_a_password_with_reserved_characters_survives_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "mysql://me:p%40ss%2Fw@db.example:3307/theirs"
    monkeypatch.setenv("LANDBRIDGE_TEST_MARIADB_URL", address)

    with mariadb() as server:
        assert server.password == "p@ss/w"
        assert server.url == address


def test_a_missing_server_names_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(ServiceMissingError, match=r"sudo apt-get install .* nosuchdb-server"):
        provide(
            lambda: programs_in([], ["nosuchdbd"]),
            service="nosuchdb",
            packages=["nosuchdb-server"],
        )


def test_run_hands_over_addresses_and_the_exit_status() -> None:
    script = (
        "import os, sys, psycopg;"
        "psycopg.connect(os.environ['LANDBRIDGE_TEST_POSTGRES_URL']).close(); sys.exit(7)"
    )
    command = ["-m", "tools.services", "run", "postgres", "--", sys.executable, "-c", script]
    done = subprocess.run([sys.executable, *command], cwd=REPOSITORY, check=False)
    assert done.returncode == 7


def test_servers_end_when_the_process_that_started_them_is_killed() -> None:
    script = (
        "from tools.services import postgres\n"
        "with postgres(own=True) as server:\n"
        "    print(server.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not _gone(pid)
        owner.send_signal(signal.SIGKILL)

    assert until(lambda: _gone(pid), secs=30)
