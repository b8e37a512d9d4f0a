from contextlib import closing

import pyarrow as pa
import pytest
from tests.integration.connectors.postgres_copying import (
    copy_table,
    options_of,
    read_all,
    rows_of,
    run,
)
from tools.services import Server

from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.connectors.postgres.source import PostgresSource
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import DataUnreadableError

COLUMNS = {
    "boolean": ("true", "false"),
    "smallint": ("-32768", "32767", "0"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "real": ("'NaN'", "'Infinity'", "'-Infinity'", "1.1754944e-38", "-0.0", "3.4028235e38"),
    "double precision": ("'NaN'", "'-Infinity'", "5e-324", "-0.0", "0.1", "1.7e308"),
    "numeric": (
        "'NaN'",
        "'Infinity'",
        "'-Infinity'",
        "1.50",
        "0.000",
        "12345678901234567890123456789012345678901234567890.123456789012345",
        "1e-60",
        "-1e70",
    ),
    "numeric(12,2)": ("9999999999.99", "-9999999999.99", "0.00", "-0.01", "10000.00"),
    "numeric(38,38)": ("0." + "9" * 38, "-0." + "0" * 37 + "1"),
    "numeric(65,30)": ("1" * 35 + "." + "9" * 30, "-" + "9" * 35 + ".5", "0"),
    "numeric(100,50)": ("1" * 50 + "." + "2" * 50,),
    "numeric(3,5)": ("0.00123",),
    "numeric(3,-2)": ("12300", "-99900"),
    "text": ("''", "'中文 😀'", r"E'tab\tline\nback\\slash'", "'\"'", "repeat('长', 300000)"),
    "varchar(5)": ("''", "'中文字符串'", "'ab   '"),
    "char(5)": ("'ab'", "'中文'", "''"),
    '"char"': ("'x'", "''"),
    "name": ("'pg_class'",),
    "bytea": (r"'\x'", r"'\x00ff27'", r"decode(repeat('00', 100000), 'hex')"),
    "date": (
        "'infinity'",
        "'-infinity'",
        "'4713-01-01 BC'",
        "'5874897-12-31'",
        "'10000-01-01'",
        "'1970-01-01'",
        "'0001-12-31 BC'",
    ),
    "time": ("'24:00:00'", "'00:00'", "'23:59:59.999999'"),
    "time(3)": ("'23:59:59.123'",),
    "timetz": ("'12:30:00.5+08'", "'24:00:00-15:59'"),
    "timestamp": (
        "'infinity'",
        "'-infinity'",
        "'4713-01-01 00:00:00.000001 BC'",
        "'294246-12-31 23:59:59.999999'",
        "'1969-12-31 23:59:59.999999'",
    ),
    "timestamp(0)": ("'2026-02-28 23:59:59'", "'infinity'"),
    "timestamptz": (
        "'infinity'",
        "'-infinity'",
        "'4713-01-01 00:00 BC'",
        "'10000-01-01 00:00+08'",
        "'2026-03-29 02:30:00 Europe/Berlin'",
        "'1900-01-01 12:00 Asia/Shanghai'",
    ),
    "interval": ("'1 year -2 mons 3 days -04:05:06.789'", "'-178000000 years'", "'0'"),
    "uuid": ("'00000000-0000-0000-0000-000000000000'", "gen_random_uuid()"),
    "json": ("""'{"b": 1,  "a": [null, "\\u0000", 1.00]}'""", "'null'"),
    "jsonb": ("""'{"b": 1, "a": [null, "中", 1.00, 1e400]}'""", "'\"\"'", "'null'"),
    "bit(3)": ("B'101'",),
    "bit varying(9)": ("B''", "B'101010101'"),
    "bit varying": ("B'1'",),
    "integer[]": ("'{}'", "'{1,NULL,3}'", "'{{1,2},{3,4}}'", "'[5:6]={1,2}'"),
    "text[]": ("""'{"a,b","\\"q\\"",NULL,"",null}'""", "ARRAY['中']"),
    "numeric(5,2)[]": ("'{1.50,NaN}'",),
    "timestamptz[]": ("'{infinity,\"2026-01-01 00:00+00\"}'",),
    "inet": ("'10.1.2.3/8'", "'::1'"),
    "cidr": ("'10.0.0.0/8'",),
    "macaddr": ("'08:00:2b:01:02:03'",),
    "macaddr8": ("'08:00:2b:01:02:03:04:05'",),
    "money": ("'-92233720368547758.08'", "'1234.56'"),
    "xml": ("'<a>文</a>'", "'x<b/>'"),
    "int4range": ("'[1,5)'", "'empty'", "'(,5)'"),
    "tstzrange": ("'[2026-01-01 00:00+00,infinity)'",),
    "int4multirange": ("'{[1,2),[5,9)}'",),
    "point": ("'(0.1,-2)'",),
    "box": ("'(1,1),(0,0)'",),
    "path": ("'((0,0),(1,1))'",),
    "polygon": ("'((0,0),(1,1),(2,0))'",),
    "circle": ("'<(0,0),1>'",),
    "tsvector": ("to_tsvector('simple', 'a b''c')",),
    "tsquery": ("'a & !b'",),
    "oid": ("4294967295",),
    "regclass": ("'pg_class'",),
    "pg_lsn": ("'16/B374D848'",),
    "xid": ("'4294967295'",),
    "jsonpath": ("'$.a[*] ? (@ > 1)'",),
    "public.mood": ("'sad'", "'快乐 happy'"),
    "public.mood[]": ("'{sad}'",),
    "public.pair": ("ROW(1, 'a,b')",),
    "public.positive": ("7", "NULL"),
    "public.code": ("'ab'",),
    "public.tags": ("'{a,b}'",),
}
NATIVE_TYPES = [
    "CREATE TYPE public.mood AS ENUM ('sad', '快乐 happy')",
    "CREATE TYPE public.pair AS (a int, b text)",
    "CREATE DOMAIN public.positive AS numeric(8,2) CHECK (VALUE > 0)",
    "CREATE DOMAIN public.code AS varchar(4) CHECK (VALUE <> '')",
    "CREATE DOMAIN public.tags AS text[]",
]


@pytest.fixture
def torture(postgres_database: Server) -> Server:
    run(postgres_database, *NATIVE_TYPES)
    declared = ", ".join(f"c{at} {name}" for at, name in enumerate(COLUMNS))
    depth = max(len(values) for values in COLUMNS.values())
    run(postgres_database, f"CREATE TABLE torture (id int PRIMARY KEY, {declared})")
    for row in range(depth + 1):
        values = ", ".join(
            values[row] if row < len(values) else "NULL" for values in COLUMNS.values()
        )
        run(postgres_database, f"INSERT INTO torture VALUES ({row}, {values})")
    return postgres_database


def test_every_type_comes_back_equal_in_a_table_made_by_us(torture: Server) -> None:
    copy_table(options_of(torture), "torture", "made")

    for at, name in enumerate(COLUMNS):
        query = f"SELECT id, c{at}::text FROM {{}} ORDER BY id"
        expected = rows_of(torture, query.format("torture"))
        assert rows_of(torture, query.format("made")) == expected, name
        assert any(value is not None for _, value in expected), name


def test_a_table_made_by_us_has_the_same_types(torture: Server) -> None:
    copy_table(options_of(torture), "torture", "made")

    types = (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY attnum"
    )
    made: dict[str, str] = dict(rows_of(torture, types.format("made")))
    for name, native in rows_of(torture, types.format("torture")):
        if str(native) in {"positive", "code", "tags"}:  # a domain's values are of its base
            continue
        assert made[name] == native


@pytest.mark.parametrize("mode", ["merge", "replace", "mirror"])
def test_every_type_survives_every_mode_into_the_same_table(torture: Server, mode: str) -> None:
    run(torture, "CREATE TABLE made (LIKE torture INCLUDING ALL)")
    run(torture, "INSERT INTO made SELECT * FROM torture WHERE id IN (1, 3)")
    run(torture, "UPDATE made SET c13 = 'changed', c7 = 5")

    copy_table(options_of(torture), "torture", "made", mode)  # type: ignore[arg-type]

    for at, name in enumerate(COLUMNS):
        query = f"SELECT id, c{at}::text FROM {{}} ORDER BY id"
        expected = rows_of(torture, query.format("torture"))
        assert rows_of(torture, query.format("made")) == expected, name


def test_a_copy_reads_as_the_same_rows(torture: Server) -> None:
    options = options_of(torture)
    copy_table(options, "torture", "made")

    one, other = read_all(options, "torture"), read_all(options, "made")

    for field in one.schema:
        assert one.column(field.name).equals(other.column(field.name)) or pa.types.is_floating(
            field.type
        ), field.name


def test_infinities_are_the_ends_of_arrows_integers(torture: Server) -> None:
    rows = read_all(options_of(torture), "torture")
    names = list(COLUMNS)

    day = rows.column(f"c{names.index('date')}").combine_chunks().view(pa.int32())
    instant = rows.column(f"c{names.index('timestamptz')}").combine_chunks().view(pa.int64())

    assert day.to_pylist()[:2] == [2**31 - 1, -(2**31)]
    assert instant.to_pylist()[:2] == [2**63 - 1, -(2**63)]
    assert instant.to_pylist()[-1] is None


def test_numerics_may_be_read_as_text_with_nan(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE prices (id int PRIMARY KEY, price numeric(9,2))",
        "INSERT INTO prices VALUES (1, 'NaN'), (2, 1.50)",
    )
    with pytest.raises(DataUnreadableError, match="price") as failure:
        read_all(options_of(postgres_database), "prices")
    assert "numerics" in failure.value.hint

    texts = options_of(postgres_database, numerics="text")
    assert read_all(texts, "prices").column("price").to_pylist() == ["NaN", "1.50"]
    copy_table(texts, "prices", "made")
    assert rows_of(postgres_database, "SELECT price::text FROM made ORDER BY id") == [
        ("NaN",),
        ("1.50",),
    ]


def test_a_timestamp_beyond_arrow_is_refused_by_name(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE late (at timestamp)",
        "INSERT INTO late VALUES ('294276-12-31')",
    )
    with pytest.raises(DataUnreadableError, match=r"late\.at: a timestamp after"):
        read_all(options_of(postgres_database), "late")


def test_types_that_the_target_lacks_are_kept_as_text(
    torture: Server, postgres_server: Server
) -> None:
    run(postgres_server, "CREATE DATABASE elsewhere")
    elsewhere = postgres_server.on("elsewhere")
    try:
        with closing(PostgresSource(options_of(torture))) as source:
            columns = source.describe("torture").columns
        with closing(PostgresSink(options_of(elsewhere))) as sink:
            fits = {meaning_of(field).native: sink.fit(field) for field in columns}
    finally:
        run(postgres_server, "DROP DATABASE elsewhere WITH (FORCE)")

    assert fits["postgres:public.mood"].kind == "widening"
    assert fits["postgres:public.mood"].native == "text"
    assert fits["postgres:inet"].kind == "exact"
    kinds = {fit.kind for native, fit in fits.items() if "public." not in native}
    assert kinds == {"exact"}


def test_bytes_that_are_no_text_are_told(postgres_server: Server) -> None:
    run(
        postgres_server,
        "CREATE DATABASE plain_bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
        "TEMPLATE template0",
    )
    database = postgres_server.on("plain_bytes")
    try:
        run(
            database,
            "CREATE TABLE t (id int PRIMARY KEY, name text)",
            "INSERT INTO t VALUES (1, 'good 好')",
        )
        assert read_all(options_of(database), "t").column("name").to_pylist() == ["good 好"]
        run(database, "SET client_encoding = 'SQL_ASCII'; INSERT INTO t VALUES (2, E'\\xff')")
        with pytest.raises(DataUnreadableError, match="UTF8"):
            read_all(options_of(database), "t")
    finally:
        run(postgres_server, "DROP DATABASE plain_bytes WITH (FORCE)")
