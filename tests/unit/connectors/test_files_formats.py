import os
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from tests.unit.connectors.files_reading import Json, batches_of, source_of, table_of

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.places import Folder
from landbridge.data.types import INSTANT, TIME, TIMESTAMP, meaning_of
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    PositionUnusableError,
    StreamMissingError,
)
from landbridge.sdk.reading import Reading, Window


def workbook(path: Path, rows: list[list[object]], sheet: str = "S") -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        written = book.add_worksheet(sheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    written.write_datetime(at, column, cell, moment)
                elif isinstance(cell, date):
                    day_start = datetime.combine(cell, time())
                    written.write_datetime(at, column, day_start, day)
                else:
                    written.write(at, column, cell)


def lines(path: Path, *texts: str) -> None:
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")


def test_cells_give_columns_their_types(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001
    workbook(
        tmp_path / "t.xlsx",
        [
            ["code", "count", "ratio", "on", "at", "ok", "mixed"],
            ["0042", 42, 1.5, date(2026, 1, 31), moment, True, 42],
            ["0043", 7, 2, date(2026, 2, 1), date(2026, 2, 1), False, "0042"],
            [],
            [None, None, None, None, None, None, 1.25],
        ],
    )
    table = table_of(source_of(tmp_path), "t.xlsx")
    assert [str(kind) for kind in table.schema.types] == [
        "string", "int64", "double", "date32[day]", "timestamp[us]", "bool", "string",
    ]  # fmt: skip
    assert table.column("mixed").to_pylist() == ["42", "0042", None, "1.25"]
    assert table.column("at").to_pylist()[:2] == [moment, datetime(2026, 2, 1)]  # noqa: DTZ001


def test_types_of_workbooks_of_one_stream_are_judged_together(tmp_path: Path) -> None:
    workbook(tmp_path / "q_1.xlsx", [["code"], [42]])
    workbook(tmp_path / "q_2.xlsx", [["code"], ["0042"]])
    assert table_of(source_of(tmp_path), "q_*.xlsx").column("code").to_pylist() == [
        "42",
        "0042",
    ]


def test_a_sheet_and_the_row_of_names_can_be_stated(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", [["report of May"], [], ["n"], [1]], sheet="检验")
    stated: Json = {"type": "excel", "sheet": "检验", "header_row": 3}
    source = source_of(tmp_path, format={**stated})
    assert table_of(source, "t.xlsx").to_pylist() == [{"n": 1}]
    with pytest.raises(DataUnreadableError, match="no sheet S2") as caught:
        source_of(tmp_path, format={"type": "excel", "sheet": "S2"}).describe("t.xlsx")
    assert "检验" in caught.value.hint


def test_a_declared_type_reads_cells_exactly(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", [["p", "n"], [0.1, 42], [2, "43"]])
    columns: Json = {"p": "decimal(10,2)", "n": "string"}
    source = source_of(tmp_path, format={"type": "excel", "columns": {**columns}})
    assert table_of(source, "t.xlsx").to_pylist() == [
        {"p": Decimal("0.10"), "n": "42"},
        {"p": Decimal("2.00"), "n": "43"},
    ]


def test_a_cell_that_does_not_fit_is_named(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", [["n"], [1], ["x"]])
    source = source_of(tmp_path, format={"type": "excel", "columns": {"n": "int32"}})
    with pytest.raises(DataUnreadableError, match=r"t\.xlsx, row 3, column n: 'x'"):
        table_of(source, "t.xlsx")


def test_a_cell_with_an_error_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("other").write(0, 0, "x")
        sheet = book.add_worksheet("S & T")
        sheet.write(0, 0, "n")
        sheet.write_formula("A2", "=1/0", value="#DIV/0!")  # pyright: ignore[reportArgumentType]
    stated: Json = {"type": "excel", "sheet": "S & T"}
    with pytest.raises(DataUnreadableError, match=r"cell A2: #DIV/0!"):
        source_of(tmp_path, format={**stated}).describe("t.xlsx")
    lenient = source_of(tmp_path, format={**stated, "errors": "as_null"})
    assert table_of(lenient, "t.xlsx").num_rows == 0
    fine = source_of(tmp_path, format={"type": "excel"})
    assert fine.describe("t.xlsx").columns.names == ["x"]


def test_what_is_no_workbook_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DataUnreadableError, match="workbook"):
        source_of(tmp_path).describe("t.xlsx")


def test_objects_are_read_with_every_digit(tmp_path: Path) -> None:
    lines(
        tmp_path / "t.ndjson",
        '{"i": 9223372036854775807, "n": 1, "o": {"x": 0.10}, "t": "中\\u0000", "none": null}',
        "",
        '{"n": 12345678901234567890.5, "i": -1, "t": null, "late": [1.50]}',
    )
    assert table_of(source_of(tmp_path), "t.ndjson").to_pylist() == [
        {
            "i": 9223372036854775807,
            "n": "1",
            "o": '{"x":0.10}',
            "t": "中\0",
            "none": None,
            "late": None,
        },
        {
            "i": -1,
            "n": "12345678901234567890.5",
            "o": None,
            "t": None,
            "none": None,
            "late": "[1.50]",
        },
    ]


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ('{"a": 1', "line 3: not JSON"),
        ('{"a": NaN}', "line 3: not JSON"),
        ("[1]", "line 3: not a JSON object"),
        ('{"a": "' + "\ud800" + '"}', "line 3"),
        ('{"a": "x"}', "line 3, field a: 'x' is not int"),
        ('{"a": 1, "b": 2}', "line 3: the field b is not in the first rows"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, match: str) -> None:
    lines(tmp_path / "t.ndjson", '{"a": 1}', "")
    with (tmp_path / "t.ndjson").open("ab") as file:
        file.write(line.encode("utf-8", "surrogatepass"))
    source = source_of(
        tmp_path,
        streams={
            "whole": {"files": "t.ndjson"},
            "first": {"files": "s.ndjson"},
        },
        format={"type": "ndjson", "columns": {"a": "int64"}},
    )
    lines(tmp_path / "s.ndjson", '{"a": 1}')
    described = source.describe("first").columns
    assert described.names == ["a"]
    (tmp_path / "s.ndjson").write_bytes((tmp_path / "t.ndjson").read_bytes())
    with pytest.raises(DataUnreadableError, match=match):
        batches_of(source, Reading("first"))


def test_foreign_parquet_types_are_brought_home_exactly(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ns": pa.array([1_000, None], pa.timestamp("ns")),
            "ms": pa.array([1, None], pa.timestamp("ms", "Asia/Shanghai")),
            "t": pa.array([1, None], pa.time32("ms")),
            "large": pa.array(["x", None], pa.large_string()),
            "code": pa.array(["a", None]).dictionary_encode(),
            "list": pa.array([[Decimal("1.50"), None], None], pa.list_(pa.decimal128(5, 2))),
            "map": pa.array([{"k": b"\xff"}, None], pa.struct([("k", pa.binary())])),
            "small": pa.array([Decimal("1.5"), None], pa.decimal128(5, 1)),
            "half": pa.array([1.5, None], pa.float16()),
            "u": pa.array([2**64 - 1, None], pa.uint64()),
            "fixed": pa.array([b"0123456789abcdef", None], pa.binary(16)),
            "took": pa.array([5, None], pa.duration("us")),
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found = table_of(source_of(tmp_path), "t.parquet")
    storages = dict(zip(found.column_names, found.schema.types, strict=True))
    assert storages["ns"] == TIMESTAMP
    assert storages["ms"] == INSTANT
    assert storages["t"] == TIME
    row, empty = found.to_pylist()
    assert row["list"] == "[1.50,null]"
    assert row["map"] == '{"k":"/w=="}'
    assert row["u"] == 2**64 - 1
    assert row["took"] == "5"
    assert row["fixed"] == b"0123456789abcdef"
    assert set(empty.values()) == {None}
    assert meaning_of(found.schema.field("list")).logical == "json"


def test_nanoseconds_that_would_be_lost_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"ns": pa.array([1], pa.timestamp("ns"))}), tmp_path / "t.parquet")
    with pytest.raises(DataUnreadableError, match="column ns"):
        table_of(source_of(tmp_path), "t.parquet")


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DataUnreadableError, match=r"t\.parquet"):
        source_of(tmp_path).describe("t.parquet")


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/passwd", "a/../../x.csv", "x\0.csv", "C:/x.csv"]
)
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(OptionsInvalidError, match="outside"):
        source_of(tmp_path / "in").describe(name)


