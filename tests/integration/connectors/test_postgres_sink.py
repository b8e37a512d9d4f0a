import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest
from tests.integration.connectors.postgres_copying import options_of, rows_of, run, write
from tools.services import Server, postgres

from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import INSTANT, TIMESTAMP, UUID, Meaning, column
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    LoadBusyError,
    OptionsInvalidError,
    RowsRefusedError,
    SchemaChangedError,
    SystemBusyError,
    SystemUnavailableError,
)
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, WriteMode

ID = column("id", pa.int64(), Meaning("int"), nullable=False)
NAME = column("name", pa.string(), Meaning("text"))
PAIR = pa.schema([ID, NAME])
SETTLED = Settled("all", 1, Position(b"1"), Counts())


def pairs(*rows: tuple[int, str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [{"id": number, "name": name} for number, name in rows], schema=PAIR
    )


def a_load(
    mode: WriteMode, stream: str = "t", *, columns: pa.Schema = PAIR, generation: int = 1
) -> Load:
    return Load(f"test/{stream}", "run", generation, stream, columns, mode, key=("id",))


def refused(server: Server, load: Load, rows: pa.RecordBatch) -> RowsRefusedError:
    with closing(PostgresSink(options_of(server))) as sink, closing(sink.open(load)) as loading:
        with closing(loading.writer()) as writer:
            with pytest.raises(RowsRefusedError) as failure:
                writer.write(rows, SETTLED)
            assert writer.refusal(rows)
        found = sink.progress(load.load_id, load.stream)
        assert found is not None
        assert found.shares == {}
    return failure.value


# Replace ------------------------------------------------------------------------------


def test_replace_keeps_indexes_constraints_grants_defaults_and_comments(
    postgres_database: Server,
) -> None:
    run(
        postgres_database,
        "DO $$ BEGIN CREATE ROLE watcher; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE TABLE groups (name text PRIMARY KEY)",
        "INSERT INTO groups VALUES ('a'), ('b')",
        'CREATE TABLE t (id bigint CONSTRAINT "the key" PRIMARY KEY, '
        "name text NOT NULL CHECK (name <> '') REFERENCES groups, "
        "made timestamptz NOT NULL DEFAULT now(), UNIQUE (name, id))",
        'CREATE INDEX "by USING name" ON t USING hash (name) WHERE id > 0',
        "CREATE UNIQUE INDEX lowered ON t (lower(name), id DESC) INCLUDE (made)",
        "COMMENT ON TABLE t IS 'it''s'",
        "COMMENT ON COLUMN t.name IS '名'",
        "GRANT SELECT, UPDATE ON t TO watcher WITH GRANT OPTION",
        "GRANT SELECT ON t TO PUBLIC",
        "INSERT INTO t VALUES (1, 'a')",
    )
    described = (
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 't'::regclass "
        "UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = 't'::regclass "
        "UNION ALL SELECT relacl::text FROM pg_class WHERE oid = 't'::regclass "
        "UNION ALL SELECT obj_description('t'::regclass) "
        "UNION ALL SELECT col_description('t'::regclass, 2) "
        "UNION ALL SELECT column_default FROM information_schema.columns "
        "WHERE table_name = 't' AND column_name = 'made' ORDER BY 1"
    )
    before = rows_of(postgres_database, described)
    oid = rows_of(postgres_database, "SELECT 't'::regclass::oid")

    write(options_of(postgres_database), a_load("replace"), pairs((7, "b"), (8, "a")))

    assert rows_of(postgres_database, "SELECT id, name FROM t ORDER BY id") == [
        (7, "b"),
        (8, "a"),
    ]
    assert rows_of(postgres_database, described) == before
    assert rows_of(postgres_database, "SELECT 't'::regclass::oid") != oid
    assert leftovers(postgres_database) == []


@pytest.mark.parametrize(
    "dependent",
    [
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE VIEW v AS SELECT row_to_json(t) FROM t",
        "CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM t",
        "CREATE TABLE child (t bigint REFERENCES t DEFERRABLE)",
        "CREATE TABLE v (row t)",
        "CREATE TABLE child () INHERITS (t)",
        "ALTER TABLE t ADD serial serial",
        "ALTER TABLE t ADD number int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE t ADD twice bigint GENERATED ALWAYS AS (id * 2) STORED",
        "CREATE POLICY p ON t USING (true)",
        "ALTER TABLE t SET (fillfactor = 50)",
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "CREATE STATISTICS s ON id, name FROM t",
        "CREATE PUBLICATION pub FOR TABLE t",
        "GRANT SELECT (name) ON t TO PUBLIC",
        "CREATE TRIGGER tr BEFORE UPDATE ON t EXECUTE FUNCTION "
        "suppress_redundant_updates_trigger()",
        "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT max(id) FROM t; END",
    ],
)
def test_replace_keeps_the_identity_of_a_table_that_others_stand_on(
    postgres_database: Server, dependent: str
) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (7, 'old')",
        dependent,
    )
    oid = rows_of(postgres_database, "SELECT 't'::regclass::oid")

    write(options_of(postgres_database), a_load("replace"), pairs((7, "new"), (8, "新")))

    assert rows_of(postgres_database, "SELECT id, name FROM t ORDER BY id") == [
        (7, "new"),
        (8, "新"),
    ]
    assert rows_of(postgres_database, "SELECT 't'::regclass::oid") == oid
    assert leftovers(postgres_database) == []


