"""What files are asked to hold: CSV, Excel and Parquet."""

from benchmarks.torture.case import FAR, TEXT_1_MB, Case

_SAMPLED = {"types": "sampled"}
_UUIDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
_MOMENTS = ("0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999")
_MOMENTS_READ = ("0001-01-01 00:00:00.000000", *_MOMENTS[1:])
_ZONED = (
    "2026-03-29T02:30:00+02:00",
    "2026-01-01 00:00:00+14:00",
    "2026-01-01 00:00:00-12:00",
    "1900-01-01 00:00:00.000001+08:05",
    "2026-01-01T00:00:00Z",
)
_ZONED_READ = (
    "2026-03-29 00:30:00.000000Z",
    "2025-12-31 10:00:00.000000Z",
    "2026-01-01 12:00:00.000000Z",
    "1899-12-31 15:55:00.000001Z",
    "2026-01-01 00:00:00.000000Z",
)


def _alike(name: str, declared: str, *values: str, **options: object) -> Case:
    return Case(name, declared, values, values, options)


CSV = (
    Case(
        "text",
        "",
        ('""', " ", "0042", "NULL", '"a,""b"""', "陆桥 𠮷 😀 é ﷽", '"a\nb"', '"a\r\nb"', r"\N"),
        ("", " ", "0042", "NULL", 'a,"b"', "陆桥 𠮷 😀 é ﷽", "a\nb", "a\r\nb", r"\N"),
    ),
    _alike("text with NUL", "", "a\0b", "c"),
    _alike("text 1 MB", "", TEXT_1_MB),
    _alike("text in GB18030", "", "陆桥", "𠮷", "😀", "é", encoding="gb18030"),
    _alike("text in UTF-16", "", "陆桥", "𠮷", "😀", encoding="utf-16"),
    _alike("text in Latin-1", "", "é", "ÿ", encoding="latin-1"),
    Case(
        "text, other marks",
        "",
        ("'a;b'", "'it''s'", "''", '"'),
        ("a;b", "it's", "", '"'),
        {"delimiter": ";", "quote": "'"},
    ),
    Case(
        r"text, \N for NULL",
        "",
        ('""', r'"\N"', "x"),
        ("", r"\N", "x"),
        {"null_texts": [r"\N"]},
    ),
    _alike("codes, sampled", "", "0042", "0007", **_SAMPLED),
    _alike("integers, sampled", "", "-999999999999999999", "0", "42", **_SAMPLED),
    _alike("long integers, sampled", "", "9223372036854775808", FAR[:35], **_SAMPLED),
    _alike("numbers, sampled", "", "0.10", "-1", FAR, **_SAMPLED),
    _alike("booleans, sampled", "", "true", "false", **_SAMPLED),
    _alike("dates, sampled", "", "0001-01-01", "9999-12-31", **_SAMPLED),
    _alike("no dates, sampled", "", "2026-02-30", "2026-01-01", **_SAMPLED),
    Case("timestamps, sampled", "", _MOMENTS, _MOMENTS_READ, _SAMPLED),
    Case("instants, sampled", "", _ZONED, _ZONED_READ, _SAMPLED),
    _alike("bool", "bool", "true", "false"),
    _alike("int64", "int64", "-9223372036854775808", "0", "9223372036854775807"),
    Case("int8, out of range", "int8", ("127", "128")),
    _alike("uint64", "uint64", "0", "18446744073709551615"),
    _alike("float64", "float64", "0.1", "5e-324", "-0", "nan", "inf", "-inf"),
    Case(
        "decimal(12,2)", "decimal(12,2)", ("-9999999999.99", "0.1"), ("-9999999999.99", "0.10")
    ),
    Case("decimal(12,2), a digit more", "decimal(12,2)", ("0.10", "0.001")),
    _alike("decimal(65,30)", "decimal(65,30)", FAR, "-" + FAR),
    _alike("date", "date", "0001-01-01", "1582-10-10", "9999-12-31"),
    Case("date of year 10000", "date", ("2026-01-01", "10000-01-01")),
    Case("date BC", "date", ("2026-01-01", "-0043-03-15")),
    Case(
        "time", "time", ("00:00:00", "23:59:59.999999"), ("00:00:00.000000", "23:59:59.999999")
    ),
    Case("timestamp", "timestamp", _MOMENTS, _MOMENTS_READ),
    Case("timestamp, nanoseconds", "timestamp", ("2026-01-01 00:00:00.123456789",)),
    Case("timestamp_tz", "timestamp_tz", _ZONED, _ZONED_READ),
    Case("timestamp_tz without zone", "timestamp_tz", ("2026-01-01 00:00:00",)),
    _alike("uuid", "uuid", *_UUIDS),
    Case("binary", "binary", ("AP8NClw=", '""'), ("00ff0d0a5c", "")),
    Case(
        "json", "json", ('"{""b"": 1, ""a"": [1.10, null]}"',), ('{"b": 1, "a": [1.10, null]}',)
    ),
)
EXCEL = (
    Case("texts", "text", (" ", "NULL", "0042", "陆桥 𠮷 😀", "a\nb\tc"), ()),
    Case("text of 32,767 signs", "text", ("长" * 32767,)),
    Case("whole numbers", "number", ("-9007199254740992", "0", "42")),
    Case("fractions", "number", ("0.1", "-1.5", "1e300", "5e-324")),
    Case("booleans", "bool", ("true", "false")),
    Case("dates", "date", ("1900-03-01", "2026-02-28", "9999-12-31")),
    Case("moments", "moment", ("1900-03-01 00:00:00", "2026-01-01 23:59:59.999")),
    Case("an error", "error", ("#DIV/0!",)),
)
PARQUET = (
    Case("int64", "int64", ("-9223372036854775808", "9223372036854775807")),
    Case("uint64", "uint64", ("0", "18446744073709551615")),
    Case("double", "float64", ("0.1", "nan", "inf", "-inf")),
    Case("decimal128(38,10)", "decimal128", ("9999999999999999999999999999.0123456789",)),
    Case("decimal256(65,30)", "decimal256", (FAR,)),
    Case("string", "string", ("", " ", "NULL", 'a\tb\nc\\d"e', "陆桥 𠮷 😀", "a\0b")),
    Case("binary", "binary", ("", "\0ÿ")),
    Case("date32", "date32", ("-719162", "2932896", "2932897")),
    Case("timestamp us", "timestamp", ("-1", "253402300799999999")),
    Case("timestamp us UTC", "instant", ("-1", "0")),
    Case("bool", "bool", ("true", "false")),
)
