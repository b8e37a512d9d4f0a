"""What the tests of the connector `sql` share: databases, rows of every type, copies."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pyarrow as pa
from tools.services import Server

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
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
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load, WriteMode

TORTURE: Sequence[tuple[str, pa.DataType, Logical, Sequence[object]]] = (
    ("i8", pa.int8(), "int", [-128, 127]),
    ("i64", pa.int64(), "int", [-(2**63), 2**63 - 1]),
    ("u32", pa.uint32(), "int", [0, 2**32 - 1]),
    ("u64", pa.uint64(), "int", [0, 2**64 - 1]),
    ("f64", pa.float64(), "float", [1.7976931348623157e308, 2.2250738585072014e-308]),
    ("flag", pa.bool_(), "bool", [True, False]),
    ("d12", pa.decimal128(12, 2), "decimal", ["9999999999.99", "-0.01"]),
    ("d38", pa.decimal128(38, 10), "decimal", ["1" * 28 + ".0000000001", "0.0000000001"]),
    ("d65", pa.decimal256(65, 30), "decimal", ["9" * 35 + "." + "9" * 30, "0"]),
    ("number", pa.string(), "number", ["-Infinity", "1" * 80 + ".5"]),
    ("text", pa.string(), "text", ["", "a'\"\\%:x 中文 😀\r\n"]),
    ("blob", pa.binary(), "binary", [b"", bytes(range(256))]),
    ("day", pa.date32(), "date", [-719162, 2932896]),
    ("clock", TIME, "time", [0, 86_399_999_999]),
    ("at", TIMESTAMP, "timestamp", [-62135596800000000, 253402300799999999]),
    ("seen", INSTANT, "instant", [1, 253402300799999999 - 86_400_000_000]),
    ("doc", pa.string(), "json", ["1", '{"a": [1.0,  null]}']),
    ("ref", UUID, "uuid", [bytes(range(16)), b"\xff" * 16]),
    ("mask", pa.string(), "bits", ["", "0101"]),
    ("net", pa.string(), "opaque", ["10.0.0.0/8", "::1"]),
)
ROWS = pa.RecordBatch.from_pydict({"id": [1, 2, 3], "n": [10, 20, 30]})
SETTLED = Settled("all", 1, Position(b"1"), Counts(read=3, written=3))


def _array(storage: pa.DataType, values: Sequence[object]) -> pa.Array:
    whole = [*values, None]
    if pa.types.is_decimal(storage):
        return pa.array(whole, pa.string()).cast(storage)
    if pa.types.is_temporal(storage):
        width = pa.int32() if storage == pa.date32() else pa.int64()
        return pa.array(whole, width).cast(storage)
    return pa.array(whole, storage)


def torture() -> pa.RecordBatch:
    fields = [column("id", pa.int64(), Meaning("int"), nullable=False)]
    fields += [column(name, storage, Meaning(what)) for name, storage, what, _ in TORTURE]
    arrays = [pa.array([1, 2, 3], pa.int64())]
    arrays += [_array(storage, values) for _, storage, _, values in TORTURE]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def options_of(server: Server) -> SqlOptions:
    postgres = server.scheme == "postgresql"
    kind = "postgresql+psycopg" if postgres else "mysql+pymysql"
    tail = "" if postgres else "?charset=utf8mb4"
    return SqlOptions.model_validate(
        {
            "url": f"{kind}://{server.user}@{server.host}:{server.port}/{server.database}{tail}",
            "password": server.password,
        }
    )


def load_of(mode: WriteMode = "append", **more: object) -> Load:
    return replace(Load("l", "r", 1, "t", ROWS.schema, mode), **more)  # type: ignore[arg-type]


def write(options: SqlOptions, context: Context, rows: pa.RecordBatch, load: Load) -> None:
    with closing(SqlSink(options, context)) as sink:
        loading = sink.open(replace(load, columns=rows.schema))
        counts = Counts(read=rows.num_rows, written=rows.num_rows)
        with closing(loading.writer()) as writer:
            writer.write(rows, Settled("all", 1, Position(b"1"), counts))
        loading.publish()


def read(options: SqlOptions, context: Context, stream: str = "t") -> pa.RecordBatch:
    with closing(SqlSource(options, context)) as source:
        [share] = source.shares(Reading(stream), want=1)
        read = source.read(Reading(stream), share, after=None)
        schema = source.describe(stream).columns
        whole = pa.Table.from_batches([batch.rows for batch in read], schema)
    return whole.combine_chunks().to_batches()[0]


def count(options: SqlOptions, context: Context) -> int:
    with closing(SqlSource(options, context)) as source:
        [share] = source.shares(Reading("t"), want=1)
        batches = source.read(Reading("t"), share, after=None)
        return sum(batch.rows.num_rows for batch in batches)
