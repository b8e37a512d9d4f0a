import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import pytest
from tests.integration.connectors.mysql_copying import options_of, read_all, rows_of
from tools.services import Server, execute

from landbridge.connectors.mysql.source import MysqlSource
from landbridge.data.batch import Batch, Position
from landbridge.kernel.errors import (
    OptionsInvalidError,
    PositionUnusableError,
    SystemUnavailableError,
)
from landbridge.sdk.reading import Reading, Share, Window
from landbridge.testing.rows import comparable

WHOLE = Share("all")


def batches(source: MysqlSource, reading: Reading, after: Position | None) -> Iterator[Batch]:
    return source.read(reading, WHOLE, after=after)


KEYS = {
    "a int, b int": "seq % 7, seq",
    "a varchar(20) COLLATE utf8mb4_unicode_ci, b int": "concat('Ä ''x\\\\', seq % 5), seq",
    "a varbinary(8), b bit(1)": "unhex(lpad(hex(seq), 8, '0')), seq % 2",
    "a datetime(6), b decimal(9,3)": "'2026-01-01' + interval seq second, -seq / 8",
    "a uuid, b tinyint": "insert(md5(seq), 13, 1, '4'), seq % 100",
    "a date, b bigint unsigned": "'2026-01-01' + interval seq % 9 day, (1 << 63) + seq",
}


@pytest.mark.parametrize("columns", KEYS)
def test_any_key_resumes_from_every_batch(mariadb_database: Server, columns: str) -> None:
    names = "uuid" if "uuid" in columns else "plain"
    made = KEYS[columns]
    if names == "uuid":
        made = made.replace("'4')", "'4'), 17, 1, 'a')").replace(
            "insert(md5", "insert(insert(md5"
        )
    execute(
        mariadb_database,
        f"CREATE TABLE t (n int, {columns}, filler varchar(100), PRIMARY KEY (a, b))"
        " CHARSET utf8mb4",
        f"INSERT INTO t SELECT seq, {made}, repeat('x', 99) FROM seq_1_to_3000",
    )
    reading = Reading("t", columns=("n", "filler"), batch_bytes=64 << 10)
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        found = list(batches(source, reading, None))
        assert len(found) > 3
        whole = [row for batch in found for row in comparable(batch.rows)]
        assert len(whole) == 3000
        done = 0
        for batch in found:
            done += batch.rows.num_rows
            rest = [
                row
                for later in batches(source, reading, batch.resume)
                for row in comparable(later.rows)
            ]
            assert rest == whole[done:]


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE t (n int)",
        "CREATE TABLE t (n enum('b','a') PRIMARY KEY)",
        "CREATE TABLE t (n int UNIQUE)",
        "CREATE TABLE t (n text, UNIQUE (n(3)))",
    ],
)
def test_a_table_whose_rows_have_no_order_is_read_and_not_resumed(
    mariadb_database: Server, table: str
) -> None:
    execute(
        mariadb_database,
        table,
        "INSERT INTO t VALUES ('1')" if "enum" not in table else "INSERT INTO t VALUES ('a')",
    )
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        assert source.shares(Reading("t"), want=4) == (WHOLE,)
        [batch] = batches(source, Reading("t"), None)
        assert batch.rows.num_rows == 1
        with pytest.raises(PositionUnusableError):
            list(batches(source, Reading("t"), batch.resume))


@pytest.mark.parametrize("position", [b"", b"{", b'["1 OR 1=1"]', b'["1", "2"]', b'"1"'])
def test_a_position_of_something_else_is_refused(
    mariadb_database: Server, position: bytes
) -> None:
    execute(mariadb_database, "CREATE TABLE t (n int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    with (
        closing(MysqlSource(options_of(mariadb_database))) as source,
        pytest.raises(PositionUnusableError),
    ):
        list(batches(source, Reading("t"), Position(position)))


