"""Every type of DuckDB is read exactly, and what DuckDB is given comes back equal."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.sink import DuckdbSink
from landbridge.connectors.duckdb.source import DuckdbSource
from landbridge.data.batch import Position
from landbridge.data.conform import conform
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
    OptionsInvalidError,
    RowsRefusedError,
    SchemaChangedError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Window
from landbridge.sdk.sink import Load, WriteMode
from landbridge.testing.rows import comparable, unordered

OPTIONS = DuckdbOptions(path="t.duckdb")
TORTURE: Sequence[tuple[str, pa.DataType, Logical, Sequence[object]]] = (
    ("i8", pa.int8(), "int", [-128, 127]),
    ("i16", pa.int16(), "int", [-32768, 32767]),
    ("i32", pa.int32(), "int", [-(2**31), 2**31 - 1]),
    ("i64", pa.int64(), "int", [-(2**63), 2**63 - 1]),
    ("u8", pa.uint8(), "int", [0, 255]),
    ("u64", pa.uint64(), "int", [0, 2**64 - 1]),
    ("f32", pa.float32(), "float", [float("-inf"), 3.4028234663852886e38]),
    ("f64", pa.float64(), "float", [float("nan"), 5e-324]),
    ("flag", pa.bool_(), "bool", [True, False]),
    ("d12", pa.decimal128(12, 2), "decimal", ["9999999999.99", "-0.01"]),
    ("d38", pa.decimal128(38, 10), "decimal", ["1" * 28 + ".0000000001", "0.0000000001"]),
    ("d65", pa.decimal256(65, 30), "decimal", ["9" * 35 + "." + "9" * 30, "0"]),
    ("number", pa.string(), "number", ["-Infinity", "1" * 80 + ".5"]),
    ("text", pa.string(), "text", ["", "a\x00b'\"\\ 中文 😀\r\n"]),
    ("blob", pa.binary(), "binary", [b"", bytes(range(256))]),
    ("day", pa.date32(), "date", [-1_000_000, 3_000_000]),
    ("clock", TIME, "time", [0, 86_400_000_000]),
    ("at", TIMESTAMP, "timestamp", [-(2**61), 2**61]),
    ("seen", INSTANT, "instant", [1, 253402300800000001]),
    ("doc", pa.string(), "json", ["1", '{"a": [1.0,  null]}']),
    ("ref", UUID, "uuid", [bytes(range(16)), b"\xff" * 16]),
    ("mask", pa.string(), "bits", ["", "0101"]),
    ("net", pa.string(), "opaque", ["10.0.0.0/8", "::1"]),
)
NATIVE: Sequence[tuple[str, str, Logical, Sequence[str]]] = (
    (
        "HUGEINT",
        "-170141183460469231731687303715884105728",
        "decimal",
        ["-170141183460469231731687303715884105728"],
    ),
    ("UHUGEINT", "340282366920938463463374607431768211455", "decimal", ["3402823669209384"]),
    ("BIGNUM", "'" + "9" * 60 + "'", "number", ["9" * 60]),
    ("INTERVAL", "'1 month 2 days 03:04:05.5'", "opaque", ["1 month 2 days 03:04:05.5"]),
    ("TIMETZ", "'10:00:00.000001+08:30'", "opaque", ["10:00:00.000001+08:30"]),
    (
        "TIMESTAMP_NS",
        "'2026-01-01 00:00:00.123456789'",
        "opaque",
        ["2026-01-01 00:00:00.123456789"],
    ),
    ("BIT", "'0010'", "bits", ["0010"]),
    ("ENUM('小', '大')", "'大'", "text", ["大"]),
    ("INTEGER[]", "[1, NULL]", "json", ["[1,null]"]),
    ("INTEGER[2]", "[1, 2]", "json", ["[1,2]"]),
    ('STRUCT(a INTEGER, "b c" VARCHAR)', "{'a': 1, 'b c': 'x'}", "json", ['{"a":1,"b c":"x"}']),
    ("MAP(VARCHAR, DECIMAL(4,2))", "MAP {'k': 1.5}", "json", ['{"k":1.50}', '{"k":1.5}']),
    ("UNION(n INTEGER, s VARCHAR)", "union_value(s := 'x')", "json", ['{"s":"x"}', '"x"']),
    ("JSON", "'{\"a\" :  1}'", "json", ['{"a" :  1}']),
    ("UUID", "'00010203-0405-0607-0809-0a0b0c0d0e0f'", "uuid", ["\\x00"]),
    ("TIMESTAMP_S", "'2026-01-01 00:00:01'", "timestamp", ["1767225601000000"]),
    ("TIMESTAMP_MS", "'2026-01-01 00:00:01.5'", "timestamp", ["1767225601500000"]),
)
EQUAL_AGAIN = ("HUGEINT", "UHUGEINT", "INTERVAL", "TIMETZ", "TIMESTAMP_NS", "BIT")


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


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


@pytest.fixture
def source(context: Context) -> Iterator[DuckdbSource]:
    with closing(DuckdbSource(OPTIONS, context)) as source:
        yield source


def _script(context: Context, *statements: str) -> None:
    with closing(duckdb.connect(context.folder / "t.duckdb")) as database:
        for statement in statements:
            database.execute(statement).fetchall()


def _read(source: DuckdbSource, reading: Reading) -> pa.Table:
    [share] = source.shares(reading, want=1)
    batches = [batch.rows for batch in source.read(reading, share, after=None)]
    return pa.Table.from_batches(batches, source.describe(reading.stream).columns)


def _write(
    context: Context,
    rows: pa.RecordBatch,
    *,
    stream: str = "t",
    mode: WriteMode = "append",
    key: tuple[str, ...] = (),
) -> None:
    load = Load("load", "run", 1, stream, rows.schema, mode, key=key)
    counts = Counts(read=rows.num_rows, written=rows.num_rows)
    with closing(DuckdbSink(OPTIONS, context)) as sink:
        loading = sink.open(load)
        with closing(loading.writer()) as writer:
            writer.write(rows, Settled("all", 1, Position(b"1"), counts))
        loading.publish()


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
def test_every_type_comes_back_equal(
    context: Context, source: DuckdbSource, mode: WriteMode
) -> None:
    rows = _torture()

    _write(context, rows, mode=mode, key=("id",))

    found = _read(source, Reading("t")).combine_chunks().to_batches()[0]
    assert unordered(conform(found, rows.schema)) == unordered(rows)
    with closing(DuckdbSink(OPTIONS, context)) as sink:
        for field, kept in zip(rows.schema, found.schema, strict=True):
            if sink.fit(field).kind == "exact":
                assert meaning_of(kept).logical == meaning_of(field).logical
                assert kept.type == field.type


@pytest.mark.parametrize("case", NATIVE, ids=lambda case: case[0])
def test_every_native_type_is_read_exactly(
    context: Context,
    source: DuckdbSource,
    case: tuple[str, str, Logical, Sequence[str]],
) -> None:
    native, value, logical, texts = case
    _script(context, f"CREATE TABLE t AS SELECT CAST({value} AS {native}) AS x")
    _script(context, "INSERT INTO t VALUES (NULL)")

    found = _read(source, Reading("t"))

    assert meaning_of(found.schema.field("x")).logical == logical
    [(first,), (second,)] = comparable(found)
    assert second is None
    if isinstance(first, bytes):
        assert first == bytes(range(16))
    else:
        assert any(str(first).startswith(text) for text in texts)


@pytest.mark.parametrize("native", EQUAL_AGAIN)
def test_a_native_type_is_made_again_by_its_own_family(
    context: Context, source: DuckdbSource, native: str
) -> None:
    value = {row[0]: row[1] for row in NATIVE}[native]
    _script(context, f"CREATE TABLE t AS SELECT CAST({value} AS {native}) AS x")
    read = _read(source, Reading("t")).combine_chunks().to_batches()[0]
    source.close()

    _write(context, read, stream="again")

    with closing(duckdb.connect(context.folder / "t.duckdb")) as database:
        kinds = database.execute(
            "SELECT DISTINCT data_type FROM duckdb_columns() WHERE column_name = 'x'"
        ).fetchall()
        same = database.execute("SELECT count(*) FROM t JOIN again USING (x)").fetchall()
    assert len(kinds) == 1
    assert same == [(1,)]


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ"])
def test_both_infinities_are_the_ends_of_the_storage_and_come_back(
    context: Context, source: DuckdbSource, kind: str
) -> None:
    values = f"(({kind} 'infinity'), ({kind} '-infinity'), ({kind} '2026-01-01'), (NULL))"
    _script(context, f"CREATE TABLE t AS SELECT x FROM (VALUES {values[1:-1]}) AS v(x)")
    read = _read(source, Reading("t")).combine_chunks().to_batches()[0]
    source.close()
    width = pa.int32() if kind == "DATE" else pa.int64()
    first, second, *_ = read.column("x").cast(width).to_pylist()
    assert (first, second) == (2 ** (width.bit_width - 1) - 1, -(2 ** (width.bit_width - 1)))

    _write(context, read, stream="again")

    with closing(duckdb.connect(context.folder / "t.duckdb")) as database:
        [(same,)] = database.execute(
            "SELECT count(*) FROM t JOIN again ON t.x IS NOT DISTINCT FROM again.x"
        ).fetchall()
    assert same == 4


def test_the_newest_instant_is_in_utc_whatever_the_session(
    context: Context, source: DuckdbSource
) -> None:
    _script(
        context,
        "CREATE TABLE t AS SELECT TIMESTAMPTZ '2026-03-01 08:00:00.000001+08' AS at",
    )

    newest = source.newest(Reading("t"), "at")

    assert newest == "2026-03-01T00:00:00.000001+00:00"
    window = Window("at", after=newest, inclusive=True)
    assert _read(source, Reading("t", window=window)).num_rows == 1


def test_a_column_without_an_order_is_no_cursor(context: Context, source: DuckdbSource) -> None:
    _script(context, "CREATE TABLE t (tags INTEGER[])")

    with pytest.raises(OptionsInvalidError, match="cannot be a cursor"):
        source.newest(Reading("t"), "tags")


@pytest.mark.parametrize(
    ("native", "storage"),
    [
        ("DECIMAL(10,1)", pa.decimal128(12, 2)),
        ("INTEGER", pa.int64()),
        ("FLOAT", pa.float64()),
        ("DATE", TIMESTAMP),
        ("INTEGER", pa.string()),
        ("UBIGINT", pa.int64()),
    ],
)
def test_a_column_that_would_change_values_is_refused_before_any_row(
    context: Context, native: str, storage: pa.DataType
) -> None:
    _script(context, f"CREATE TABLE t (x {native})")
    rows = pa.RecordBatch.from_arrays([pa.nulls(1, storage)], ["x"])

    with pytest.raises(SchemaChangedError, match="does not keep") as failure:
        _write(context, rows)

    assert failure.value.facts["column"] == "x"


def test_malformed_json_is_refused_with_a_reason(context: Context) -> None:
    field = column("doc", pa.string(), Meaning("json"))
    rows = pa.RecordBatch.from_arrays([pa.array(["{}", "{"])], schema=pa.schema([field]))

    with pytest.raises(RowsRefusedError, match="Malformed JSON"):
        _write(context, rows)
