"""Values that SQLAlchemy's types would bend in silence are read exactly, or refused."""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from tests.integration.connectors.sql_copying import load_of, options_of, read, write
from tools.services import Server, execute

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.source import SqlSource
from landbridge.data.types import TIME, Meaning, column
from landbridge.kernel.errors import DataUnreadableError, RowsRefusedError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading

TENTH = struct.unpack("f", struct.pack("f", 0.1))[0]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


def _sqlite(context: Context, declared: str, *values: object) -> SqlOptions:
    path = context.folder / "t.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared})")
        connection.executemany("INSERT INTO t (v) VALUES (?)", [(value,) for value in values])
    return SqlOptions.model_validate({"url": f"sqlite:///{path}"})


@pytest.mark.parametrize(
    ("declared", "value", "found"),
    [
        ("NUMERIC", 0.30000000000000004, "0.30000000000000004"),
        ("NUMERIC", 1, "1"),
        ("", 0.30000000000000004, "0.30000000000000004"),
        ("JSON", "[1.0]", "[1.0]"),
    ],
)
def test_numbers_of_sqlite_keep_every_digit(
    context: Context, declared: str, value: object, found: str
) -> None:
    rows = read(_sqlite(context, declared, value), context)

    assert rows.column("v").to_pylist() == [found]


def test_moments_of_sqlite_are_read_to_the_microsecond(context: Context) -> None:
    texts = ("2026-01-01 00:00:00.5", "0001-01-01", None)

    [first, second, third] = read(_sqlite(context, "DATETIME", *texts), context).column("v")

    assert first.value == 1_767_225_600_500_000
    assert second.value == -62_135_596_800_000_000
    assert not third.is_valid


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("NUMERIC", "text"),
        ("BOOLEAN", 2),
        ("DATE", "2026-02-30"),
        ("DATETIME", "2026-01-01 00:00:00.123456789"),
        ("DATETIME", 1_767_225_600),
        ("TIME", "00:00:00.123456789"),
        ("", b"a"),
        ("TEXT", b"a"),
    ],
)
def test_a_value_of_sqlite_that_its_type_does_not_mean_is_refused(
    context: Context, declared: str, value: object
) -> None:
    with pytest.raises(DataUnreadableError, match="v holds a"):
        read(_sqlite(context, declared, value), context)


def test_text_of_sqlite_that_is_no_text_is_refused(context: Context) -> None:
    options = _sqlite(context, "TEXT")
    with closing(sqlite3.connect(context.folder / "t.db")) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT))")

    with pytest.raises(DataUnreadableError, match="decode"):
        read(options, context)


@pytest.mark.parametrize(
    ("database", "declared"), [("postgres_database", "real"), ("mariadb_database", "float")]
)
def test_a_float_of_four_bytes_has_its_exact_value(
    request: pytest.FixtureRequest, context: Context, database: str, declared: str
) -> None:
    server: Server = request.getfixturevalue(database)
    execute(server, f"CREATE TABLE t (v {declared})", "INSERT INTO t VALUES (0.1)")
    options = options_of(server)

    assert read(options, context).column("v").to_pylist() == [TENTH]
    with closing(SqlSource(options, context)) as source:
        assert source.newest(Reading("t"), "v") == repr(TENTH)


def test_a_set_of_mysql_is_read_as_its_text(mariadb_database: Server, context: Context) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, v set('a', 'b'))",
        "INSERT INTO t VALUES (1, 'b,a'), (2, '')",
    )

    rows = read(options_of(mariadb_database), context)

    assert rows.column("v").to_pylist() == ["a,b", ""]


def test_sqlite_is_given_no_float_that_it_would_change(context: Context) -> None:
    values = pa.array([1.5, float("nan"), -0.0, 0.0, None])
    rows = pa.RecordBatch.from_arrays(
        [values], schema=pa.schema([column("v", pa.float64(), Meaning("float"))])
    )
    options = SqlOptions.model_validate({"url": f"sqlite:///{context.folder / 'u.db'}"})

    with pytest.raises(RowsRefusedError) as failure:
        write(options, context, rows, load_of())

    assert set(failure.value.rejected) == {1, 2}


def test_the_end_of_a_day_is_not_written_as_its_beginning(context: Context) -> None:
    values = pa.array([0, 86_400_000_000, None], pa.int64()).cast(TIME)
    rows = pa.RecordBatch.from_arrays(
        [values], schema=pa.schema([column("v", TIME, Meaning("time"))])
    )
    options = SqlOptions.model_validate({"url": f"sqlite:///{context.folder / 'u.db'}"})

    with pytest.raises(RowsRefusedError, match="24:00"):
        write(options, context, rows, load_of())
