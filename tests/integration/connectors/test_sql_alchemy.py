"""Databases behind SQLAlchemy: keys, merges, outages, and what is not there."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.integration.connectors.sql_copying import (
    ROWS,
    SETTLED,
    count,
    load_of,
    options_of,
    read,
    write,
)
from tools.services import Server, execute

from landbridge.connectors.sql.errors import after_commit, translated
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    ConnectorMissingError,
    LoadBusyError,
    OptionsInvalidError,
    PositionUnusableError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
from landbridge.testing.rows import unordered


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> SqlOptions:
    if request.param == "sqlite":
        return SqlOptions.model_validate({"url": f"sqlite:///{tmp_path / 't.db'}"})
    return options_of(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def postgres(postgres_database: Server) -> SqlOptions:
    return options_of(postgres_database)


def test_a_stream_without_a_key_is_read_once_and_says_it_cannot_resume(
    options: SqlOptions, context: Context
) -> None:
    write(options, context, ROWS, load_of())
    with closing(SqlSource(options, context)) as source:
        shares = source.shares(Reading("t"), want=4)
        [batch] = source.read(Reading("t"), shares[0], after=None)

        assert len(shares) == 1
        assert batch.rows.num_rows == 3
        with pytest.raises(PositionUnusableError, match="no key") as failure:
            next(source.read(Reading("t"), shares[0], after=batch.resume))

    assert "keys" in failure.value.hint


def test_replacing_keeps_columns_indexes_and_views_of_the_table(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, n bigint, extra text DEFAULT 'none')",
        "CREATE INDEX by_n ON t (n)",
        "CREATE VIEW big AS SELECT * FROM t WHERE n > 10",
        "INSERT INTO t VALUES (9, 99, 'old')",
    )

    write(postgres, context, ROWS, load_of("replace", key=("id",)))

    assert read(postgres, context).to_pylist()[0] == {"id": 1, "n": 10, "extra": "none"}
    assert read(postgres, context, "big").num_rows == 2


def test_a_merge_leaves_columns_alone_that_are_not_loaded(
    options: SqlOptions, context: Context
) -> None:
    wide = ROWS.append_column("who", pa.array(["a", "b", "c"]))
    write(options, context, wide, load_of("merge", key=("id",)))
    changed = pa.RecordBatch.from_pydict({"id": [2, 4], "n": [0, 40]})

    write(options, context, changed, load_of("merge", key=("id",), generation=2))

    found = {row["id"]: (row["n"], row["who"]) for row in read(options, context).to_pylist()}
    assert found == {1: (10, "a"), 2: (0, "b"), 3: (30, "c"), 4: (40, None)}


def test_a_merge_by_two_columns_finds_its_rows(options: SqlOptions, context: Context) -> None:
    rows = pa.RecordBatch.from_pydict(
        {
            "a": [number // 30 for number in range(900)],
            "b": [f"k{number % 30}" for number in range(900)],
            "n": list(range(900)),
        }
    )
    load = load_of("merge", key=("a", "b"))
    write(options, context, rows.slice(0, 600), load)

    write(options, context, rows.slice(300), replace(load, generation=2))

    assert unordered(read(options, context)) == unordered(rows)


def test_a_user_who_may_not_create_tables_is_refused_at_once(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(
        postgres_database,
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN PASSWORD 'x'",
        "REVOKE CREATE ON SCHEMA public FROM public",
    )
    reader = SqlOptions.model_validate(
        {**postgres.model_dump(), "user": "reader", "password": "x"}
    )
    try:
        refused = pytest.raises(AuthenticationRefusedError)
        with closing(SqlSink(reader, context)) as sink, refused:
            sink.check()
        with closing(SqlSource(reader, context)) as source:
            assert source.check().startswith("postgresql")
    finally:
        execute(postgres_database, "DROP ROLE reader")


def test_a_deadlock_is_a_reason_to_come_back(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    write(postgres, context, ROWS, load_of("merge", key=("id",)))
    url = sa.make_url(postgres.url.get_secret_value()).set(password=postgres_database.password)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    backwards = ROWS.take(pa.array([1, 0]))
    with closing(SqlSink(postgres, context)) as sink, engine.connect() as other:
        loading = sink.open(load_of("merge", key=("id",), generation=2))
        other.execute(sa.text("SET deadlock_timeout = '10s'"))
        other.execute(sa.text("UPDATE t SET n = 0 WHERE id = 1"))
        with closing(loading.writer()) as writer:
            failures: list[BaseException] = []
            thread = threading.Thread(
                target=_attempt, args=(writer, backwards, failures), daemon=True
            )
            thread.start()
            _wait_for_lock(engine)
            other.execute(sa.text("UPDATE t SET n = 0 WHERE id = 2"))
            other.commit()
            thread.join(60)

    [failure] = failures
    assert isinstance(failure, SystemBusyError)


def _attempt(writer: object, rows: pa.RecordBatch, failures: list[BaseException]) -> None:
    try:
        writer.write(rows, SETTLED)  # type: ignore[attr-defined]
    except SystemBusyError as error:
        failures.append(error)


def _wait_for_lock(engine: sa.Engine) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(600):
        with engine.connect() as connection:
            if connection.execute(waiting).scalar():
                return
        threading.Event().wait(0.05)
    raise AssertionError("nobody waits for a lock")


def test_a_connection_that_is_cut_is_unavailable_and_nothing_was_kept(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    with closing(SqlSink(postgres, context)) as sink:
        loading = sink.open(load_of())
        with closing(loading.writer()) as writer:
            writer.write(ROWS, SETTLED)
            execute(
                postgres_database,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()",
            )
            with pytest.raises(SystemUnavailableError) as failure:
                writer.write(ROWS, replace(SETTLED, batches=2))
        progress = sink.progress("l", "t")

    assert failure.value.retry == "reconnect"
    assert progress is not None
    assert progress.shares == {"all": SETTLED}
    assert count(postgres, context) == 3


def test_a_takeover_waits_for_the_batch_and_then_fences(
    postgres: SqlOptions, context: Context
) -> None:
    with closing(SqlSink(postgres, context)) as sink, closing(SqlSink(postgres, context)) as b:
        loading = sink.open(load_of())
        with closing(loading.writer()) as writer:
            writer.write(ROWS, SETTLED)
            b.open(replace(load_of(), resume=True, run_id="other"))
            with pytest.raises(LoadBusyError):
                writer.write(ROWS, replace(SETTLED, batches=2))

    assert count(postgres, context) == 3


def test_a_wrong_password_is_refused_without_showing_it(
    postgres: SqlOptions, context: Context
) -> None:
    wrong = SqlOptions.model_validate({**postgres.model_dump(), "password": "hidden-word"})

    refused = pytest.raises(AuthenticationRefusedError)
    with closing(SqlSource(wrong, context)) as source, refused as failure:
        source.check()

    assert "hidden-word" not in f"{failure.value} {wrong!r}"


@pytest.mark.parametrize(
    ("url", "raised", "words"),
    [
        ("nothing://x", ConnectorMissingError, "no such dialect"),
        ("mssql+pyodbc://x", ConnectorMissingError, "pyodbc"),
        ("::", OptionsInvalidError, "cannot be addressed"),
        ("postgresql+psycopg://x@127.0.0.1:1/x", SystemUnavailableError, "127.0.0.1"),
    ],
)
def test_what_is_not_there_is_named(
    context: Context, url: str, raised: type[Exception], words: str
) -> None:
    options = SqlOptions.model_validate({"url": url})

    with closing(SqlSource(options, context)) as source, pytest.raises(raised, match=words):
        source.check()


def test_every_error_of_sqlalchemy_has_a_translation() -> None:
    def all_of(kind: type[BaseException]) -> set[type[BaseException]]:
        return {kind}.union(*(all_of(one) for one in kind.__subclasses__()))

    wrapped = [one for one in all_of(sa.exc.DBAPIError) if one.__module__ == "sqlalchemy.exc"]

    assert {one.__name__ for one in wrapped} == {
        "DBAPIError",
        "DataError",
        "DatabaseError",
        "IntegrityError",
        "InterfaceError",
        "InternalError",
        "NotSupportedError",
        "OperationalError",
        "ProgrammingError",
    }
    lost = sa.exc.OperationalError("COMMIT", {}, Exception("gone"))
    assert translated(lost).code == SystemUnavailableError.code
    assert after_commit(lost).code == SystemUnavailableError.code
