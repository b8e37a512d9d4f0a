from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.integration.connectors.mysql_copying import (
    ID,
    SETTLED,
    a_load,
    options_of,
    pairs,
    refused,
    rows_of,
    write,
)
from tools.services import Server, execute, fresh_database, mariadb

from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.data.types import INSTANT, TIMESTAMP, Meaning, column
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    OptionsInvalidError,
    SchemaChangedError,
    StreamMissingError,
    SystemUnavailableError,
)
from landbridge.sdk.sink import WriteMode

BOTH = pytest.mark.parametrize("bulk", ["local_infile", "values"])


def values(logical: pa.DataType, meaning: Meaning, *found: object) -> pa.RecordBatch:
    schema = pa.schema([ID, column("v", logical, meaning)])
    rows = [{"id": at, "v": value} for at, value in enumerate(found)]
    return pa.RecordBatch.from_pylist(rows, schema=schema)


TEXT = (pa.string(), Meaning("text"))
REFUSED = {
    "longer than the column": ("varchar(3)", values(*TEXT, "abc", "abcd", None)),
    "blanks beyond the column": ("varchar(3)", values(*TEXT, "abc", "abc ")),
    "a byte too long for text": ("tinytext", values(*TEXT, "a", "中" * 86)),
    "no character of the charset": (
        "varchar(9) character set latin1",
        values(*TEXT, "é", "中"),
    ),
    "blanks that a char column drops": ("char(9)", values(*TEXT, "a", "a ")),
    "null": ("int not null", values(pa.int64(), Meaning("int"), 1, None)),
    "beyond the integer": ("tinyint", values(pa.int64(), Meaning("int"), 127, 128)),
    "below zero": ("int unsigned", values(pa.int64(), Meaning("int"), 0, -1)),
    "beyond the decimal": (
        "decimal(4,2)",
        values(pa.decimal128(9, 2), Meaning("decimal"), Decimal("99.99"), Decimal("100.00")),
    ),
    "more places than the decimal": (
        "decimal(9,2)",
        values(pa.decimal128(9, 3), Meaning("decimal"), Decimal("1.120"), Decimal("1.125")),
    ),
    "not a number": ("double", values(pa.float64(), Meaning("float"), 1.5, float("nan"))),
    "infinity": ("double", values(pa.float64(), Meaning("float"), 1.5, float("-inf"))),
    "negative zero": ("double", values(pa.float64(), Meaning("float"), 0.0, -0.0)),
    "narrow negative zero": ("float", values(pa.float32(), Meaning("float"), 0.0, -0.0)),
    "a year of five digits": (
        "datetime(6)",
        values(TIMESTAMP, Meaning("timestamp"), None).from_arrays(
            [
                pa.array([0, 1], pa.int64()),
                pa.array([0, 253_402_300_800_000_000], pa.int64()).cast(TIMESTAMP),
            ],
            schema=values(TIMESTAMP, Meaning("timestamp")).schema,
        ),
    ),
    "an instant after 2038": (
        "timestamp(6)",
        values(INSTANT, Meaning("instant"), None).from_arrays(
            [
                pa.array([0, 1], pa.int64()),
                pa.array([1_000_000, 4_000_000_000_000_000], pa.int64()).cast(INSTANT),
            ],
            schema=values(INSTANT, Meaning("instant")).schema,
        ),
    ),
    "not JSON": ("json", values(pa.string(), Meaning("json"), "{}", "{")),
    "against a check": (
        "int check (v < 5)",
        values(pa.int64(), Meaning("int"), 4, 5),
    ),
}


@BOTH
@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("mode", ["append", "merge"])
def test_what_the_column_would_bend_is_refused_whole(
    mariadb_database: Server, case: str, bulk: str, mode: WriteMode
) -> None:
    native, rows = REFUSED[case]
    execute(
        mariadb_database,
        f"CREATE TABLE t (id bigint PRIMARY KEY, v {native}) CHARSET utf8mb4",
    )
    load = replace(a_load(mode, columns=rows.schema), evolve=False)

    failure = refused(mariadb_database, load, rows, bulk=bulk)

    assert set(failure.rejected) <= {1}, failure.rejected
    assert str(failure).strip()
    assert rows_of(mariadb_database, "SELECT count(*) FROM t") == [(0,)]
    good = rows.slice(0, 1)
    options = options_of(mariadb_database, bulk=bulk)
    write(options, replace(load, generation=2), good)
    assert rows_of(mariadb_database, "SELECT count(*) FROM t") == [(1,)]


@BOTH
def test_many_bad_rows_are_named_each(mariadb_database: Server, bulk: str) -> None:
    execute(mariadb_database, "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(3))")
    rows = pairs(*((at, "long text" if at % 2 else "ok") for at in range(100)))

    failure = refused(mariadb_database, a_load("append"), rows, bulk=bulk)

    every = set(range(1, 100, 2))
    assert set(failure.rejected) == (every if bulk == "local_infile" else {1})


@BOTH
def test_a_key_repeated_in_the_batch_is_blamed_on_the_later_row(
    mariadb_database: Server, bulk: str
) -> None:
    rows = pairs((1, "a"), (2, "b"), (1, "c"), (3, None), (2, "d"))

    failure = refused(mariadb_database, a_load("append"), rows, bulk=bulk)

    assert set(failure.rejected) == {2, 4}
    assert "Duplicate" in failure.rejected[2]


@BOTH
def test_a_key_that_exists_is_refused_and_the_old_row_stays(
    mariadb_database: Server, bulk: str
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (7, 'old')",
    )

    refused(mariadb_database, a_load("append"), pairs((6, "new"), (7, "new")), bulk=bulk)

    assert rows_of(mariadb_database, "SELECT * FROM t") == [(7, "old")]


