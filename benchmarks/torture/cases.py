"""What each source system is asked to hold: a type, and values at its edges."""

from collections.abc import Mapping

from benchmarks.torture.case import DIGITS_65, FAR, Case
from benchmarks.torture.file_cases import CSV, EXCEL, PARQUET
from benchmarks.torture.json_cases import JSON

LONG_TEXT_BYTES = 1 << 20


POSTGRES = (
    Case("boolean", "boolean", ("true", "false")),
    Case("smallint", "smallint", ("-32768", "0", "32767")),
    Case("integer", "integer", ("-2147483648", "0", "2147483647")),
    Case("bigint", "bigint", ("-9223372036854775808", "0", "9223372036854775807")),
    Case(
        "real",
        "real",
        ("'-3.4028235e38'", "'1e-45'", "0.1", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'"),
    ),
    Case(
        "double",
        "double precision",
        (
            "'1.7976931348623157e308'",
            "'5e-324'",
            "0.1",
            "'-0'",
            "'NaN'",
            "'Infinity'",
            "'-Infinity'",
        ),
    ),
    Case("numeric(12,2)", "numeric(12,2)", ("-9999999999.99", "0", "0.10", "9999999999.99")),
    Case("numeric(38,10)", "numeric(38,10)", ("-" + "9" * 28 + ".0123456789", "1.5")),
    Case(
        "numeric(65,30)",
        "numeric(65,30)",
        (FAR, "-0.000000000000000000000000000001"),
    ),
    Case(
        "numeric",
        "numeric",
        (DIGITS_65, "1.10", "1." + "0" * 40 + "1", "'NaN'", "'Infinity'", "'-Infinity'"),
    ),
    Case(
        "text",
        "text",
        ("''", "' '", "'NULL'", "E'a\\tb\\nc\\\\d\"e''f,g'", "'陆桥 𠮷 😀 é ﷽'", "E'\\r\\n'"),
    ),
    Case("text 1 MB", "text", ("repeat('长x', 262144)",)),
    Case("varchar(20)", "varchar(20)", ("''", "'陆桥'", "repeat('😀', 20)")),
    Case("char(4)", "char(4)", ("'ab'", "'陆桥'", "'abcd'")),
    Case(
        "bytea",
        "bytea",
        ("''::bytea", "'\\x00ff00'::bytea", "decode(repeat('ab', 100000), 'hex')"),
    ),
    Case(
        "date",
        "date",
        ("'0001-01-01'", "'4713-01-01 BC'", "'1582-10-10'", "'9999-12-31'", "'10000-01-01'"),
    ),
    Case("date infinity", "date", ("'infinity'", "'-infinity'")),
    Case("time", "time", ("'00:00'", "'23:59:59.999999'", "'24:00'")),
    Case("timetz", "timetz", ("'00:00+14'", "'23:59:59.999999-12:30'")),
    Case(
        "timestamp",
        "timestamp",
        (
            "'0001-01-01'",
            "'0044-03-15 BC'",
            "'1969-12-31 23:59:59.999999'",
            "'9999-12-31 23:59:59.999999'",
            "'10000-01-01'",
        ),
    ),
    Case("timestamp infinity", "timestamp", ("'infinity'", "'-infinity'")),
    Case(
        "timestamptz",
        "timestamptz",
        (
            "'2026-03-29 02:30+02'",
            "'2026-01-01 00:00+14'",
            "'2026-01-01 00:00-12'",
            "'1900-01-01 00:00:00.000001+08:05'",
            "'10000-01-01+00'",
        ),
    ),
    Case(
        "interval", "interval", ("'1 year 2 mons -3 days 04:05:06.789'", "'-178000000 years'")
    ),
    Case(
        "uuid",
        "uuid",
        ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    ),
    Case("json", "json", ('\'{"b": 1, "a":  [1, null]}\'', "'\"陆\"'", "'null'")),
    Case("jsonb", "jsonb", ("'{\"n\": 12345678901234567890.123456789}'", "'[]'")),
    Case("int[]", "int[]", ("'{}'", "'{1,NULL,-3}'", "'[0:1]={4,5}'", "'{{1,2},{3,4}}'")),
    Case("text[]", "text[]", ("ARRAY['', 'NULL', 'a\"b,c', '陆']",)),
    Case("bit(5)", "bit(5)", ("B'00000'", "B'10101'")),
    Case("bit varying", "varbit", ("B''", "B'1'", "B'" + "10" * 40 + "'")),
    Case("enum", "mood", ("'好'", "'bad'")),
    Case("inet", "inet", ("'::1/128'", "'192.168.0.1/24'")),
    Case("money", "money", ("'-92233720368547758.08'", "'0.10'")),
    Case("xml", "xml", ("'<a>陆</a>'",)),
    Case("int4range", "int4range", ("'[1,5)'", "'empty'")),
)
MYSQL = (
    Case("tinyint", "tinyint", ("-128", "0", "127")),
    Case("tinyint unsigned", "tinyint unsigned", ("0", "255")),
    Case("int unsigned", "int unsigned", ("0", "4294967295")),
    Case("bigint", "bigint", ("-9223372036854775808", "9223372036854775807")),
    Case("bigint unsigned", "bigint unsigned", ("0", "18446744073709551615")),
    Case("float", "float", ("-3.40282e38", "0.1", "1e-38")),
    Case("double", "double", ("1.7976931348623157e308", "2.2250738585072014e-308", "0.1")),
    Case("decimal(12,2)", "decimal(12,2)", ("-9999999999.99", "0.10", "0")),
    Case("decimal(65,30)", "decimal(65,30)", (FAR, "-1.5")),
    Case(
        "varchar",
        "varchar(60) charset utf8mb4",
        (
            "''",
            "' '",
            "'NULL'",
            "'\\\\N'",
            "'a\\tb\\nc\\\\d\"e''f,g'",
            "'陆桥 𠮷 😀 é'",
            "'a\\0b'",
        ),
    ),
    Case("varchar gbk", "varchar(20) charset gbk", ("'陆桥'", "''")),
    Case("varchar latin1", "varchar(20) charset latin1", ("'é'", "''")),
    Case("longtext 1 MB", "longtext", ("repeat('长x', 262144)",)),
    Case("char(4)", "char(4)", ("'ab'", "'陆桥'")),
    Case("varbinary", "varbinary(20)", ("''", "x'00ff0d0a5c'")),
    Case("longblob", "longblob", ("repeat(x'ab00', 50000)",)),
    Case("date", "date", ("'1000-01-01'", "'9999-12-31'")),
    Case("date zero", "date", ("'0000-00-00'",)),
    Case("time", "time(6)", ("'00:00:00'", "'23:59:59.999999'")),
    Case("time beyond a day", "time(6)", ("'-838:59:59'", "'838:59:59'")),
    Case("datetime", "datetime(6)", ("'1000-01-01'", "'9999-12-31 23:59:59.999999'")),
    Case(
        "timestamp",
        "timestamp(6) null",
        ("'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"),
    ),
    Case("year", "year", ("1901", "2155", "0000")),
    Case("bit(5)", "bit(5)", ("b'00000'", "b'10101'")),
    Case("enum", "enum('好','bad')", ("'好'", "'bad'")),
    Case("set", "set('a','b','c')", ("''", "'a,c'")),
    Case("json", "json", ('\'{"b": 1, "a": [1, null]}\'', "'\"陆\"'")),
    Case(
        "uuid",
        "uuid",
        ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    ),
)
SQLITE = (
    Case("INTEGER", "INTEGER", ("-9223372036854775808", "0", "9223372036854775807")),
    Case("REAL", "REAL", ("1.7976931348623157e308", "5e-324", "0.1", "9e999", "-9e999")),
    Case(
        "TEXT",
        "TEXT",
        (
            "''",
            "' '",
            "'NULL'",
            "char(97,9,10,92,34,39,44)",
            "'陆桥 𠮷 😀'",
            "'a' || char(0) || 'b'",
        ),
    ),
    Case(
        "TEXT 1 MB", "TEXT", (f"replace(hex(zeroblob({LONG_TEXT_BYTES // 4})), '00', '长x')",)
    ),
    Case("BLOB", "BLOB", ("x''", "x'00ff0d0a'")),
    Case("NUMERIC mixed", "NUMERIC", ("1", "1.5", "'text'")),
    Case("DATE", "DATE", ("'0001-01-01'", "'9999-12-31'")),
    Case("DATETIME", "DATETIME", ("'2026-01-01 00:00:00'", "'1969-12-31 23:59:59.999999'")),
    Case("BOOLEAN", "BOOLEAN", ("0", "1")),
    Case("no type", "", ("1", "'a'", "x'ff'")),
)
DUCKDB = (
    Case("BOOLEAN", "BOOLEAN", ("true", "false")),
    Case("TINYINT", "TINYINT", ("-128", "127")),
    Case("UBIGINT", "UBIGINT", ("0", "18446744073709551615")),
    Case(
        "HUGEINT",
        "HUGEINT",
        ("-170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
    ),
    Case("FLOAT", "FLOAT", ("0.1", "'nan'", "'infinity'", "'-infinity'")),
    Case("DOUBLE", "DOUBLE", ("0.1", "5e-324", "'nan'", "'infinity'", "'-infinity'")),
    Case(
        "DECIMAL(38,10)",
        "DECIMAL(38,10)",
        ("9999999999999999999999999999.0123456789", "-0.0000000001"),
    ),
    Case(
        "VARCHAR",
        "VARCHAR",
        (
            "''",
            "' '",
            "'NULL'",
            "chr(97) || chr(9) || chr(10) || chr(92) || chr(34)",
            "'陆桥 𠮷 😀'",
        ),
    ),
    Case("VARCHAR with NUL", "VARCHAR", ("'a' || chr(0) || 'b'",)),
    Case("BLOB", "BLOB", ("''::BLOB", "'\\x00\\xFF'::BLOB")),
    Case(
        "DATE", "DATE", ("'0001-01-01'", "'0044-03-15 (BC)'", "'9999-12-31'", "'10000-01-01'")
    ),
    Case("DATE infinity", "DATE", ("'infinity'", "'-infinity'")),
    Case("TIME", "TIME", ("'00:00:00'", "'23:59:59.999999'")),
    Case(
        "TIMESTAMP",
        "TIMESTAMP",
        ("'1969-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'"),
    ),
    Case("TIMESTAMP_NS", "TIMESTAMP_NS", ("'2026-01-01 00:00:00.123456789'",)),
    Case(
        "TIMESTAMPTZ",
        "TIMESTAMPTZ",
        ("'2026-01-01 00:00:00+14'", "'1900-01-01 00:00:00.000001-12'"),
    ),
    Case(
        "INTERVAL", "INTERVAL", ("INTERVAL '1 year 2 months -3 days'", "INTERVAL '4.5 seconds'")
    ),
    Case("UUID", "UUID", ("'00000000-0000-0000-0000-000000000000'",)),
    Case("ENUM", "ENUM('好', 'bad')", ("'好'", "'bad'")),
    Case("BIT", "BIT", ("'10101'", "'0'")),
    Case("JSON", "JSON", ("'{\"b\": 1}'",)),
    Case("INTEGER[]", "INTEGER[]", ("[]", "[1, NULL, -3]")),
    Case("STRUCT", "STRUCT(a INTEGER, b VARCHAR)", ("{'a': 1, 'b': '陆'}",)),
)
CASES: Mapping[str, tuple[Case, ...]] = {
    "postgres": POSTGRES,
    "mysql": MYSQL,
    "sqlite": SQLITE,
    "duckdb": DUCKDB,
    "csv": CSV,
    "ndjson": JSON,
    "parquet": PARQUET,
    "excel": EXCEL,
    "http": JSON,
    "sql-postgres": POSTGRES,
    "sql-mysql": MYSQL,
    "sql-sqlite": SQLITE,
}
