import threading
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from tests.integration.connectors.postgres_copying import (
    a_load,
    leftovers,
    options_of,
    pairs,
    rows_of,
    run,
    write,
)
from tools.services import Server

from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.kernel.errors import (
    LoadBusyError,
    RowsRefusedError,
    SystemBusyError,
)


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