def test_windows_of_every_kind_of_cursor(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, moment timestamp(6) NULL, local datetime(3),"
        " day date, number decimal(9,2))",
        "SET time_zone = '+00:00'",
        "INSERT INTO t SELECT seq, '2026-03-01' + interval seq hour, "
        "'2026-03-01' + interval seq * 1.5 second, '2026-03-01' + interval seq day, seq / 4"
        " FROM seq_1_to_20",
        "INSERT INTO t (id) VALUES (99)",
    )
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        for column, newest in (
            ("moment", "2026-03-01T20:00:00.000000+00:00"),
            ("local", "2026-03-01T00:00:30.000"),
            ("day", "2026-03-21"),
            ("number", "5.00"),
            ("id", "99"),
        ):
            reading = Reading("t")
            assert source.newest(reading, column) == newest
            [whole] = batches(source, reading, None)
            cursor = whole.rows.column(column).drop_null()
            middle = str(cursor[9].as_py())
            if column in {"moment", "local"}:
                middle = cursor[9].as_py().isoformat()
            found = list(
                batches(source, replace(reading, window=Window(column, middle, newest)), None)
            )
            [ids] = [batch.rows.column("id").to_pylist() for batch in found]
            assert ids == list(range(11, 21)) + ([99] if column == "id" else [])
        with pytest.raises(OptionsInvalidError):
            source.newest(Reading("t"), "no_such_column")


def test_a_cut_connection_is_told_and_the_rest_is_read_from_the_position(
    mariadb_database: Server,
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, filler text)",
        "INSERT INTO t SELECT seq, repeat('x', 500) FROM seq_1_to_100000",
    )
    reading = Reading("t", batch_bytes=1 << 20)
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        running = batches(source, reading, None)
        first = next(running)
        for (number,) in rows_of(
            mariadb_database,
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() "
            "AND id <> CONNECTION_ID()",
        ):
            rows_of(mariadb_database, f"KILL {number}")
        arrived = [first]
        with pytest.raises(SystemUnavailableError):
            arrived.extend(running)
        rows = [one for batch in arrived for one in batch.rows.column("id").to_pylist()]
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        for batch in batches(source, reading, arrived[-1].resume):
            rows += batch.rows.column("id").to_pylist()
    assert rows == list(range(1, 100001))


def test_a_slow_reader_holds_the_server_back(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, filler text)",
        "INSERT INTO t SELECT seq, repeat('x', 900) FROM seq_1_to_200000",
    )
    with closing(MysqlSource(options_of(mariadb_database))) as source:
        running = batches(source, Reading("t", batch_bytes=1 << 20), None)
        before = pa.total_allocated_bytes()
        next(running)
        state = ""
        while state != "Writing to net":  # until it waits for us; the test has a time limit
            threading.Event().wait(0.05)
            [(state,)] = rows_of(
                mariadb_database,
                "SELECT state FROM information_schema.processlist WHERE db = DATABASE() "
                "AND info LIKE 'SELECT %FORCE INDEX%' AND id <> CONNECTION_ID()",
            )
        assert pa.total_allocated_bytes() - before < 32 << 20
        running.close()  # type: ignore[attr-defined]
    assert read_all(options_of(mariadb_database), "t", want=3).num_rows == 200000


def test_values_of_every_length_that_the_protocol_tells_apart(
    mariadb_database: Server,
) -> None:
    sizes = [0, 1, 250, 251, 252, 255, 256, 65535, 65536, (1 << 24) - 9, (1 << 24) - 5, 1 << 24]
    rows = ", ".join(
        f"({at}, repeat('{at % 10}', {size}), {'NULL' if at % 2 else at})"
        for at, size in enumerate(sizes)
    )
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, v longtext, w int)",
        f"INSERT INTO t VALUES {rows}",
    )

    table = read_all(options_of(mariadb_database), "t")

    assert [len(text) for text in table.column("v").to_pylist()] == sizes
    assert [set(text) for text in table.column("v").to_pylist()] == [
        {str(at % 10)} if size else set() for at, size in enumerate(sizes)
    ]
    assert table.column("w").to_pylist() == [None if at % 2 else at for at in range(len(sizes))]
