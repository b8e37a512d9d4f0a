import threading
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.integration.connectors.postgres_copying import (
    ID,
    SETTLED,
    a_load,
    options_of,
    pairs,
    rows_of,
    run,
    write,
)
from tools.services import Server, postgres

from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.data.types import UUID, Meaning, column
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    OptionsInvalidError,
    SchemaChangedError,
    SystemUnavailableError,
)
from landbridge.sdk.sink import WriteMode


@pytest.mark.parametrize("declared", ["PRIMARY KEY", "UNIQUE", ""])
def test_merge_works_with_and_without_a_unique_key(
    postgres_database: Server, declared: str
) -> None:
    run(
        postgres_database,
        f"CREATE TABLE t (id bigint {declared}, name text, extra int DEFAULT 5)",
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
    )
    write(options_of(postgres_database), a_load("merge"), pairs((2, "B"), (3, None)))

    assert rows_of(postgres_database, "SELECT * FROM t ORDER BY id") == [
        (1, "a", 1),
        (2, "B", 2),
        (3, None, 5),
    ]


def test_identity_columns_take_the_sources_numbers(postgres_database: Server) -> None:
    options = options_of(postgres_database)
    modes: tuple[WriteMode, ...] = ("append", "merge", "replace", "mirror")
    for mode in modes:
        run(
            postgres_database,
            f"CREATE TABLE {mode}d (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "name text)",
        )
        write(options, a_load(mode, f"{mode}d"), pairs((41, "x"), (7, "y")))
        assert rows_of(postgres_database, f"SELECT id FROM {mode}d ORDER BY 1") == [(7,), (41,)]


def test_a_merge_of_keys_alone_adds_what_is_missing(postgres_database: Server) -> None:
    only = pa.schema([ID])
    load = a_load("merge", columns=only)
    rows = pa.RecordBatch.from_pydict({"id": [1, 2]}, schema=only)
    write(options_of(postgres_database), load, rows, rows)
    assert rows_of(postgres_database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_mirror_touches_only_rows_that_differ(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'same'), (2, 'old'), (3, NULL), (4, 'gone')",
    )
    kept = "SELECT id, name, xmin::text FROM t WHERE id IN (1, 3) ORDER BY id"
    before = rows_of(postgres_database, kept)

    published = write(
        options_of(postgres_database),
        a_load("mirror"),
        pairs((1, "same"), (2, "new"), (3, None), (5, "added")),
    )

    assert published.deleted == 1
    assert rows_of(postgres_database, kept) == before
    assert rows_of(postgres_database, "SELECT id, name FROM t ORDER BY id") == [
        (1, "same"),
        (2, "new"),
        (3, None),
        (5, "added"),
    ]


def test_merge_and_mirror_need_a_key(postgres_database: Server) -> None:
    modes: tuple[WriteMode, ...] = ("merge", "mirror")
    with closing(PostgresSink(options_of(postgres_database))) as sink:
        for mode in modes:
            keyless = replace(a_load(mode), key=())
            with pytest.raises(OptionsInvalidError, match="identify"):
                sink.changes(keyless)


def test_columns_are_widened_to_hold_the_sources_type(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id int PRIMARY KEY, n smallint, s varchar(2), d numeric(4,1), "
        "f real, free varchar(9))",
        "INSERT INTO t VALUES (1, 2, 'ab', 100.5, 0.5, 'x')",
    )
    columns = pa.schema(
        [
            ID,
            column("n", pa.uint32(), Meaning("int")),
            column("s", pa.string(), Meaning("text", length=40)),
            column("d", pa.decimal128(10, 4), Meaning("decimal")),
            column("f", pa.float64(), Meaning("float")),
            column("free", pa.string(), Meaning("text")),
        ]
    )
    load = a_load("append", columns=columns)
    with closing(PostgresSink(options_of(postgres_database))) as sink:
        actions = [change.action for change in sink.changes(load)]
        sink.open(load).close()

    assert actions == ["widen_column"] * 5 + ["write"]
    types = rows_of(
        postgres_database,
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum",
    )
    assert [name for (name,) in types] == [
        "bigint",
        "bigint",
        "character varying(40)",
        "numeric(10,4)",
        "double precision",
        "character varying(9)",
    ]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("id bigint, name timestamptz", "does not take text"),
        ("id bigint, name bytea", "does not take text"),
        ("id bigint, name text, more int NOT NULL", "must have a value"),
        ("id bigint, name text GENERATED ALWAYS AS ('x') STORED", "generated"),
        ("id boolean, name text", "does not take int"),
    ],
)
def test_targets_that_cannot_fit_are_told_before_anything(
    postgres_database: Server, declared: str, told: str
) -> None:
    run(postgres_database, f"CREATE TABLE t ({declared})")
    with closing(PostgresSink(options_of(postgres_database))) as sink:
        for refusing in (sink.changes, sink.open):
            with pytest.raises(SchemaChangedError, match=told):
                refusing(a_load("append"))
    assert rows_of(postgres_database, "SELECT * FROM t") == []


def test_a_view_is_not_replaced(postgres_database: Server) -> None:
    run(postgres_database, "CREATE VIEW t AS SELECT 1::bigint AS id, 'x'::text AS name")
    with (
        closing(PostgresSink(options_of(postgres_database))) as sink,
        pytest.raises(SchemaChangedError, match="no table"),
    ):
        sink.changes(a_load("replace"))


