import subprocess
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.connectors.files_reading import batches_of, csv_rows, source_of, table_of

from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.reading import Reading


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiter_and_newlines_are_found(file: Path, delimiter: str, newline: str) -> None:
    lines = [delimiter.join(cells) for cells in (("a", "b,x;y"), ("1", "2"), ("3", "4"))]
    lines = [line.replace("b,x;y", "b") for line in lines]
    assert csv_rows(file, newline.join(lines)) == [("1", "2"), ("3", "4")]


def test_a_delimiter_within_quotes_does_not_mislead(file: Path) -> None:
    assert csv_rows(file, 'a;b\n"1,5,7";"x,y"\n"2,5,9";z\n') == [
        ("1,5,7", "x,y"),
        ("2,5,9", "z"),
    ]


def test_single_quotes_are_found(file: Path) -> None:
    assert csv_rows(file, "'a','b'\n'1,5','it is'\n'2','x'\n") == [("1,5", "it is"), ("2", "x")]


def test_null_is_nothing_and_an_empty_text_has_quotes(file: Path) -> None:
    assert csv_rows(file, 'a,b\n,""\n"",x\n') == [(None, ""), ("", "x")]


def test_other_texts_can_mean_null(file: Path) -> None:
    found = csv_rows(file, 'a,b\nNULL,"NULL"\n\\N,\n', null_texts=["NULL", "\\N"])
    assert found == [(None, "NULL"), (None, "")]


def test_null_in_the_only_column_is_a_row(file: Path) -> None:
    assert csv_rows(file, 'a\nx\n\n""\n') == [("x",), (None,), ("",)]


def test_blank_lines_among_several_columns_are_no_rows(file: Path) -> None:
    assert csv_rows(file, "a,b\n1,2\n\n3,4\n\n") == [("1", "2"), ("3", "4")]


def test_codes_and_long_numbers_stay_what_they_are(file: Path) -> None:
    found = csv_rows(file, "a,b,c\n0042,12345678901234567890123,1e5\n")
    assert found == [("0042", "12345678901234567890123", "1e5")]


def test_new_lines_quotes_and_nul_within_quotes_are_kept(file: Path) -> None:
    content = 'a,b\n"1\r\n2","x ""y"" z"\n"\0",é\n'
    assert csv_rows(file, content) == [("1\r\n2", 'x "y" z'), ("\0", "é")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32"]
)
def test_the_encoding_is_found(file: Path, encoding: str) -> None:
    content = "编号,名称\r\n1,六角螺栓\r\n2,平垫圈与弹簧\r\n"
    assert csv_rows(file, content.encode(encoding)) == [
        ("1", "六角螺栓"),
        ("2", "平垫圈与弹簧"),
    ]


def test_a_western_file_is_not_taken_for_chinese(file: Path) -> None:
    content = "name,city\nJosé,Orléans\nRené,Besançon\n"
    assert csv_rows(file, content.encode("cp1252")) == [
        ("José", "Orléans"),
        ("René", "Besançon"),
    ]


def test_all_of_gb18030_survives_every_cut_between_blocks(file: Path) -> None:
    rare = "𠀀㐀€ﷺ丂" * 40_000
    content = f"a,b\n1,{rare}\n2,中{rare}\n".encode("gb18030")
    assert csv_rows(file, content, encoding="gb18030") == [("1", rare), ("2", f"中{rare}")]