def test_a_replace_that_would_orphan_references_leaves_the_old_rows(
    postgres_database: Server,
) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
        "CREATE TABLE child (t bigint REFERENCES t)",
        "INSERT INTO child VALUES (1)",
    )
    with pytest.raises(RowsRefusedError, match="child"):
        write(options_of(postgres_database), a_load("replace"), pairs((2, "new")))

    assert rows_of(postgres_database, "SELECT id, name FROM t") == [(1, "old")]
    with closing(PostgresSink(options_of(postgres_database))) as sink:
        progress = sink.progress("test/t", "t")
    assert progress is not None
    assert progress.state == "open"


def test_readers_of_a_replaced_table_never_see_less_than_all_rows(
    postgres_database: Server,
) -> None:
    options = options_of(postgres_database)
    write(options, a_load("replace"), pairs(*((n, "0") for n in range(500))))
    seen: set[tuple[object, ...]] = set()
    stop = threading.Event()

    def look() -> None:
        with psycopg.connect(postgres_database.url, autocommit=True) as connection:
            while not stop.is_set():
                found = connection.execute("SELECT count(*), min(name), max(name) FROM t")
                seen.update(found.fetchall())

    reader = threading.Thread(target=look)
    reader.start()
    for generation in range(2, 12):
        rows = pairs(*((n, str(generation)) for n in range(500)))
        write(options, a_load("replace", generation=generation), rows)
    stop.set()
    reader.join()

    assert len(seen) > 1
    assert {(count, low == high) for count, low, high in seen} == {(500, True)}


def test_a_lock_that_readers_hold_is_waited_for_and_then_tried_later(
    postgres_database: Server,
) -> None:
    options = options_of(postgres_database, lock_timeout_secs=1)
    write(options, a_load("replace"), pairs((1, "old")))
    with psycopg.connect(postgres_database.url) as reader:
        reader.execute("SELECT * FROM t")
        with pytest.raises(SystemBusyError) as failure:
            write(options, a_load("replace", generation=2), pairs((2, "new")))
    assert failure.value.retry == "later"
    with closing(PostgresSink(options)) as sink:
        resumed = replace(a_load("replace", generation=2), resume=True)
        with closing(sink.open(resumed)) as loading:
            loading.publish()
    assert rows_of(postgres_database, "SELECT * FROM t") == [(2, "new")]


def test_stages_of_earlier_generations_are_removed(postgres_database: Server) -> None:
    options = options_of(postgres_database)
    with closing(PostgresSink(options)) as sink:
        for generation in (1, 2):
            sink.open(a_load("replace", generation=generation)).close()
        [(stage,)] = leftovers(postgres_database)
        run(postgres_database, f"DROP TABLE {stage}")
        lost = replace(a_load("replace", generation=2), resume=True)
        with pytest.raises(LoadBusyError, match="gone"):
            sink.open(lost)


# Merge and mirror ---------------------------------------------------------------------


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


# Refusals -----------------------------------------------------------------------------


def test_a_nul_character_names_its_rows(postgres_database: Server) -> None:
    rows = pairs((1, "good"), (2, "a\0b"), (3, None), (4, "\0"))
    error = refused(postgres_database, a_load("append"), rows)
    assert set(error.rejected) == {1, 3}
    assert "name" not in error.facts
    assert "NUL" in error.rejected[1]


