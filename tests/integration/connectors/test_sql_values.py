"""Databases behind SQLAlchemy keep values exactly, or refuse them."""

from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.integration.connectors.sql_copying import (
    count,
    load_of,
    options_of,
    read,
    torture,
    write,
)
from tools.services import Server, execute

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.data.conform import conform
from landbridge.data.types import (
    meaning_of,
)
from landbridge.kernel.errors import (
    DataUnreadableError,
    RowsRefusedError,
    SchemaChangedError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.sink import WriteMode
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


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
def test_every_type_comes_back_equal(
    options: SqlOptions, context: Context, mode: WriteMode
) -> None:
    rows = torture()

    write(options, context, rows, load_of(mode, key=("id",)))

    found = read(options, context)
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
    rows = torture().select(["id", name]).slice(0, 1)
    width = pa.int32() if name == "day" else pa.int64()
    far = pa.array([value], width).cast(rows.schema.types[1])

    with pytest.raises(RowsRefusedError, match="beyond"):
        write(options, context, rows.set_column(1, rows.schema.field(1), far), load_of())

    assert count(options, context) == 0


def test_text_longer_than_its_column_is_refused_by_servers(
    mariadb_database: Server, context: Context
) -> None:
    execute(mariadb_database, "SET GLOBAL sql_mode = ''", "CREATE TABLE t (x varchar(3))")
    rows = pa.RecordBatch.from_pydict({"x": ["abc", "abcd"]})

    with pytest.raises(RowsRefusedError, match="too long"):
        write(options_of(mariadb_database), context, rows, load_of())

    execute(mariadb_database, "SET GLOBAL sql_mode = DEFAULT")
    assert count(options_of(mariadb_database), context) == 0


def test_types_of_one_system_are_read_as_its_text(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(
        postgres_database,
        "CREATE TABLE t AS SELECT inet '10.0.0.1/8' AS net, ARRAY[1, NULL] AS list, "
        "interval '1 mon 2 days' AS span, jsonb '{\"a\": 1.0}' AS doc, "
        "B'0101'::bit(4) AS mask, 'NaN'::numeric AS number, money '12.5' AS price",
    )

    found = read(postgres, context)

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

    [row] = read(options_of(mariadb_database), context).to_pylist()

    assert row["b"] == "000000000101"
    assert (row["u"], row["y"], row["e"]) == (2**64 - 1, 2026, "大")


def test_a_type_of_mysql_without_an_exact_text_is_refused(
    mariadb_database: Server, context: Context
) -> None:
    execute(mariadb_database, "CREATE TABLE t (id int PRIMARY KEY, p point)")
    execute(mariadb_database, "INSERT INTO t VALUES (1, POINT(1, 2))")

    with pytest.warns(sa.exc.SAWarning), pytest.raises(DataUnreadableError, match="p is"):
        read(options_of(mariadb_database), context)


def test_an_infinite_date_is_unreadable_and_not_guessed(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(postgres_database, "CREATE TABLE t AS SELECT date 'infinity' AS day")

    with pytest.raises(DataUnreadableError):
        read(postgres, context)


def test_a_negative_time_is_no_time_of_day(mariadb_database: Server, context: Context) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, x time)",
        "INSERT INTO t VALUES (1, '10:00'), (2, '-10:00')",
    )

    with pytest.raises(DataUnreadableError, match="x holds a timedelta") as failure:
        read(options_of(mariadb_database), context)

    assert failure.value.facts["column"] == "x"


def test_a_column_that_would_change_values_is_refused_before_any_row(
    postgres: SqlOptions, postgres_database: Server, context: Context
) -> None:
    execute(postgres_database, "CREATE TABLE t (id bigint, n numeric(4,1))")
    rows = pa.RecordBatch.from_pydict({"id": [1], "n": [1.25]})

    with pytest.raises(SchemaChangedError, match="does not keep"):
        write(postgres, context, rows, load_of())