def test_the_stated_encoding_wins(file: Path) -> None:
    assert csv_rows(file, "a\n中文\n".encode("gbk"), encoding="latin-1") == [("ÖÐÎÄ",)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_wrong_byte_is_named_with_its_line(file: Path, encoding: str) -> None:
    content = b"a,b\n" + "1,中\n".encode(encoding) * 1000 + b"x,\xff\n"
    with pytest.raises(DataUnreadableError, match=r"t\.csv, line 1002: the bytes ff") as caught:
        csv_rows(file, content, encoding=encoding)
    assert caught.value.facts["line"] == 1002


def test_names_of_columns_are_trimmed_filled_and_made_different(file: Path) -> None:
    file.write_text("a, a,,b\n1,2,3,4\n")
    assert source_of(file.parent).describe("t.csv").columns.names == [
        "a",
        "a_2",
        "column_3",
        "b",
    ]


def test_a_header_over_several_lines_is_one(file: Path) -> None:
    assert csv_rows(file, '"a\nb",c\n1,2\n') == [("1", "2")]


@pytest.mark.parametrize(("text", "rows"), [("a,b\n1,2\n", 1), ("7,b\n1,2\n", 2)])
def test_a_header_can_be_found_by_looking(file: Path, text: str, rows: int) -> None:
    assert len(csv_rows(file, text, header="auto")) == rows


def test_without_header_columns_are_numbered(file: Path) -> None:
    file.write_text("x,y\n")
    source = source_of(file.parent, format={"type": "csv", "header": False})
    assert table_of(source, "t.csv").to_pylist() == [{"column_1": "x", "column_2": "y"}]


def test_declared_types_are_read_exactly(file: Path) -> None:
    columns = {
        "i": "int64",
        "d": "decimal(20,4)",
        "on": "date",
        "at": "timestamp",
        "seen": "timestamp_tz",
        "t": "time",
        "ok": "bool",
        "f": "float64",
        "j": "json",
    }
    content = (
        f"{','.join(columns)}\n"
        "9223372036854775807,1234567890123456.7891,2026-02-28,2026-02-28 23:59:59.999999,"
        '2026-03-01T00:00:00+08:00,23:59:59.5,true,0.1,"{""k"": [1]}"\n'
        ",,,,,,,,\n"
        '"","","","","","",0,"-0",""\n'
    )
    first, second, third = csv_rows(file, content, columns=columns)
    assert first == (
        9223372036854775807,
        Decimal("1234567890123456.7891"),
        date(2026, 2, 28),
        datetime(2026, 2, 28, 23, 59, 59, 999999),  # noqa: DTZ001
        datetime(2026, 2, 28, 16, tzinfo=UTC),
        time(23, 59, 59, 500000),
        True,
        0.1,
        '{"k": [1]}',
    )
    assert second == (None,) * 9
    assert third == (*(None,) * 6, False, 0.0, "")


def test_what_postgresql_exports_is_read(file: Path) -> None:
    content = "ok,at\nt,2026-01-01 00:00:01.5+00\nf,2026-01-01 00:00:00-03:30\n"
    found = csv_rows(file, content, columns={"ok": "bool", "at": "timestamp_tz"})
    assert found == [
        (True, datetime(2026, 1, 1, 0, 0, 1, 500000, UTC)),
        (False, datetime(2026, 1, 1, 3, 30, tzinfo=UTC)),
    ]


def test_times_outside_of_the_calendar_are_kept(file: Path) -> None:
    file.write_text("on,at,t\n@3000000,@253402300800000000,24:00:00\n")
    columns: dict[str, str] = {"on": "date", "at": "timestamp", "t": "time"}
    source = source_of(file.parent, format={"type": "csv", "columns": {**columns}})
    [row] = [batch.rows for batch in batches_of(source, Reading("t.csv"))]
    stored = [
        row.column(at).view(kind)[0].as_py()
        for at, kind in enumerate(("int32", "int64", "int64"))
    ]
    assert stored == [3_000_000, 253_402_300_800_000_000, 86_400_000_000]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("int32", "2147483648"),
        ("int64", "1.5"),
        ("int64", "1_000"),
        ("decimal(6,2)", "1.234"),
        ("decimal(6,2)", "12345.00"),
        ("date", "2026-02-30"),
        ("timestamp", "2026-01-01 00:00:00.0000001"),
        ("timestamp", "2026-01-01 00:00:00+08:00"),
        ("timestamp_tz", "2026-01-01 00:00:00"),
        ("bool", "maybe"),
        ("uuid", "not-a-uuid"),
        ("float64", "1,5"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_line_and_column(
    file: Path, kind: str, wrong: str
) -> None:
    content = 'n,v\n"first\nrow",\n2,\n3,"' + wrong + '"\n4,\n'
    with pytest.raises(DataUnreadableError, match=r"t\.csv, line 5, column v") as caught:
        csv_rows(file, content, columns={"v": kind})
    assert wrong in str(caught.value)
    assert caught.value.facts["row"] == 2


def test_rows_before_a_misfit_are_delivered_once(file: Path) -> None:
    good = "".join(f"{number}\n" for number in range(400_000))
    file.write_text(f"v\n{good}x\n")
    source = source_of(file.parent, format={"type": "csv", "columns": {"v": "int64"}})
    reading = Reading("t.csv", batch_bytes=256 << 10)
    [share] = source.shares(reading, want=1)
    seen: list[int] = []
    rows = source.read(reading, share, after=None)
    with pytest.raises(DataUnreadableError, match="line 400002"):
        seen.extend(row for batch in rows for row in batch.rows.column("v").to_pylist())
    assert seen == list(range(len(seen)))
    assert seen


def test_types_can_be_taken_from_the_beginning(file: Path) -> None:
    file.write_text(
        "i,code,n,ok,on,at,seen,text,none\n"
        "1,0042,1.5,true,2026-01-31,2026-01-31 08:00:00,2026-01-31T08:00:00Z,x,\n"
        "-2,0043,20.25,false,2026-02-01,2026-01-31T08:00,2026-01-31 08:00:00+08:00,5,\n"
    )
    columns = source_of(file.parent, format={"type": "csv", "types": "sampled"}).describe(
        "t.csv"
    )
    logical = [
        (field.metadata or {})[b"landbridge.logical"].decode() for field in columns.columns
    ]
    assert logical == [
        "int", "text", "number", "bool", "date", "timestamp", "instant", "text", "text",
    ]  # fmt: skip


def test_a_later_value_against_the_sample_is_refused_never_changed(file: Path) -> None:
    many = "1\n" * 2_000_000
    with pytest.raises(DataUnreadableError, match="line 2000002, column v") as caught:
        csv_rows(file, f"v\n{many}1.5\n", types="sampled")
    assert "declare" in caught.value.hint


def test_a_row_longer_than_a_block_is_read(file: Path) -> None:
    long = "长" * 3_000_000
    assert csv_rows(file, f'a,b\n1,"{long}"\n2,x\n') == [("1", long), ("2", "x")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('a,b\n1,2\n3,"never closed\n4,5\n', 3),
        ('a,b\n1,2\n"x"y,3\n"', 3),
    ],
)
def test_a_quote_that_is_not_closed_is_named(file: Path, content: str, line: int) -> None:
    with pytest.raises(DataUnreadableError, match=f"line {line}: a quote"):
        csv_rows(file, content)


def test_a_quote_within_an_unquoted_text_is_only_a_character(file: Path) -> None:
    assert csv_rows(file, 'a,b\n1,5" pipe\n2,x\n') == [("1", '5" pipe'), ("2", "x")]


def test_without_quotes_a_quote_is_only_a_character(file: Path) -> None:
    assert csv_rows(file, 'a,b\n"1,2\n3,4\n', quote="") == [('"1', "2"), ("3", "4")]


@pytest.mark.parametrize("bad", ["3", "3,4,5"])
def test_a_row_of_another_width_is_named(file: Path, bad: str) -> None:
    with pytest.raises(DataUnreadableError, match=r"line 4: \d columns where 2 are named"):
        csv_rows(file, f'a,b\n1,"x\ny"\n{bad}\n')


def test_an_empty_file_has_no_columns(file: Path) -> None:
    with pytest.raises(DataUnreadableError, match="empty"):
        csv_rows(file, "")


def test_a_file_of_names_only_has_no_rows(file: Path) -> None:
    assert csv_rows(file, "a,b\n") == []
    assert csv_rows(file, "a,b") == []


def test_columns_of_files_of_one_stream_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "x_1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "x_2.csv").write_text("b;a\n4;3\n")
    (tmp_path / "x_3.csv").write_text("")
    assert table_of(source_of(tmp_path), "x_*.csv").to_pylist() == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


def test_a_file_of_another_shape_is_named(tmp_path: Path) -> None:
    (tmp_path / "x_1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "x_2.csv").write_text("a,c\n3,4\n")
    with pytest.raises(DataUnreadableError, match=r"x_2\.csv .*lacks b and also has c"):
        table_of(source_of(tmp_path), "x_*.csv")


DROPS = """
import sys
from pathlib import Path
from landbridge.connectors.files.manifest import MANIFEST
from landbridge.connectors.files.options import FilesOptions
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
folder = Path(sys.argv[1])
source = MANIFEST.source(FilesOptions(path="."), Context(folder, folder))
reading = Reading("t.csv", batch_bytes=4096)
[share] = source.shares(reading, want=1)
for count in range(12):
    rows = source.read(reading, share, after=None)
    for _ in range(count % 4):
        next(rows)
    if count % 2:
        rows.close()
    del rows
print("alive")
"""


def test_a_read_dropped_in_the_middle_does_not_end_the_process(file: Path) -> None:
    file.write_text("a,b\n" + "中文,1234567890\n" * 400_000)
    done = subprocess.run(
        [sys.executable, "-c", DROPS, str(file.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "alive\n", done.stderr
    assert done.returncode == 0