@pytest.mark.parametrize("stream", ["link.csv", "l*.csv"])
def test_a_link_never_leaves_the_folder(tmp_path: Path, stream: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.csv").write_text("a\n1\n")
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "x.csv")
    with pytest.raises(OptionsInvalidError, match="outside"):
        source_of(tmp_path / "in").describe(stream)


def test_the_catalogue_lists_streams_by_name_and_dates_as_patterns(tmp_path: Path) -> None:
    for name in (
        "b.csv", "sub/p_20260101.csv", "sub/p_20260102.csv", ".hidden.csv", "~$open.xlsx",
        "_landbridge/x.csv", "note.txt", "q_20260101.xlsx", "d1.parquet", "d2.parquet",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\n")
    options: Json = {"mine": {"files": "b.csv"}}
    names = [entry.name for entry in source_of(tmp_path, streams={**options}).streams()]
    assert names == ["d1.parquet", "d2.parquet", "mine", "q_20260101.xlsx", "sub/p_*.csv"]


def test_a_missing_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(StreamMissingError, match="nowhere"):
        Folder(FilesOptions(path="nowhere"), tmp_path).check()
    with pytest.raises(StreamMissingError, match=r"x\.csv"):
        source_of(tmp_path).describe("x.csv")


def test_a_file_without_a_known_ending_needs_a_format(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("a\n1\n")
    with pytest.raises(OptionsInvalidError, match="format"):
        source_of(tmp_path).describe("data.txt")
    assert source_of(tmp_path, format={"type": "csv"}).describe("data.txt").columns.names == [
        "a"
    ]


@pytest.mark.parametrize("change", ["grow", "remove"])
def test_a_file_that_changes_after_planning_is_refused(tmp_path: Path, change: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a\n1\n")
    source = source_of(tmp_path)
    reading = Reading("t.csv")
    [share] = source.shares(reading, want=1)
    source.describe("t.csv")
    if change == "grow":
        file.write_text("a\n1\n2\n")
    else:
        file.unlink()
    with pytest.raises(PositionUnusableError, match=r"t\.csv"):
        list(source.read(reading, share, after=None))


def test_only_files_that_are_new_are_read_by_their_time(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        file = tmp_path / f"p_2026010{day}.csv"
        file.write_text(f"a\n{day}\n")
        os.utime(file, ns=(0, day * 86_400_000_000_000 + 123_456_789))
    source = source_of(tmp_path, file_columns=True)
    stream = "p_*.csv"
    whole = source.newest(Reading(stream), "_modified")
    assert whole == "1970-01-04T00:00:00.123456+00:00"
    window = Window("_modified", after="1970-01-02T00:00:00.123456+00:00", until=whole)
    reading = Reading(stream, window=window)
    shares = source.shares(reading, want=9)
    assert len(shares) == 2
    rows = [
        row
        for share in shares
        for batch in source.read(reading, share, after=None)
        for row in batch.rows.to_pylist()
    ]
    assert [(row["a"], row["_file"]) for row in rows] == [
        ("2", "p_20260102.csv"),
        ("3", "p_20260103.csv"),
    ]


def test_shares_have_similar_sizes_and_hold_every_file(tmp_path: Path) -> None:
    for number in range(23):
        (tmp_path / f"f{number:02}.csv").write_text("a\n" + f"{number}\n" * (number + 1) * 50)
    source = source_of(tmp_path)
    reading = Reading("f*.csv")
    shares = source.shares(reading, want=4)
    assert len(shares) == 4
    sizes = [
        sum(batch.rows.num_rows for batch in source.read(reading, share, after=None))
        for share in shares
    ]
    assert sum(sizes) == sum((number + 1) * 50 for number in range(23))
    assert max(sizes) < 3 * min(sizes)
