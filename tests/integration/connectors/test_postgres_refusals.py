from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.integration.connectors.postgres_copying import (
    ID,
    NAME,
    a_load,
    options_of,
    pairs,
    refused,
    rows_of,
    run,
    write,
)
from tools.services import Server

from landbridge.data.types import INSTANT, TIMESTAMP, Meaning, column
from landbridge.sdk.sink import WriteMode


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
