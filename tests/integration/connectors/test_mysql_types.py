from contextlib import closing
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.integration.connectors.mysql_copying import (
    ID,
    a_load,
    copy_table,
    options_of,
    read_all,
    rows_of,
    write,
)
from tools.services import Server, execute

from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.data.conform import conform
from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID, Meaning, column, meaning_of
from landbridge.kernel.errors import DataUnreadableError
from landbridge.testing.rows import comparable

COLUMNS = {
    "tinyint": ("-128", "127", "0"),
    "tinyint unsigned": ("0", "255"),
    "tinyint(1)": ("0", "1", "-7", "127"),
    "smallint": ("-32768", "32767"),
    "mediumint": ("-8388608", "8388607"),
    "mediumint unsigned": ("16777215",),
    "int": ("-2147483648", "2147483647"),
    "int(6) unsigned zerofill": ("42", "4294967295"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "bigint unsigned": ("0", "18446744073709551615"),
    "float": ("0.1", "3.4028234663852886e38", "-1.1754944e-38", "16777217", "3.1415927"),
    "double": ("0.1", "5e-324", "-1.7976931348623157e308", "123456789.123456789"),
    "double(12,3)": ("123456789.123",),
    "decimal(12,2)": ("9999999999.99", "-9999999999.99", "0.00", "-0.01"),
    "decimal(38,10)": ("'1234567890123456789012345678.0123456789'", "'-0.0000000001'"),
    "decimal(65,30)": (f"'{'1' * 35}.{'9' * 30}'", "0", f"'-{'9' * 35}.5'"),
    "decimal(20,4) unsigned": ("5.5",),
    "bit(1)": ("b'0'", "b'1'"),
    "bit(9)": ("b'000000000'", "b'101010101'"),
    "bit(64)": (f"b'{'1' * 64}'", "b'1'", f"b'1{'0' * 63}'"),
    "year": ("1901", "2155", "0"),
    "date": ("'1000-01-01'", "'9999-12-31'", "'0001-01-01'", "'2024-02-29'"),
    "time": ("'00:00:00'", "'23:59:59'", "'24:00:00'"),
    "time(6)": ("'23:59:59.999999'", "'24:00:00'", "'00:00:00.000001'"),
    "datetime": ("'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"),
    "datetime(6)": ("'0001-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"),
    "timestamp(6)": ("'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"),
    "char(5)": ("'ab'", "'中文'", "''"),
    "varchar(20)": (
        "''",
        "'中文 😀'",
        r"'tab\tline\nback\\slash'",
        r"'\\N'",
        "'NULL'",
        "' a '",
    ),
    "varchar(9) character set latin1": ("'é'", "'ÿ€'"),
    "varchar(9) character set gbk": ("'中文'",),
    "varchar(9) character set utf16": ("'😀'",),
    "text": ("''", "repeat('长', 20000)", r"'nul\0inside'", "unhex('1e1f0d0a5c')"),
    "longtext": ("repeat('长😀', 150000)", "repeat('x', 17000000)"),
    "enum('a','b,)','','中')": ("'a'", "'b,)'", "''", "'中'"),
    "set('x','y','z')": ("'x'", "'x,z'", "''"),
    "json": ("'null'", """'{"a": [1, "中", 1e400], "a": 1}'""", "'[]'"),
    "binary(4)": ("'ab'", "x'00ff1e1f'", "x'00000000'"),
    "varbinary(20)": ("''", "x'00ff5c4e'"),
    "blob": ("''", "x'5c4e'", "repeat(x'00', 60000)"),
    "longblob": ("repeat(x'00ff', 500000)",),
    "inet6": ("'::1'", "'fe80::1'"),
    "uuid": ("'123e4567-e89b-42d3-a456-426614174000'",),
}
"""Values of each type at its edges."""


@pytest.mark.parametrize("bulk", ["local_infile", "values"])
@pytest.mark.parametrize("native", COLUMNS)
def test_every_type_comes_back_as_it_was(
    mariadb_database: Server, native: str, bulk: str
) -> None:
    values = [*COLUMNS[native], "NULL"]
    rows = ", ".join(f"({at}, {value})" for at, value in enumerate(values))
    rows_of(
        mariadb_database,
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
        "SET SESSION time_zone = '+00:00'",
        f"CREATE TABLE origin (id int PRIMARY KEY, v {native} NULL) CHARSET utf8mb4",
        f"INSERT INTO origin VALUES {rows}",
    )
    options = options_of(mariadb_database, bulk=bulk)

    copy_table(options, "origin", "target")

    text = "convert({}.v using utf8mb4)" if "character set" in native else "{}.v"
    [(equal,)] = rows_of(
        mariadb_database,
        "SELECT count(*) FROM origin o JOIN target t ON t.id = o.id AND "
        f"hex({text.format('t')}) <=> hex({text.format('o')})",
    )
    assert equal == len(values)
    origin, target = read_all(options, "origin"), read_all(options, "target")
    assert comparable(target) == comparable(origin)
    assert target.schema.field("v").type == origin.schema.field("v").type
    assert origin.num_rows == len(values)


FIELDS = pa.schema(
    [
        ID,
        column("flag", pa.bool_(), Meaning("bool")),
        column("narrow", pa.uint8(), Meaning("int")),
        column("wide", pa.uint64(), Meaning("int")),
        column("single", pa.float32(), Meaning("float")),
        column("exact", pa.decimal128(38, 20), Meaning("decimal")),
        column("huge", pa.decimal256(76, 40), Meaning("decimal")),
        column("round", pa.decimal128(5, -3), Meaning("decimal")),
        column("number", pa.string(), Meaning("number")),
        column("label", pa.string(), Meaning("text", length=30)),
        column("essay", pa.string(), Meaning("text")),
        column("raw", pa.binary(), Meaning("binary")),
        column("day", pa.date32(), Meaning("date")),
        column("clock", TIME, Meaning("time")),
        column("local", TIMESTAMP, Meaning("timestamp")),
        column("moment", INSTANT, Meaning("instant")),
        column("doc", pa.string(), Meaning("json")),
        column("token", UUID, Meaning("uuid")),
        column("bits", pa.string(), Meaning("bits")),
        column("other", pa.string(), Meaning("opaque", native="postgres:inet")),
    ]
)
ROW: dict[str, object] = {
    "flag": True,
    "narrow": 255,
    "wide": 2**64 - 1,
    "single": 0.10000000149011612,
    "exact": Decimal("-0.00000000000000000001"),
    "huge": Decimal("1" * 36 + "." + "1" * 40),
    "round": Decimal("99999E+3"),
    "number": "-1" + "0" * 90 + ".5",
    "label": "中文\x1e\x1f\\N\t\r\n\0'\"`%s😀",
    "essay": "long " * 50_000,
    "raw": bytes(range(256)),
    "day": -354285 + 1,
    "clock": 86_400_000_000,
    "local": 253_402_300_799_999_999,
    "moment": 253_402_300_799_999_999,
    "doc": '{"b": 1.0, "a": "\\u0000"}',
    "token": bytes(range(16)),
    "bits": "0101",
    "other": "10.0.0.0/8",
}


def every_logical_type() -> pa.RecordBatch:
    arrays = []
    for field in FIELDS:
        value = 1 if field.name == "id" else ROW[field.name]
        stored = isinstance(value, int) and not pa.types.is_integer(field.type)
        if field.name == "flag" or not stored:
            array = pa.array([value, None], field.type)
        else:
            width = pa.int32() if pa.types.is_date(field.type) else pa.int64()
            array = pa.array([value, None], width).cast(field.type)
        arrays.append(pa.array([1, 2], pa.int64()) if field.name == "id" else array)
    return pa.RecordBatch.from_arrays(arrays, schema=FIELDS)


@pytest.mark.parametrize("bulk", ["local_infile", "values"])
@pytest.mark.parametrize("instants", ["datetime", "timestamp"])
def test_every_logical_type_is_kept_and_read_again(
    mariadb_database: Server, bulk: str, instants: str
) -> None:
    rows = every_logical_type()
    if instants == "timestamp":
        at = rows.schema.get_field_index("moment")
        early = pa.array([1_000_000_000_123_456, None], pa.int64()).cast(INSTANT)
        rows = rows.set_column(at, FIELDS.field(at), early)
    options = options_of(mariadb_database, bulk=bulk, instants=instants)

    write(options, a_load("append", columns=FIELDS), rows)

    [again] = read_all(options, "t").combine_chunks().to_batches()
    assert comparable(conform(again, FIELDS)) == comparable(rows)
    with closing(MysqlSink(options)) as sink:
        for field in FIELDS:
            fit = sink.fit(field)
            assert fit.kind in {"exact", "widening"}, field.name
            if fit.kind == "exact":
                kept = again.schema.field(field.name)
                assert kept.type == field.type or meaning_of(field).logical == "decimal"
                assert meaning_of(kept).logical == meaning_of(field).logical, field.name


@pytest.mark.parametrize(
    ("native", "value", "hint"),
    [
        ("date", "'0000-00-00'", "zero_dates"),
        ("datetime(6)", "'2024-00-10 00:00:00'", "zero_dates"),
        ("timestamp", "'0000-00-00 00:00:00'", "zero_dates"),
        ("time", "'-00:00:01'", "times"),
        ("time(3)", "'838:59:59.999'", "times"),
    ],
)
def test_a_value_without_an_equal_is_an_error_that_shows_it(
    mariadb_database: Server, native: str, value: str, hint: str
) -> None:
    rows_of(
        mariadb_database,
        "SET SESSION sql_mode = ''",
        f"CREATE TABLE t (id int PRIMARY KEY, v {native} NULL)",
        f"INSERT INTO t VALUES (1, NULL), (2, {value})",
    )

    with pytest.raises(DataUnreadableError) as failure:
        read_all(options_of(mariadb_database), "t")

    assert value.strip("'")[:8] in str(failure.value)
    assert hint in failure.value.hint
    assert failure.value.facts == {"stream": "t", "column": "v"}


def test_zero_dates_are_null_and_times_are_text_when_the_user_says_so(
    mariadb_database: Server,
) -> None:
    rows_of(
        mariadb_database,
        "SET SESSION sql_mode = ''",
        "CREATE TABLE t (id int PRIMARY KEY, d date NOT NULL, c time(3))",
        "INSERT INTO t VALUES (1, '0000-00-00', '-838:59:59.5'), (2, '2024-05-00', NULL),"
        " (3, '2024-05-01', '25:00')",
    )
    options = options_of(mariadb_database, zero_dates="null", times="text")

    rows = read_all(options, "t")

    assert rows.column("c").to_pylist() == ["-838:59:59.500", None, "25:00:00.000"]
    assert [str(day) for day in rows.column("d").to_pylist()] == ["None", "None", "2024-05-01"]
    assert rows.schema.field("d").nullable
    copy_table(options, "t", "kept")
    assert comparable(read_all(options, "kept")) == comparable(rows)


def test_booleans_are_read_as_such_or_refused(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, b tinyint(1))",
        "INSERT INTO t VALUES (1, 1), (2, 0), (3, NULL)",
    )
    options = options_of(mariadb_database, booleans="bool")
    assert read_all(options, "t").column("b").to_pylist() == [True, False, None]

    execute(mariadb_database, "INSERT INTO t VALUES (4, 2)")

    with pytest.raises(DataUnreadableError, match="holds '2'") as failure:
        read_all(options, "t")
    assert "booleans: int" in failure.value.hint


def test_a_view_and_generated_columns_are_read(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, twice int AS (id * 2) VIRTUAL, `odd ``%s` int)",
        "INSERT INTO t (id, `odd ``%s`) VALUES (1, 5), (2, NULL)",
        "CREATE VIEW v AS SELECT id, twice FROM t",
    )
    options = options_of(mariadb_database)

    assert read_all(options, "v").to_pylist() == [{"id": 1, "twice": 2}, {"id": 2, "twice": 4}]
    assert read_all(options, "t").column("odd `%s").to_pylist() == [5, None]
    with closing(MysqlSource(options)) as source:
        kinds = {entry.name: entry.kind for entry in source.streams()}
    assert kinds == {"t": "table", "v": "view"}


def test_points_are_read_as_the_bytes_the_server_keeps(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id int PRIMARY KEY, p point)",
        "INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)', 4326)), (2, NULL)",
    )
    options = options_of(mariadb_database)

    [first, second] = read_all(options, "t").column("p").to_pylist()

    assert first[:4] == (4326).to_bytes(4, "little")
    assert second is None
    copy_table(options, "t", "kept")
    assert read_all(options, "kept").column("p").to_pylist() == [first, None]
