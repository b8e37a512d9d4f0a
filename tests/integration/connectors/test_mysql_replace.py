from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import pymysql
import pytest
from tests.integration.connectors.mysql_copying import (
    PAIR,
    SETTLED,
    a_load,
    leftovers,
    options_of,
    pairs,
    rows_of,
    write,
)
from tools.services import Server, execute

from landbridge.connectors.mysql.names import names_of
from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.data.types import Meaning, column
from landbridge.kernel.errors import LoadBusyError, SchemaChangedError, SystemBusyError
from landbridge.sdk.sink import Load

NEW = [(7, "b"), (8, "a")]


def test_replace_keeps_indexes_defaults_comments_and_further_columns(
    mariadb_database: Server,
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY COMMENT '号', name varchar(50) NOT NULL, "
        "made timestamp NOT NULL DEFAULT now(), more int, KEY `by ``name` (name(5), made), "
        "UNIQUE KEY one (name, id), FULLTEXT KEY words (name)) COMMENT 'it''s'",
        "INSERT INTO t (id, name) VALUES (1, 'x')",
    )
    [before] = rows_of(mariadb_database, "SHOW CREATE TABLE t")

    write(options_of(mariadb_database), a_load("replace"), pairs((7, "b"), (8, "a")))

    assert rows_of(mariadb_database, "SELECT id, name FROM t ORDER BY id") == NEW
    [after] = rows_of(mariadb_database, "SHOW CREATE TABLE t")
    assert sorted(after[1].split("\n")) == sorted(before[1].split("\n"))
    assert leftovers(mariadb_database) == []


@pytest.mark.parametrize(
    "dependent",
    [
        "CREATE TABLE child (t bigint, FOREIGN KEY (t) REFERENCES t (id))",
        "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES parent (id)",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x = 1",
    ],
)
def test_replace_refuses_to_lose_what_hangs_on_the_table(
    mariadb_database: Server, dependent: str
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE parent (id bigint PRIMARY KEY)",
        "INSERT INTO parent VALUES (1)",
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'x')",
        dependent,
    )
    options = options_of(mariadb_database)
    with closing(MysqlSink(options)) as sink:
        for refusing in (sink.changes, sink.open):
            with pytest.raises(SchemaChangedError, match="foreign keys or triggers"):
                refusing(a_load("replace"))

    write(options, a_load("mirror", generation=2), pairs((1, "kept")))

    assert rows_of(mariadb_database, "SELECT * FROM t") == [(1, "kept")]


def staged(options: MysqlSink, load: Load) -> None:
    """Write the new rows, and leave the generation open."""
    with closing(options.open(load)) as loading, closing(loading.writer()) as writer:
        writer.write(pairs((7, "b"), (8, "a")), SETTLED)


@pytest.mark.parametrize("existed", [True, False])
def test_a_crash_between_swap_and_mark_is_finished_by_the_next_run(
    mariadb_database: Server,
    existed: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    if existed:
        execute(
            mariadb_database,
            "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
            "INSERT INTO t VALUES (1, 'old')",
        )
    load = a_load("replace")
    names = names_of(load.load_id, 1)
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        staged(sink, load)
        # What `publish` does first, by other hands; then it is as if the process had died.
        if not existed:
            execute(mariadb_database, "CREATE TABLE t (n int)")
        execute(mariadb_database, f"RENAME TABLE t TO `{names.former}`, `{names.staging}` TO t")

    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        again = replace(load, run_id="run-2", resume=True)
        with closing(sink.open(again)) as loading:
            with pytest.raises(LoadBusyError):
                loading.writer()
            loading.publish()
            loading.publish()
        found = sink.progress(load.load_id, "t")

    assert found is not None
    assert found.state == "published"
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == NEW
    assert leftovers(mariadb_database) == []


def test_a_server_that_died_between_the_two_renames_is_helped(
    mariadb_database: Server,
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
    )
    load = a_load("replace")
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        staged(sink, load)
        former = names_of(load.load_id, 1).former
        execute(mariadb_database, f"RENAME TABLE t TO `{former}`")
        with closing(sink.open(replace(load, run_id="run-2", resume=True))) as loading:
            loading.publish()
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == NEW
    assert leftovers(mariadb_database) == []


def test_a_staging_that_somebody_dropped_is_never_taken_for_published(
    mariadb_database: Server,
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
    )
    load = a_load("replace")
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        staged(sink, load)
        execute(mariadb_database, f"DROP TABLE `{names_of(load.load_id, 1).staging}`")
        with pytest.raises(LoadBusyError):
            sink.open(replace(load, resume=True))
    assert rows_of(mariadb_database, "SELECT * FROM t") == [(1, "old")]


def test_a_new_generation_fences_off_the_writers_of_the_old_one(
    mariadb_database: Server,
) -> None:
    for mode in ("replace", "mirror", "append", "merge"):
        stream = f"t_{mode}"
        later = replace(a_load(mode, stream, generation=2), run_id="run-2")
        with (
            closing(MysqlSink(options_of(mariadb_database))) as sink,
            closing(sink.open(a_load(mode, stream))) as slow,
            closing(slow.writer()) as writer,
            closing(sink.open(later)) as fresh,
        ):
            with pytest.raises(LoadBusyError):
                writer.write(pairs((1, "late")), SETTLED)
            writer.close()
            with pytest.raises(LoadBusyError):
                slow.publish()
            with closing(fresh.writer()) as good:
                good.write(pairs((2, "new")), SETTLED)
            fresh.publish()
        assert rows_of(mariadb_database, f"SELECT * FROM {stream}") == [(2, "new")]


def test_a_reader_that_holds_the_table_delays_the_swap_and_loses_nothing(
    mariadb_database: Server,
) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
    )
    load = a_load("replace")
    holder = pymysql.connect(
        host=mariadb_database.host,
        port=mariadb_database.port,
        user=mariadb_database.user,
        password=mariadb_database.password,
        database=mariadb_database.database,
    )
    with (
        closing(MysqlSink(options_of(mariadb_database, lock_timeout_secs=1))) as sink,
        closing(sink.open(load)) as loading,
    ):
        with closing(loading.writer()) as writer:
            writer.write(pairs((7, "b"), (8, "a")), SETTLED)
        with closing(holder), holder.cursor() as cursor:
            cursor.execute("SELECT * FROM t")
            with pytest.raises(SystemBusyError):
                loading.publish()
            assert rows_of(mariadb_database, "SELECT * FROM t") == [(1, "old")]
        loading.publish()
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == NEW


