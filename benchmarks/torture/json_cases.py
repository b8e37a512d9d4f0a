"""Values as JSON has them: served by an API, and as lines of a file."""

import json
from collections.abc import Sequence

from benchmarks.torture.case import DIGITS_65, FAR, TEXT_1_MB, Case

ABSENT = "absent"
"""In place of a literal: the record does not have the field."""


def _texts(name: str, declared: str, values: Sequence[str]) -> Case:
    literals = tuple(json.dumps(value, ensure_ascii=False) for value in values)
    return Case(name, declared, literals, tuple(values))


def _alike(name: str, declared: str, *values: str) -> Case:
    return Case(name, declared, values, values)


def _read(name: str, declared: str, pairs: Sequence[tuple[str, str | None]]) -> Case:
    return Case(
        name, declared, tuple(one for one, _ in pairs), tuple(means for _, means in pairs)
    )


_UUIDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")

JSON = (
    _alike("boolean", "", "true", "false"),
    _alike("integer", "", "-9223372036854775808", "0", "9223372036854775807"),
    _alike("integer beyond 64 bits", "", "18446744073709551616", "-" + DIGITS_65),
    _alike("number", "", "0.1", "1.10", "12345678901234567890.123456789", "-7"),
    _alike("number of 65 digits", "", FAR, "-" + FAR),
    _read("number with exponent", "", [("1e40", "1" + "0" * 40), ("-5E-9", "-0.000000005")]),
    _alike("negative zero", "", "-0.0", "0.5"),
    Case("NaN, which is no JSON", "", ("NaN", "1.5")),
    _texts("text", "", ["", " ", "null", "a\tb\nc\\d\"e'f,g", "陆桥 𠮷 😀 é ﷽", "\r\n"]),
    _texts("text with NUL", "", ["a\0b", "\0"]),
    _texts("text 1 MB", "", [TEXT_1_MB]),
    _read("text in escapes", "", [(r'"\ud83d\ude00\u9646"', "😀陆"), (r'"\/"', "/")]),
    Case("text, half a character", "", (r'"\ud83d"',)),
    _texts("text of dates", "", ["2026-02-30", "0000-00-00"]),
    Case("always null", "", ()),
    _read("field absent", "", [(ABSENT, None), ("1", "1")]),
    _alike("object", "", '{"b":1,"a":{"深":[1,null,1.10]}}', "{}"),
    _alike("array", "", "[]", "[1,null,-3]", '[["",null],["😀"]]'),
    _alike("mixed kinds", "", "1", '"a"', "true", "[2.50]"),
    _read("bool", "bool", [("true", "true"), ("false", "false")]),
    _alike("int64", "int64", "-9223372036854775808", "9223372036854775807"),
    _read("int64 from texts", "int64", [('"42"', "42"), ('"-1"', "-1")]),
    Case("int64 with a fraction", "int64", ("1", "1.5")),
    _alike("uint64", "uint64", "0", "18446744073709551615"),
    _read("float64", "float64", [("0.1", "0.1"), ("5e-324", "5e-324"), ("1e300", "1e+300")]),
    _read(
        "decimal(12,2)",
        "decimal(12,2)",
        [("-9999999999.99", "-9999999999.99"), ("0.1", "0.10")],
    ),
    Case("decimal(12,2), a digit more", "decimal(12,2)", ("0.10", "0.001")),
    _read("decimal(65,30)", "decimal(65,30)", [(FAR, FAR), (f'"-{FAR}"', "-" + FAR)]),
    _texts("string", "string", ["0042", "true", "陆"]),
    _read("binary", "binary", [('""', ""), ('"AP8NClw="', "00ff0d0a5c")]),
    _texts("date", "date", ["0001-01-01", "1582-10-10", "9999-12-31"]),
    Case("date of year 10000", "date", ('"2026-01-01"', '"10000-01-01"')),
    Case("date BC", "date", ('"2026-01-01"', '"-0043-03-15"')),
    Case("date, none", "date", ('"2026-02-30"',)),
    _read(
        "time",
        "time",
        [('"00:00:00"', "00:00:00.000000"), ('"23:59:59.999999"', "23:59:59.999999")],
    ),
    _read(
        "timestamp",
        "timestamp",
        [
            ('"0001-01-01T00:00:00"', "0001-01-01 00:00:00.000000"),
            ('"1969-12-31T23:59:59.999999"', "1969-12-31 23:59:59.999999"),
            ('"9999-12-31T23:59:59.999999"', "9999-12-31 23:59:59.999999"),
        ],
    ),
    _read(
        "timestamp_tz",
        "timestamp_tz",
        [
            ('"2026-03-29T02:30:00+02:00"', "2026-03-29 00:30:00.000000Z"),
            ('"2026-01-01T00:00:00+14:00"', "2025-12-31 10:00:00.000000Z"),
            ('"2026-01-01T00:00:00-12:00"', "2026-01-01 12:00:00.000000Z"),
            ('"1900-01-01T00:00:00.000001+08:05"', "1899-12-31 15:55:00.000001Z"),
            ('"2026-01-01T00:00:00Z"', "2026-01-01 00:00:00.000000Z"),
        ],
    ),
    Case("timestamp_tz without zone", "timestamp_tz", ('"2026-01-01T00:00:00"',)),
    _texts("uuid", "uuid", _UUIDS),
    _alike("json", "json", '{"n":12345678901234567890.123456789}', '"陆"', "[]"),
)