NARROW: dict[str, tuple[pa.Field, list[object], set[int]]] = {
    "varchar(3)": (NAME, ["abc", "abcd", "abc   "], {1, 2}),
    "numeric(5,2)": (
        column("name", pa.decimal128(20, 4), Meaning("decimal")),
        [Decimal("1.2300"), Decimal("1.2345"), Decimal("999.9900")],
        {1},
    ),
    "numeric(6,2)": (
        column("name", pa.string(), Meaning("number")),
        ["1.230000", "1.234", "5"],
        {1},
    ),
    "smallint": (column("name", pa.int64(), Meaning("int")), [1, 40_000, -32_768], {1}),
    "real": (column("name", pa.float64(), Meaning("float")), [0.5, 0.1, float("nan")], {1}),
    "timestamp(3)": (
        column("name", TIMESTAMP, Meaning("timestamp")),
        [
            datetime(2026, 1, 1, 0, 0, 0, 123_000),  # noqa: DTZ001  local by its type
            datetime(2026, 1, 1, 0, 0, 0, 123_456),  # noqa: DTZ001  local by its type
            None,
        ],
        {1},
    ),
}


@pytest.mark.parametrize("native", NARROW)
def test_values_that_the_target_would_change_are_refused_row_by_row(
    postgres_database: Server, native: str
) -> None:
    field, values, wrong = NARROW[native]
    run(postgres_database, f"CREATE TABLE t (id bigint PRIMARY KEY, name {native})")
    schema = pa.schema([ID, field])
    rows = pa.RecordBatch.from_arrays(
        [pa.array(range(len(values))), pa.array(values, field.type)], schema=schema
    )
    fixed = replace(a_load("append", columns=schema), evolve=False)

    assert set(refused(postgres_database, fixed, rows).rejected) == wrong


def test_moments_that_only_arrow_can_count_are_refused(postgres_database: Server) -> None:
    schema = pa.schema(
        [
            ID,
            column("day", pa.date32(), Meaning("date")),
            column("at", INSTANT, Meaning("instant")),
        ]
    )
    days = pa.array([0, -(2**31) + 5, 5, 2**31 - 1], pa.int32()).view(pa.date32())
    moments = pa.array([0, 0, -(2**62), 2**63 - 1], pa.int64()).view(INSTANT)
    rows = pa.RecordBatch.from_arrays([pa.array(range(4)), days, moments], schema=schema)
    error = refused(postgres_database, a_load("append", columns=schema), rows)
    assert set(error.rejected) == {1, 2}

    run(postgres_database, "DROP TABLE t")
    write(
        options_of(postgres_database),
        a_load("append", columns=schema, generation=2),
        rows.take(pa.array([0, 3])),
    )
    assert rows_of(postgres_database, "SELECT id, day::text, at::text FROM t ORDER BY id")[
        1
    ] == (3, "infinity", "infinity")


@pytest.mark.parametrize(
    "declared",
    [
        "name text CHECK (name <> 'bad')",
        "name text REFERENCES allowed",
        "name text REFERENCES allowed DEFERRABLE INITIALLY DEFERRED",
        "name text UNIQUE DEFERRABLE INITIALLY DEFERRED",
        "name text NOT NULL",
        "name inet",
        "name uuid",
        "name jsonb",
        "name public.mood",
        "name bit(3)",
    ],
)
def test_rows_that_a_constraint_or_type_refuses_leave_nothing(
    postgres_database: Server, declared: str
) -> None:
    run(
        postgres_database,
        "CREATE TYPE public.mood AS ENUM ('good')",
        "CREATE TABLE allowed (name text PRIMARY KEY)",
        "INSERT INTO allowed VALUES ('good')",
        f"CREATE TABLE t (id bigint PRIMARY KEY, {declared})",
    )
    value = None if "NOT NULL" in declared else "bad"
    rows = pairs((1, value), (2, value))

    assert str(refused(postgres_database, a_load("append"), rows))
    assert rows_of(postgres_database, "SELECT * FROM t") == []


def test_rows_that_a_trigger_swallows_are_missed(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END'",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION skip()",
    )
    modes: tuple[WriteMode, ...] = ("append", "merge")
    for mode in modes:
        load = replace(a_load(mode), load_id=mode)
        error = refused(postgres_database, load, pairs((1, "a"), (2, "b")))
        assert "took 1 of 2" in str(error)
        assert rows_of(postgres_database, "SELECT * FROM t") == []


# Evolving -----------------------------------------------------------------------------


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


# Failures -----------------------------------------------------------------------------


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


def leftovers(server: Server) -> list[tuple[object, ...]]:
    return rows_of(
        server,
        "SELECT relname FROM pg_class WHERE relname LIKE '\\_landbridge\\_stage%' "
        "AND relkind = 'r'",
    )
