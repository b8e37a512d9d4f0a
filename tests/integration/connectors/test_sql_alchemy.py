"""Databases behind SQLAlchemy: exact values, refusals, outages, and what is not there."""

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tools.services import Server, execute

from landbridge.connectors.sql.errors import after_commit, translated
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
from landbridge.data.batch import Position
from landbridge.data.conform import conform
from landbridge.data.ledger import Counts
from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    column,
    meaning_of,
)
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    ConnectorMissingError,
    DataUnreadableError,
    LoadBusyError,
    OptionsInvalidError,
    PositionUnusableError,
    RowsRefusedError,
    SchemaChangedError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load, WriteMode
from landbridge.testing.rows import unordered

TORTURE: Sequence[tuple[str, pa.DataType, Logical, Sequence[object]]] = (
    ("i8", pa.int8(), "int", [-128, 127]),
    ("i64", pa.int64(), "int", [-(2**63), 2**63 - 1]),
    ("u32", pa.uint32(), "int", [0, 2**32 - 1]),
    ("u64", pa.uint64(), "int", [0, 2**64 - 1]),
    ("f64", pa.float64(), "float", [1.7976931348623157e308, 2.2250738585072014e-308]),
    ("flag", pa.bool_(), "bool", [True, False]),
    ("d12", pa.decimal128(12, 2), "decimal", ["9999999999.99", "-0.01"]),
    ("d38", pa.decimal128(38, 10), "decimal", ["1" * 28 + ".0000000001", "0.0000000001"]),
    ("d65", pa.decimal256(65, 30), "decimal", ["9" * 35 + "." + "9" * 30, "0"]),
    ("number", pa.string(), "number", ["-Infinity", "1" * 80 + ".5"]),
    ("text", pa.string(), "text", ["", "a'\"\\%:x 中文 😀\r\n"]),
    ("blob", pa.binary(), "binary", [b"", bytes(range(256))]),
    ("day", pa.date32(), "date", [-719162, 2932896]),
    ("clock", TIME, "time", [0, 86_399_999_999]),
    ("at", TIMESTAMP, "timestamp", [-62135596800000000, 253402300799999999]),
    ("seen", INSTANT, "instant", [1, 253402300799999999 - 86_400_000_000]),
    ("doc", pa.string(), "json", ["1", '{"a": [1.0,  null]}']),
    ("ref", UUID, "uuid", [bytes(range(16)), b"\xff" * 16]),
    ("mask", pa.string(), "bits", ["", "0101"]),
    ("net", pa.string(), "opaque", ["10.0.0.0/8", "::1"]),
)
ROWS = pa.RecordBatch.from_pydict({"id": [1, 2, 3], "n": [10, 20, 30]})
SETTLED = Settled("all", 1, Position(b"1"), Counts(read=3, written=3))


def _array(storage: pa.DataType, values: Sequence[object]) -> pa.Array:
    whole = [*values, None]
    if pa.types.is_decimal(storage):
        return pa.array(whole, pa.string()).cast(storage)
    if pa.types.is_temporal(storage):
        width = pa.int32() if storage == pa.date32() else pa.int64()
        return pa.array(whole, width).cast(storage)
    return pa.array(whole, storage)


