from decimal import Decimal

import pyarrow as pa
import pytest

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, meaning_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.sdk.declared import declared_column
from landbridge.sdk.json_rows import infer_columns, parse_json, rows_of
from landbridge.sdk.reading import KeyRange, Reading, Window
from landbridge.sdk.row_filter import columns_needed, rows_kept
from landbridge.sdk.texts import text_column
from landbridge.sdk.values import MisfitError, array_of, json_text

DECLARED = [
    "int8",
    "uint64",
    "float32",
    "decimal(5,2)",
    "decimal(76,1)",
    "bool",
    "date",
    "time",
    "timestamp",
    "timestamp_tz",
    "uuid",
    "binary",
    "json",
    "string",
]


@pytest.mark.parametrize("declared", DECLARED)
def test_null_is_null_in_every_type(declared: str) -> None:
    field = declared_column("c", declared)
    assert array_of([None, None], field).null_count == 2
    assert array_of([], field).type == field.type


@pytest.mark.parametrize(
    ("declared", "fine", "wrong"),
    [
        ("int8", ["-128", 127, Decimal("1.0")], 128),
        ("int64", [1, "7"], True),
        ("decimal(5,2)", [1, "1.50", Decimal("999.99"), 0.1], "1.005"),
        ("decimal(5,2)", [None], "NaN"),
        ("float64", [1, Decimal("0.1"), "nan"], True),
        ("bool", [True, "false", "1"], "yes"),
        ("date", ["2026-02-28", "@3000000"], "2026-02-29"),
        ("time", ["24:00", "23:59:59.999999"], "25:00"),
        ("timestamp", ["2026-02-28T08:00", "@1"], "2026-02-28T08:00Z"),
        ("timestamp_tz", ["2026-02-28T08:00+08:00"], "2026-02-28T08:00"),
        ("timestamp_tz", ["2026-02-28T08:00:00.1234560Z"], "2026-02-28T08:00:00.1234567Z"),
        ("uuid", ["00010203-0405-0607-0809-0a0b0c0d0e0f"], "0001"),
        ("binary", ["AP8=", ""], "AP8"),
    ],
)
def test_a_value_that_does_not_fit_is_named_among_those_that_do(
    declared: str, fine: list[object], wrong: object
) -> None:
    field = declared_column("c", declared)
    assert len(array_of(fine, field)) == len(fine)
    with pytest.raises(MisfitError) as caught:
        array_of([*fine, None, wrong], field)
    assert (caught.value.row, caught.value.column) == (len(fine) + 1, "c")


def test_long_values_are_shortened_in_the_error() -> None:
    with pytest.raises(MisfitError) as caught:
        array_of(["x" * 1000], declared_column("c", "int64"))
    assert len(str(caught.value)) < 120


def test_json_text_keeps_digits() -> None:
    found = parse_json(b'{"a": [1.10, 1e-7, 12345678901234567890], "b": {"c": null}}')
    assert json_text(found) == '{"a":[1.10,1E-7,12345678901234567890],"b":{"c":null}}'


@pytest.mark.parametrize("text", [b"[NaN]", b"[Infinity]", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)


def test_columns_are_inferred_so_that_the_sample_fits() -> None:
    objects: list[dict[str, object]] = [
        {"i": 1, "n": 1, "t": "x", "o": {"k": 1}, "mixed": 1, "none": None, "big": 2**64},
        {"late": True, "n": Decimal("1.5"), "i": None, "mixed": "x"},
    ]
    schema = infer_columns(objects, {"declared": "date"})
    assert [(field.name, meaning_of(field).logical) for field in schema] == [
        ("i", "int"), ("n", "number"), ("t", "text"), ("o", "json"), ("mixed", "json"),
        ("none", "json"), ("big", "number"), ("late", "bool"), ("declared", "date"),
    ]  # fmt: skip
    rows = rows_of(objects, schema).to_pylist()
    assert rows[0]["big"] == str(2**64)
    assert rows[1]["mixed"] == '"x"'


@pytest.mark.parametrize(("storage", "numbers"), [
    (pa.date32(), [0, -719_163, 2_932_897, None]),
    (TIME, [0, 86_400_000_000, None]),
    (TIMESTAMP, [0, -1, 253_402_300_800_000_000, None]),
    (INSTANT, [1, -62_135_596_800_000_001, None]),
])  # fmt: skip
def test_times_as_text_read_back_equal(storage: pa.DataType, numbers: list[int | None]) -> None:
    kind = pa.int32() if storage == pa.date32() else pa.int64()
    values = pa.array(numbers, kind).cast(storage)
    texts = text_column(values)
    assert array_of(texts.to_pylist(), pa.field("c", storage)).cast(kind).to_pylist() == numbers


def test_filters_need_their_columns_and_keep_no_null() -> None:
    rows = pa.RecordBatch.from_pydict({"k": [1, 2, None, 4], "v": [1, 2, 3, 4]})
    reading = Reading("s", ("v",), Window("k", "1", "4"), KeyRange("k", None, 4))
    assert columns_needed(reading, rows.schema) == ["k", "v"]
    kept = rows_kept(rows, reading)
    assert kept is not None
    assert kept.to_pylist() == [False, True, False, False]
    with pytest.raises(OptionsInvalidError, match="gone"):
        columns_needed(Reading("s", ("gone",)), rows.schema)
    with pytest.raises(OptionsInvalidError, match="no bound"):
        rows_kept(rows, Reading("s", window=Window("k", "x")))
