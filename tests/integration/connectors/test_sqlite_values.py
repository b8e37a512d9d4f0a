"""What SQLite is given comes back equal, and what is not of its type is named."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.connectors.sqlite.source import SqliteSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    column,
    meaning_of,
)
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    RowsRefusedError,
    SchemaChangedError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Window
from landbridge.sdk.sink import Load, WriteMode
from landbridge.testing.rows import comparable

BILLION_YEARS = 2**63 - 1
TORTURE: Sequence[tuple[str, pa.DataType, Logical, Sequence[object]]] = (
    ("i8", pa.int8(), "int", [-128, 127]),
    ("i16", pa.int16(), "int", [-32768, 32767]),
    ("i32", pa.int32(), "int", [-(2**31), 2**31 - 1]),
    ("i64", pa.int64(), "int", [-(2**63), 2**63 - 1]),
    ("u8", pa.uint8(), "int", [0, 255]),
    ("u32", pa.uint32(), "int", [0, 2**32 - 1]),
    ("u64", pa.uint64(), "int", [0, 2**64 - 1]),
    ("f32", pa.float32(), "float", [float("-inf"), 3.4028234663852886e38]),
    ("f64", pa.float64(), "float", [float("nan"), 5e-324]),
    ("flag", pa.bool_(), "bool", [True, False]),
    ("d12", pa.decimal128(12, 2), "decimal", ["9999999999.99", "-0.01"]),
    ("d38", pa.decimal128(38, 10), "decimal", ["1" * 28 + ".0000000001", "0.0000000001"]),
    ("d65", pa.decimal256(65, 30), "decimal", ["9" * 35 + "." + "9" * 30, "0"]),
    ("number", pa.string(), "number", ["-Infinity", "1" * 80 + ".5"]),
    ("text", pa.string(), "text", ["", "a\x00b'\"\\ 中文 😀\r\n"]),
    ("digits", pa.string(), "text", ["0042", "1e5"]),
    ("blob", pa.binary(), "binary", [b"", bytes(range(256))]),
    ("day", pa.date32(), "date", [-1_000_000, 3_000_000]),
    ("clock", TIME, "time", [0, 86_400_000_000]),
    ("at", TIMESTAMP, "timestamp", [-(2**61), 2**61]),
    ("seen", INSTANT, "instant", [1, 253402300800000001]),
    ("doc", pa.string(), "json", ["1", '{"a": [1.0, null]}']),
    ("ref", UUID, "uuid", [bytes(range(16)), b"\xff" * 16]),
    ("mask", pa.string(), "bits", ["", "0101"]),
    ("net", pa.string(), "opaque", ["10.0.0.0/8", "::1"]),
)
LONG = "长" * 400_000


def _array(storage: pa.DataType, values: Sequence[object]) -> pa.Array:
    whole = [*values, None]
    if pa.types.is_decimal(storage):
        return pa.array(whole, pa.string()).cast(storage)
    if pa.types.is_temporal(storage):
        width = pa.int32() if storage == pa.date32() else pa.int64()
        return pa.array(whole, width).cast(storage)
    return pa.array(whole, storage)


def _torture() -> pa.RecordBatch:
    fields = [column("id", pa.int64(), Meaning("int"), nullable=False)]
    fields += [column(name, storage, Meaning(what)) for name, storage, what, _ in TORTURE]
    arrays = [pa.array([1, 2, 3], pa.int64())]
    arrays += [_array(storage, values) for _, storage, _, values in TORTURE]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _source(folder: Path, **more: object) -> SqliteSource:
    options = SqliteOptions.model_validate({"path": Path("t.db"), **more})
    return SqliteSource(options, Context(folder, folder))


def _sink(folder: Path) -> SqliteSink:
    return SqliteSink(SqliteOptions(path=Path("t.db")), Context(folder, folder))


def _read(source: SqliteSource, reading: Reading) -> pa.Table:
    [share] = source.shares(reading, want=1)
    batches = [batch.rows for batch in source.read(reading, share, after=None)]
    return pa.Table.from_batches(batches, source.describe(reading.stream).columns)


def _write(
    folder: Path,
    rows: pa.RecordBatch,
    *,
    mode: WriteMode = "append",
    key: tuple[str, ...] = ("id",),
    generation: int = 1,
) -> None:
    load = Load("load", "run", generation, "t", rows.schema, mode, key=key)
    loading = _sink(folder).open(load)
    writer = loading.writer()
    try:
        counts = Counts(read=rows.num_rows, written=rows.num_rows)
        writer.write(rows, Settled("all", 1, Position(b"1"), counts))
        loading.publish()
    finally:
        writer.close()


def _script(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / "t.db")) as database, database:
        database.executescript(script)


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
def test_every_type_comes_back_equal(tmp_path: Path, mode: WriteMode) -> None:
    rows = _torture()

    _write(tmp_path, rows, mode=mode)

    found = _read(_source(tmp_path), Reading("t"))
    assert comparable(found) == comparable(rows)
    kept = [(meaning_of(one).logical, one.type) for one in found.schema][:-1]
    assert kept == [(meaning_of(one).logical, one.type) for one in rows.schema][:-1]


def test_a_text_of_a_megabyte_is_a_batch_of_its_own(tmp_path: Path) -> None:
    rows = pa.RecordBatch.from_pydict({"id": [1, 2, 3], "text": [LONG, "", LONG]})
    _write(tmp_path, rows)
    source = _source(tmp_path)
    reading = Reading("t", batch_bytes=1000)
    [share] = source.shares(reading, want=1)

    batches = list(source.read(reading, share, after=None))

    assert [batch.rows.column("text")[0].as_py() for batch in batches] == [LONG, "", LONG]


@pytest.mark.parametrize(
    ("declared", "value", "kind"),
    [
        ("INTEGER", "'many'", "a text"),
        ("DECIMAL(10,2)", "'n/a'", "a text"),
        ("DECIMAL(10,2)", "1.005", "a real number"),
        ("DATE", "20260101", "an integer"),
        ("DATE", "'2026-02-30'", "a text"),
        ("DATETIME", "'2026-01-01 10:00:00+08:00'", "a text"),
        ("TIMESTAMPTZ", "'2026-01-01 10:00:00'", "a text"),
        ("BOOLEAN", "2", "an integer"),
        ("TEXT", "x'00ff'", "a blob"),
        ("REAL", "'1,5'", "a text"),
        ("UUID", "'x12'", "a text"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_row(
    tmp_path: Path, declared: str, value: str, kind: str
) -> None:
    _script(
        tmp_path,
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {declared}); "
        f"INSERT INTO t (id, x) VALUES (7, NULL), (9, {value}), (11, NULL);",
    )

    with pytest.raises(DataUnreadableError, match=f"t.x holds {kind}") as failure:
        _read(_source(tmp_path), Reading("t"))

    assert failure.value.facts == {"stream": "t", "column": "x", "row": "9"}
    assert "read_as_text" in failure.value.hint


def test_a_column_of_several_kinds_is_read_as_text_when_asked(tmp_path: Path) -> None:
    _script(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(10,2)); "
        "INSERT INTO t VALUES (1, 12.5), (2, 'ask'), (3, 7), (4, NULL);",
    )

    found = _read(_source(tmp_path, read_as_text=("t.price",)), Reading("t"))

    assert found.column("price").to_pylist() == ["12.5", "ask", "7", None]


def test_a_column_without_a_type_is_what_it_holds(tmp_path: Path) -> None:
    _script(
        tmp_path,
        "CREATE TABLE t (a, b, c, d); INSERT INTO t VALUES (1, 1.5, x'00', 1), "
        "(2, 2, NULL, 'x'), (NULL, NULL, NULL, 2.5);",
    )

    found = _read(_source(tmp_path), Reading("t"))

    kinds = [meaning_of(field).logical for field in found.schema]
    assert kinds == ["int", "float", "binary", "text"]
    assert found.column("d").to_pylist() == ["1", "x", "2.5"]


def test_text_of_an_old_encoding_is_read_when_it_is_stated(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as database, database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO t VALUES (4, 'plain')")
        written = "电机".encode("gb18030").hex()
        database.execute(f"INSERT INTO t VALUES (5, CAST(x'{written}' AS TEXT))")

    with pytest.raises(DataUnreadableError, match="not utf-8") as failure:
        _read(_source(tmp_path), Reading("t"))

    assert failure.value.facts == {"stream": "t", "column": "name", "row": "5"}
    found = _read(_source(tmp_path, encoding="gb18030"), Reading("t"))
    assert found.column("name").to_pylist() == ["plain", "电机"]


def test_instants_of_any_offset_are_the_same_moment(tmp_path: Path) -> None:
    _script(
        tmp_path,
        "CREATE TABLE t (at TIMESTAMPTZ); INSERT INTO t VALUES "
        "('2026-01-01T08:30:00+08:30'), ('2025-12-31 19:00:00.000000-05:00'), "
        "('2026-01-01T00:00:00Z'), ('+12026-01-01 00:00:00+00:00');",
    )

    found = _read(_source(tmp_path), Reading("t")).column("at").cast(pa.int64()).to_pylist()

    assert found[0] == found[1] == found[2] == 1767225600000000
    assert found[3] > 300_000_000_000_000_000


def test_a_window_is_exact_however_timestamps_are_spelt(tmp_path: Path) -> None:
    _script(
        tmp_path,
        "CREATE TABLE t (n INTEGER, at DATETIME); INSERT INTO t VALUES "
        "(1, '2026-01-01'), (2, '2026-01-01T00:00:00.000001'), "
        "(3, '2026-01-01 00:00:00.5'), (4, '2026-01-01 00:00:01'), (5, NULL), "
        "(6, '2026-01-01T00:00:01.25');",
    )
    source = _source(tmp_path)
    window = Window("at", after="2026-01-01T00:00:00.000001", until="2026-01-01T00:00:01")

    found = _read(source, Reading("t", columns=None, window=window))

    assert found.column("n").to_pylist() == [3, 4]
    assert source.newest(Reading("t"), "at") == "2026-01-01T00:00:01.250000"


def test_a_window_of_decimals_compares_numbers_not_text(tmp_path: Path) -> None:
    values = pa.array(["9.50", "10.00", "100.25"]).cast(pa.decimal128(12, 2))
    rows = pa.RecordBatch.from_arrays([pa.array([1, 2, 3]), values], ["id", "price"])
    _write(tmp_path, rows)
    source = _source(tmp_path)

    found = _read(source, Reading("t", window=Window("price", after="9.5", until="100")))

    assert found.column("id").to_pylist() == [2]
    assert source.newest(Reading("t"), "price") == "100.25"


def test_a_text_that_has_no_order_of_its_own_is_no_cursor(tmp_path: Path) -> None:
    _script(tmp_path, "CREATE TABLE t (doc JSON)")

    with pytest.raises(OptionsInvalidError, match="cannot be a cursor"):
        _source(tmp_path).newest(Reading("t"), "doc")


def test_exact_digits_are_not_put_where_sqlite_rounds_them(tmp_path: Path) -> None:
    _script(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(20,2))")
    values = pa.array(["123456789012345678.91"]).cast(pa.decimal128(20, 2))
    rows = pa.RecordBatch.from_arrays([pa.array([1]), values], ["id", "price"])

    with pytest.raises(SchemaChangedError, match="does not keep") as failure:
        _write(tmp_path, rows)

    assert "DECIMAL_TEXT(20,2)" in failure.value.hint


def test_few_digits_are_exact_in_a_numeric_column(tmp_path: Path) -> None:
    _script(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(15,2))")
    values = pa.array(["1234567890123.91", "0.10"]).cast(pa.decimal128(15, 2))
    rows = pa.RecordBatch.from_arrays([pa.array([1, 2]), values], ["id", "price"])

    _write(tmp_path, rows, mode="merge")

    found = _read(_source(tmp_path), Reading("t"))
    assert found.column("price").cast(pa.string()).to_pylist() == ["1234567890123.91", "0.10"]


def test_a_refused_batch_names_every_refused_row(tmp_path: Path) -> None:
    _script(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 10)); "
        "INSERT INTO t VALUES (1, 1);",
    )
    rows = pa.RecordBatch.from_pydict({"id": [1, 2, 3, 2], "n": [5, 6, 70, 7]})

    with pytest.raises(RowsRefusedError) as failure:
        _write(tmp_path, rows)

    assert set(failure.value.rejected) == {0, 2, 3}
    assert "CHECK" in failure.value.rejected[2]
    assert _read(_source(tmp_path), Reading("t")).num_rows == 1
