"""Rows written to a file and read again are equal, or the fit says what changes."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.unit.connectors.files_reading import table_of

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.sink import FilesSink
from landbridge.connectors.files.source import FilesSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID, Meaning, column
from landbridge.kernel.errors import OptionsInvalidError, RowsRefusedError
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load
from landbridge.testing.rows import comparable

DAY = 86_400_000_000
FAR = 10_000 * 366
FORMATS: dict[str, dict[str, JsonValue]] = {
    "parquet": {"type": "parquet"},
    "csv": {"type": "csv"},
    "csv_gb18030": {"type": "csv", "encoding": "gb18030", "delimiter": "\t"},
    "ndjson": {"type": "ndjson"},
}
EVERY: dict[str, tuple[pa.Field, pa.Array]] = {}


def every(name: str, storage: pa.DataType, logical: str, values: pa.Array) -> None:
    field = column(name, storage, Meaning(logical))  # type: ignore[arg-type]
    EVERY[name] = field, values.cast(storage) if values.type != storage else values


def stored(*numbers: int | None, kind: pa.DataType) -> pa.Array:
    return pa.array(numbers, pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)


NASTY = [
    "",
    None,
    " ",
    "中文，表情 😀 𠀀",
    "a\"b'c\\d",
    "x\r\ny\tz",
    "\0",
    "NULL",
    "0042",
    "," * 5,
]
every("text", pa.string(), "text", pa.array(NASTY))
every("bool", pa.bool_(), "bool", pa.array([True, False, None]))
for width in (8, 16, 32, 64):
    top = 2 ** (width - 1)
    every(
        f"int{width}",
        pa.type_for_alias(f"int{width}"),
        "int",
        pa.array([-top, 0, None, top - 1]),
    )
    kind = pa.type_for_alias(f"uint{width}")
    every(f"uint{width}", kind, "int", pa.array([0, None, 2**width - 1], kind))
FLOATS = [
    0.1,
    -0.0,
    0.0,
    None,
    float("nan"),
    float("inf"),
    float("-inf"),
    5e-324,
    1.7976931348623157e308,
]
every("float64", pa.float64(), "float", pa.array(FLOATS))
every(
    "float32",
    pa.float32(),
    "float",
    pa.array([0.1, 16777216.0, None, float("nan"), 3.4028235e38, 1e-45], pa.float32()),
)
every(
    "decimal",
    pa.decimal128(38, 10),
    "decimal",
    pa.array(
        [Decimal("9" * 28 + ".0123456789"), Decimal("-0.0000000001"), None, Decimal(0)],
        pa.decimal128(38, 10),
    ),
)
every(
    "decimal76",
    pa.decimal256(76, 0),
    "decimal",
    pa.array([Decimal("9" * 76), None, Decimal(-1)], pa.decimal256(76, 0)),
)
every(
    "number",
    pa.string(),
    "number",
    pa.array(["1.50", "9" * 200 + ".5", "0.0000001", "NaN", "-Infinity", None]),
)
every("binary", pa.binary(), "binary", pa.array([b"", b"\x00\xff", None], pa.binary()))
every(
    "date",
    pa.date32(),
    "date",
    stored(0, -719_162, -719_163, 2_932_896, FAR, None, kind=pa.date32()),
)
every("time", TIME, "time", stored(0, 1, DAY - 1, DAY, None, kind=TIME))
MOMENTS = (
    0,
    1,
    -1,
    -62_135_596_800_000_000,
    -62_135_596_800_000_001,
    253_402_300_799_999_999,
    253_402_300_800_000_000,
    None,
)
every("timestamp", TIMESTAMP, "timestamp", stored(*MOMENTS, kind=TIMESTAMP))
every("instant", INSTANT, "instant", stored(*MOMENTS, kind=INSTANT))
every("json", pa.string(), "json", pa.array(['{"k":[1,0.10,null,"中"]}', '""', None, "7"]))
every("uuid", UUID, "uuid", pa.array([bytes(range(16)), None], UUID))
every("bits", pa.string(), "bits", pa.array(["0101", "", None]))
every("opaque", pa.string(), "opaque", pa.array(["10.0.0.1/8", None]))


def written_and_read(
    folder: Path, rows: pa.RecordBatch, stated: dict[str, JsonValue]
) -> pa.Table:
    options = FilesOptions.model_validate_json(json.dumps({"path": ".", "format": stated}))
    context = Context(folder, folder)
    sink = FilesSink(options, context)
    load = Load("t", "run", 1, "t", rows.schema, "replace")
    loading = sink.open(load)
    writer = loading.writer()
    settled = Settled(
        "all", 1, Position(b""), Counts(read=rows.num_rows, written=rows.num_rows)
    )
    writer.write(rows, settled)
    loading.publish()
    return table_of(FilesSource(options, context), "t")


@pytest.mark.parametrize("stated", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", EVERY)
def test_every_type_comes_back_equal(
    tmp_path: Path,
    name: str,
    stated: dict[str, JsonValue],
) -> None:
    field, values = EVERY[name]
    both = pa.schema([column("n", pa.int64(), Meaning("int")), field])
    numbers = pa.array(range(len(values)), pa.int64())
    rows = pa.RecordBatch.from_arrays([numbers, values], schema=both)
    found = written_and_read(tmp_path, rows, stated)
    assert found.schema.equals(both, check_metadata=True)
    assert comparable(found) == comparable(rows)


@pytest.mark.parametrize("stated", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", EVERY)
def test_every_type_comes_back_equal_as_the_only_column(
    tmp_path: Path,
    name: str,
    stated: dict[str, JsonValue],
) -> None:
    field, values = EVERY[name]
    rows = pa.RecordBatch.from_arrays([values], schema=pa.schema([field]))
    assert comparable(written_and_read(tmp_path, rows, stated)) == comparable(rows)


@pytest.mark.parametrize("stated", FORMATS.values(), ids=FORMATS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1
    )
)
def test_any_text_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[str | None],
    stated: dict[str, JsonValue],
) -> None:
    field = column("text", pa.string(), Meaning("text"))
    rows = pa.RecordBatch.from_arrays(
        [pa.array(values, pa.string())], schema=pa.schema([field])
    )
    folder = tmp_path_factory.mktemp("any")
    assert comparable(written_and_read(folder, rows, stated)) == comparable(rows)


EXCEL_KEEPS = ("bool", "int8", "int32", "uint32")


@pytest.mark.parametrize("name", EXCEL_KEEPS)
def test_a_workbook_keeps_what_fits(tmp_path: Path, name: str) -> None:
    field, values = EVERY[name]
    both = pa.schema([column("n", pa.int64(), Meaning("int")), field])
    numbers = pa.array(range(len(values)), pa.int64())
    rows = pa.RecordBatch.from_arrays([numbers, values], schema=both)
    assert comparable(written_and_read(tmp_path, rows, {"type": "excel"})) == comparable(rows)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("int64", {0, 3}),
        ("float64", {4, 5, 6}),
        ("date", {1, 2, 4}),
        ("timestamp", {3, 4, 6}),
        ("text", {5, 6}),
    ],
)
def test_a_workbook_refuses_what_does_not_fit(
    tmp_path: Path, name: str, refused: set[int]
) -> None:
    field, values = EVERY[name]
    rows = pa.RecordBatch.from_arrays([values], schema=pa.schema([field]))
    with pytest.raises(RowsRefusedError) as caught:
        written_and_read(tmp_path, rows, {"type": "excel"})
    assert set(caught.value.rejected) == refused
    assert all(name in reason for reason in caught.value.rejected.values())


def test_a_workbook_refuses_long_texts_and_too_many_rows(tmp_path: Path) -> None:
    field = column("text", pa.string(), Meaning("text"))
    long = pa.array(["x" * 32_767, "x" * 32_768])
    rows = pa.RecordBatch.from_arrays([long], schema=pa.schema([field]))
    with pytest.raises(RowsRefusedError) as caught:
        written_and_read(tmp_path, rows, {"type": "excel"})
    assert set(caught.value.rejected) == {1}
    number = pa.schema([column("n", pa.int32(), Meaning("int"))])
    many = pa.RecordBatch.from_arrays([pa.nulls(1_048_576, pa.int32())], schema=number)
    with pytest.raises(OptionsInvalidError, match="1048575"):
        written_and_read(tmp_path, many, {"type": "excel"})


def test_text_that_an_encoding_lacks_is_refused_by_row(tmp_path: Path) -> None:
    field = column("text", pa.string(), Meaning("text"))
    rows = pa.RecordBatch.from_arrays([pa.array(["é", "中", None])], schema=pa.schema([field]))
    with pytest.raises(RowsRefusedError, match="iso8859-1") as caught:
        written_and_read(tmp_path, rows, {"type": "csv", "encoding": "iso8859-1"})
    assert set(caught.value.rejected) == {1}