def test_mirror_and_merge_work_on_a_table_without_a_key(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint NOT NULL, name text, more int DEFAULT 5)",
        "INSERT INTO t (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
    )
    options = options_of(mariadb_database)

    write(options, a_load("merge"), pairs((2, "B"), (4, "d")))
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == [
        (1, "a", 5),
        (2, "B", 5),
        (3, "c", 5),
        (4, "d", 5),
    ]

    done = write(options, a_load("mirror", generation=2), pairs((2, "bb"), (9, "i")))
    assert done.deleted == 3
    assert rows_of(mariadb_database, "SELECT * FROM t ORDER BY id") == [
        (2, "bb", 5),
        (9, "i", 5),
    ]


def test_keys_that_differ_in_case_and_blanks_are_different_rows(
    mariadb_database: Server,
) -> None:
    columns = pa.schema(
        [
            column("code", pa.string(), Meaning("text"), nullable=False),
            column("name", pa.string(), Meaning("text")),
        ]
    )
    codes = ["a", "A", "a ", "ä", "a\t", "Ａ"]
    rows = pa.RecordBatch.from_pylist(
        [{"code": code, "name": code} for code in codes], schema=columns
    )
    load = replace(a_load("merge", columns=columns), key=("code",))

    for generation in (1, 2):
        write(options_of(mariadb_database), replace(load, generation=generation), rows)

    found = rows_of(mariadb_database, "SELECT code FROM t")
    assert sorted(code for (code,) in found) == sorted(codes)


def test_wide_rows_and_long_keys_find_a_type(mariadb_database: Server) -> None:
    names = [f"c{at}" for at in range(100)]
    columns = pa.schema(
        [
            column("k1", pa.string(), Meaning("text"), nullable=False),
            column("k2", pa.binary(), Meaning("binary", length=900), nullable=False),
            *(column(name, pa.string(), Meaning("text", length=255)) for name in names),
        ]
    )
    row = {"k1": "k", "k2": b"\0", **dict.fromkeys(names, "中" * 200)}
    rows = pa.RecordBatch.from_pylist([row], schema=columns)
    load = replace(a_load("append", columns=columns), key=("k1", "k2"))

    write(options_of(mariadb_database), load, rows)

    [(found,)] = rows_of(mariadb_database, "SELECT c99 FROM t")
    assert found == "中" * 200


def test_changes_tell_every_statement(mariadb_database: Server) -> None:
    options = options_of(mariadb_database)
    with closing(MysqlSink(options)) as sink:
        [made] = sink.changes(a_load("replace"))
        assert made.action == "create"
        assert "PRIMARY KEY (`id`)" in made.statement
    write(options, a_load("append"), pairs((1, "a")))
    wider = pa.schema([*PAIR, column("more", pa.int32(), Meaning("int"))])
    with closing(MysqlSink(options)) as sink:
        found = sink.changes(a_load("mirror", columns=wider, generation=2))
    assert [one.action for one in found] == ["add_column", "delete_rows"]
    assert [one.destructive for one in found] == [False, True]