def test_a_merge_refuses_what_another_unique_key_forbids(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(9) UNIQUE)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    )

    refused(mariadb_database, a_load("merge"), pairs((3, "a")))
    refused(mariadb_database, a_load("merge"), pairs((2, "a")))

    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == [(1, "a"), (2, "b")]
    write(options_of(mariadb_database), a_load("merge"), pairs((2, "c"), (3, "d")))
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == [
        (1, "a"),
        (2, "c"),
        (3, "d"),
    ]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TABLE t (id bigint PRIMARY KEY, name text) ENGINE=MyISAM", "transactions"),
        ("CREATE TABLE t (id bigint PRIMARY KEY, name int)", "would hold text"),
        ("CREATE TABLE t (id bigint PRIMARY KEY, name enum('a'))", "would hold text"),
        ("CREATE TABLE t (id bigint PRIMARY KEY, name text, must int NOT NULL)", "must have"),
        ("CREATE TABLE t (id bigint PRIMARY KEY, name text AS (id) VIRTUAL)", "computed"),
        ("CREATE VIEW t AS SELECT 1 AS id, 'a' AS name", "is a view"),
    ],
)
def test_a_table_that_would_bend_or_lose_rows_is_refused_before_any(
    mariadb_database: Server, statement: str, reason: str
) -> None:
    execute(mariadb_database, statement)
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        for refusing in (sink.changes, sink.open):
            with pytest.raises(SchemaChangedError, match=reason):
                refusing(a_load("append"))


@pytest.mark.parametrize(
    ("native", "storage", "meaning"),
    [
        ("datetime", TIMESTAMP, Meaning("timestamp")),
        ("timestamp(3)", INSTANT, Meaning("instant")),
        ("time", pa.time64("us"), Meaning("time")),
        ("float", pa.float64(), Meaning("float")),
        ("int", pa.decimal128(9, 2), Meaning("decimal")),
        ("binary(9)", pa.binary(), Meaning("binary")),
        ("date", TIMESTAMP, Meaning("timestamp")),
        ("timestamp(6)", TIMESTAMP, Meaning("timestamp")),
    ],
)
def test_a_column_that_rounds_in_silence_is_refused_before_any_row(
    mariadb_database: Server, native: str, storage: pa.DataType, meaning: Meaning
) -> None:
    execute(mariadb_database, f"CREATE TABLE t (id bigint PRIMARY KEY, v {native})")
    columns = pa.schema([ID, column("v", storage, meaning)])
    with (
        closing(MysqlSink(options_of(mariadb_database))) as sink,
        pytest.raises(SchemaChangedError, match=r"t\.v is "),
    ):
        sink.open(replace(a_load("append", columns=columns), evolve=False))


@pytest.mark.usefixtures("mariadb_server")  # which skips where there is none
def test_rows_are_inserted_where_the_server_forbids_local_files() -> None:
    with (
        mariadb(settings={"local_infile": "OFF"}, own=True) as strict,
        fresh_database(strict) as database,
    ):
        write(options_of(database), a_load("append"), pairs((1, "a'\\"), (2, None)))
        assert rows_of(database, "SELECT * FROM t") == [(1, "a'\\"), (2, None)]


def test_wrong_doors_are_told_apart(mariadb_database: Server) -> None:
    wrong = options_of(mariadb_database, password="no such password")
    with closing(MysqlSource(wrong)) as source:
        with pytest.raises(AuthenticationRefusedError) as failure:
            source.check()
        assert "no such password" not in str(failure.value)
    absent = options_of(mariadb_database, database="no_such_database")
    with closing(MysqlSource(absent)) as source, pytest.raises(OptionsInvalidError):
        source.check()
    nobody = options_of(mariadb_database, port=1)
    with closing(MysqlSource(nobody)) as source, pytest.raises(SystemUnavailableError):
        source.check()
    present = options_of(mariadb_database)
    with closing(MysqlSource(present)) as source, pytest.raises(StreamMissingError):
        source.describe("no_such_table")


def test_a_system_without_transactions_is_not_written_to(mariadb_database: Server) -> None:
    with pytest.raises(OptionsInvalidError, match="read only"):
        MysqlSink(options_of(mariadb_database, dialect="starrocks"))


def test_a_writer_whose_connection_is_cut_says_that_the_outcome_is_unknown(
    mariadb_database: Server,
) -> None:
    options = options_of(mariadb_database)
    with closing(MysqlSink(options)) as sink, closing(sink.open(a_load("append"))) as loading:
        with closing(loading.writer()) as writer:
            for (number,) in rows_of(
                mariadb_database,
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() "
                "AND id <> CONNECTION_ID()",
            ):
                rows_of(mariadb_database, f"KILL {number}")
            with pytest.raises(SystemUnavailableError):
                writer.write(pairs((1, "a")), SETTLED)
        with closing(loading.writer()) as again:
            again.write(pairs((1, "a")), SETTLED)
    assert rows_of(mariadb_database, "SELECT * FROM t") == [(1, "a")]


def test_source_and_sink_find_back_after_their_session_was_cut(
    mariadb_database: Server,
) -> None:
    execute(mariadb_database, "CREATE TABLE t (id int PRIMARY KEY)")
    options = options_of(mariadb_database)
    with closing(MysqlSource(options)) as source, closing(MysqlSink(options)) as sink:
        source.describe("t")
        sink.describe("t")
        for (number,) in rows_of(
            mariadb_database,
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() "
            "AND id <> CONNECTION_ID()",
        ):
            rows_of(mariadb_database, f"KILL {number}")
        for end in (source, sink):
            with pytest.raises(SystemUnavailableError):
                end.describe("t")
            assert end.describe("t") is not None