def test_a_missing_schema_is_made_and_partitions_are_filled(postgres_database: Server) -> None:
    options = options_of(postgres_database)
    write(options, a_load("append", 'new 层."a.b"'), pairs((1, "x")))
    assert rows_of(postgres_database, 'SELECT * FROM "new 层"."a.b"') == [(1, "x")]

    run(
        postgres_database,
        "CREATE TABLE parts (id bigint PRIMARY KEY, name text) PARTITION BY HASH (id)",
        "CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    )
    modes: tuple[WriteMode, ...] = ("append", "merge", "mirror", "replace")
    for generation, mode in enumerate(modes, start=1):
        low = 1 if mode == "append" else 2
        rows = pairs((low, mode), (low + 4, mode))
        write(options, a_load(mode, "parts", generation=generation), rows)
    assert rows_of(postgres_database, "SELECT * FROM parts ORDER BY id") == [
        (2, "replace"),
        (6, "replace"),
    ]


def test_text_columns_take_what_has_a_plain_text(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id text PRIMARY KEY, u text, d varchar(8), b text, j jsonb)",
    )
    schema = pa.schema(
        [
            ID,
            column("u", UUID, Meaning("uuid")),
            column("d", pa.decimal128(9, 2), Meaning("decimal")),
            column("b", pa.bool_(), Meaning("bool")),
            column("j", pa.string(), Meaning("text")),
        ]
    )
    rows = pa.RecordBatch.from_pylist(
        [{"id": 5, "u": bytes(16), "d": Decimal("1.50"), "b": True, "j": '{"a":1}'}],
        schema=schema,
    )
    write(options_of(postgres_database), a_load("merge", columns=schema), rows)
    assert rows_of(postgres_database, "SELECT id, u, d, b, j::text FROM t") == [
        ("5", "00000000-0000-0000-0000-000000000000", "1.50", "true", '{"a": 1}')
    ]


def test_a_session_cut_while_writing_leaves_the_settled_rows(
    postgres_database: Server,
) -> None:
    options = options_of(postgres_database)
    load = a_load("append")
    with (
        closing(PostgresSink(options)) as sink,
        closing(sink.open(load)) as loading,
        closing(loading.writer()) as writer,
    ):
        writer.write(pairs((1, "a")), SETTLED)
        rows_of(
            postgres_database,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
            "application_name = 'landbridge' AND datname = current_database()",
        )
        with pytest.raises(SystemUnavailableError) as failure:
            writer.write(pairs((2, "b")), replace(SETTLED, batches=2))
        assert failure.value.retry == "reconnect"
    with closing(PostgresSink(options)) as sink:
        resumed = replace(load, run_id="run-2", resume=True)
        with closing(sink.open(resumed)) as loading, closing(loading.writer()) as writer:
            found = sink.progress(load.load_id, load.stream)
            assert found is not None
            assert found.shares["all"].batches == 1
            writer.write(pairs((2, "b")), replace(SETTLED, batches=2))
            loading.publish()
    assert rows_of(postgres_database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_staged_rows_survive_the_death_of_the_server() -> None:
    with postgres() as server:
        options = options_of(server)
        load = a_load("replace")
        with (
            closing(PostgresSink(options)) as sink,
            closing(sink.open(load)) as loading,
            closing(loading.writer()) as writer,
        ):
            writer.write(pairs((1, "a")), SETTLED)
            server.kill()
            with pytest.raises(SystemUnavailableError):
                writer.write(pairs((2, "b")), replace(SETTLED, batches=2))
        server.start()
        with closing(PostgresSink(options)) as sink:
            resumed = replace(load, run_id="run-2", resume=True)
            with closing(sink.open(resumed)) as loading:
                with closing(loading.writer()) as writer:
                    writer.write(pairs((2, "b")), replace(SETTLED, batches=2))
                loading.publish()
        assert rows_of(server, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_rights_that_do_not_suffice_are_told(postgres_database: Server) -> None:
    run(
        postgres_database,
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN PASSWORD 'x'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    options = options_of(postgres_database, user="guest", password="x")
    with closing(PostgresSink(options)) as sink:
        assert "PostgreSQL" in sink.check()
        with pytest.raises(AuthenticationRefusedError, match="permission denied"):
            sink.open(a_load("append"))


def test_loads_may_begin_at_the_same_time(postgres_database: Server) -> None:
    options = options_of(postgres_database)
    failures: list[BaseException] = []

    def begin(number: int) -> None:
        try:
            write(options, a_load("replace", f"t{number}"), pairs((number, "x")))
        except BaseException as error:  # noqa: BLE001  told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert rows_of(postgres_database, "SELECT count(*) FROM _landbridge_loads") == [(6,)]


def test_merge_finds_rows_of_inheriting_tables(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "CREATE TABLE child () INHERITS (t)",
        "INSERT INTO child VALUES (1, 'old')",
    )
    write(options_of(postgres_database), a_load("merge"), pairs((1, "new"), (2, "added")))
    assert rows_of(postgres_database, "SELECT * FROM t ORDER BY id") == [
        (1, "new"),
        (2, "added"),
    ]
    assert rows_of(postgres_database, "SELECT * FROM child") == [(1, "new")]