def _torture() -> pa.RecordBatch:
    fields = [column("id", pa.int64(), Meaning("int"), nullable=False)]
    fields += [column(name, storage, Meaning(what)) for name, storage, what, _ in TORTURE]
    arrays = [pa.array([1, 2, 3], pa.int64())]
    arrays += [_array(storage, values) for _, storage, _, values in TORTURE]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _of(server: Server) -> SqlOptions:
    postgres = server.scheme == "postgresql"
    kind = "postgresql+psycopg" if postgres else "mysql+pymysql"
    tail = "" if postgres else "?charset=utf8mb4"
    return SqlOptions.model_validate(
        {
            "url": f"{kind}://{server.user}@{server.host}:{server.port}/{server.database}{tail}",
            "password": server.password,
        }
    )


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> SqlOptions:
    if request.param == "sqlite":
        return SqlOptions.model_validate({"url": f"sqlite:///{tmp_path / 't.db'}"})
    return _of(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def postgres(postgres_database: Server) -> SqlOptions:
    return _of(postgres_database)


def _load(mode: WriteMode = "append", **more: object) -> Load:
    return replace(Load("l", "r", 1, "t", ROWS.schema, mode), **more)  # type: ignore[arg-type]


def _write(options: SqlOptions, context: Context, rows: pa.RecordBatch, load: Load) -> None:
    with closing(SqlSink(options, context)) as sink:
        loading = sink.open(replace(load, columns=rows.schema))
        counts = Counts(read=rows.num_rows, written=rows.num_rows)
        with closing(loading.writer()) as writer:
            writer.write(rows, Settled("all", 1, Position(b"1"), counts))
        loading.publish()


def _read(options: SqlOptions, context: Context, stream: str = "t") -> pa.RecordBatch:
    with closing(SqlSource(options, context)) as source:
        [share] = source.shares(Reading(stream), want=1)
        read = source.read(Reading(stream), share, after=None)
        schema = source.describe(stream).columns
        whole = pa.Table.from_batches([batch.rows for batch in read], schema)
    return whole.combine_chunks().to_batches()[0]


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
def test_every_type_comes_back_equal(
    options: SqlOptions, context: Context, mode: WriteMode
) -> None:
    rows = _torture()

    _write(options, context, rows, _load(mode, key=("id",)))

    found = _read(options, context)
    assert unordered(conform(found, rows.schema)) == unordered(rows)
    with closing(SqlSink(options, context)) as sink:
        for field, kept in zip(rows.schema, found.schema, strict=True):
            if sink.fit(field).kind == "exact":
                assert meaning_of(kept).logical == meaning_of(field).logical
                assert kept.type == field.type


@pytest.mark.parametrize(
    ("name", "value"),
    [("day", 4_000_000), ("at", -(2**61)), ("seen", 2**61)],
)
def test_a_value_beyond_the_driver_is_refused_and_nothing_kept(
    options: SqlOptions, context: Context, name: str, value: int
) -> None:
    rows = _torture().select(["id", name]).slice(0, 1)
    width = pa.int32() if name == "day" else pa.int64()
    far = pa.array([value], width).cast(rows.schema.types[1])

    with pytest.raises(RowsRefusedError, match="beyond"):
        _write(options, context, rows.set_column(1, rows.schema.field(1), far), _load())

    assert _read_count(options, context) == 0


def _read_count(options: SqlOptions, context: Context) -> int:
    with closing(SqlSource(options, context)) as source:
        [share] = source.shares(Reading("t"), want=1)
        batches = source.read(Reading("t"), share, after=None)
        return sum(batch.rows.num_rows for batch in batches)


def test_text_longer_than_its_column_is_refused_by_servers(
    mariadb_database: Server, context: Context
) -> None:
    execute(mariadb_database, "SET GLOBAL sql_mode = ''", "CREATE TABLE t (x varchar(3))")
    rows = pa.RecordBatch.from_pydict({"x": ["abc", "abcd"]})

    with pytest.raises(RowsRefusedError, match="too long"):
        _write(_of(mariadb_database), context, rows, _load())

    execute(mariadb_database, "SET GLOBAL sql_mode = DEFAULT")
    assert _read_count(_of(mariadb_database), context) == 0


def test_types_of_one_system_are_read_as_its_text(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(
        postgres_database,
        "CREATE TABLE t AS SELECT inet '10.0.0.1/8' AS net, ARRAY[1, NULL] AS list, "
        "interval '1 mon 2 days' AS span, jsonb '{\"a\": 1.0}' AS doc, "
        "B'0101'::bit(4) AS mask, 'NaN'::numeric AS number, money '12.5' AS price",
    )

    found = _read(postgres, context)

    assert found.to_pylist() == [
        {
            "net": "10.0.0.1/8",
            "list": "{1,NULL}",
            "span": "1 mon 2 days",
            "doc": '{"a": 1.0}',
            "mask": "0101",
            "number": "NaN",
            "price": "$12.50",
        }
    ]


def test_bits_and_unsigned_numbers_of_mysql_are_exact(
    mariadb_database: Server, context: Context
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (b bit(12), u bigint unsigned, y year, e enum('小', '大'), t time(6))",
        "INSERT INTO t VALUES (b'000000000101', 18446744073709551615, 2026, '大', "
        "'23:59:59.999999')",
    )

    [row] = _read(_of(mariadb_database), context).to_pylist()

    assert row["b"] == "000000000101"
    assert (row["u"], row["y"], row["e"]) == (2**64 - 1, 2026, "大")


def test_a_type_of_mysql_without_an_exact_text_is_refused(
    mariadb_database: Server, context: Context
) -> None:
    execute(mariadb_database, "CREATE TABLE t (id int PRIMARY KEY, p point)")
    execute(mariadb_database, "INSERT INTO t VALUES (1, POINT(1, 2))")

    with pytest.warns(sa.exc.SAWarning), pytest.raises(DataUnreadableError, match="p is"):
        _read(_of(mariadb_database), context)


def test_an_infinite_date_is_unreadable_and_not_guessed(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(postgres_database, "CREATE TABLE t AS SELECT date 'infinity' AS day")

    with pytest.raises(DataUnreadableError):
        _read(postgres, context)


def test_a_negative_time_is_no_time_of_day(mariadb_database: Server, context: Context) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, x time)",
        "INSERT INTO t VALUES (1, '10:00'), (2, '-10:00')",
    )

    with pytest.raises(DataUnreadableError, match="x holds a timedelta") as failure:
        _read(_of(mariadb_database), context)

    assert failure.value.facts["column"] == "x"


def test_a_stream_without_a_key_is_read_once_and_says_it_cannot_resume(
    options: SqlOptions, context: Context
) -> None:
    _write(options, context, ROWS, _load())
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

    _write(postgres, context, ROWS, _load("replace", key=("id",)))

    assert _read(postgres, context).to_pylist()[0] == {"id": 1, "n": 10, "extra": "none"}
    assert _read(postgres, context, "big").num_rows == 2


def test_a_merge_leaves_columns_alone_that_are_not_loaded(
    options: SqlOptions, context: Context
) -> None:
    wide = ROWS.append_column("who", pa.array(["a", "b", "c"]))
    _write(options, context, wide, _load("merge", key=("id",)))
    changed = pa.RecordBatch.from_pydict({"id": [2, 4], "n": [0, 40]})

    _write(options, context, changed, _load("merge", key=("id",), generation=2))

    found = {row["id"]: (row["n"], row["who"]) for row in _read(options, context).to_pylist()}
    assert found == {1: (10, "a"), 2: (0, "b"), 3: (30, "c"), 4: (40, None)}


def test_a_merge_by_two_columns_finds_its_rows(options: SqlOptions, context: Context) -> None:
    rows = pa.RecordBatch.from_pydict(
        {
            "a": [number // 30 for number in range(900)],
            "b": [f"k{number % 30}" for number in range(900)],
            "n": list(range(900)),
        }
    )
    load = _load("merge", key=("a", "b"))
    _write(options, context, rows.slice(0, 600), load)

    _write(options, context, rows.slice(300), replace(load, generation=2))

    assert unordered(_read(options, context)) == unordered(rows)


def test_a_column_that_would_change_values_is_refused_before_any_row(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(postgres_database, "CREATE TABLE t (id bigint, n numeric(4,1))")
    rows = pa.RecordBatch.from_pydict({"id": [1], "n": [1.25]})

    with pytest.raises(SchemaChangedError, match="does not keep"):
        _write(postgres, context, rows, _load())


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
    _write(postgres, context, ROWS, _load("merge", key=("id",)))
    url = sa.make_url(postgres.url.get_secret_value()).set(password=postgres_database.password)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    backwards = ROWS.take(pa.array([1, 0]))
    with closing(SqlSink(postgres, context)) as sink, engine.connect() as other:
        loading = sink.open(_load("merge", key=("id",), generation=2))
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
        loading = sink.open(_load())
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
    assert _read_count(postgres, context) == 3


def test_a_takeover_waits_for_the_batch_and_then_fences(
    postgres: SqlOptions, context: Context
) -> None:
    with closing(SqlSink(postgres, context)) as sink, closing(SqlSink(postgres, context)) as b:
        loading = sink.open(_load())
        with closing(loading.writer()) as writer:
            writer.write(ROWS, SETTLED)
            b.open(replace(_load(), resume=True, run_id="other"))
            with pytest.raises(LoadBusyError):
                writer.write(ROWS, replace(SETTLED, batches=2))

    assert _read_count(postgres, context) == 3


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
