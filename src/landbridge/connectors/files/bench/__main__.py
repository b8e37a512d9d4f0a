"""Time reading and writing of files, contents checked; DuckDB's own COPY for comparison.

python -m landbridge.connectors.files.bench --rows 1000000
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from landbridge.connectors.files.options import (
    CsvFormat,
    FileFormat,
    FilesOptions,
    NdjsonFormat,
    ParquetFormat,
)
from landbridge.connectors.files.sink import FilesSink
from landbridge.connectors.files.source import FilesSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import canonical
from landbridge.sdk.batching import slices
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load

_MADE = """
SELECT i AS id, (i * 7919 % 100000)::INT AS customer_id, (i % 7)::SMALLINT AS status_code,
    (i % 50)::INT AS quantity, ((i % 1000000) / 100.0)::DECIMAL(12, 2) AS amount,
    (CASE WHEN i % 5 <> 0 THEN (i % 9999) / 100.0 END)::DECIMAL(12, 2) AS tax,
    'SKU-' || lpad((i % 100000)::TEXT, 8, '0') AS sku, '客户' || (i % 5000) AS customer_name,
    CASE WHEN i % 3 <> 0 THEN '备注 note ' || (i % 777) END AS note,
    TIMESTAMP '2020-01-01' + to_seconds(i) AS created_at,
    (TIMESTAMP '2020-01-01' + to_seconds(i)) AT TIME ZONE 'UTC' AS updated_at,
    CASE WHEN i % 4 <> 0 THEN DATE '2020-01-01' + (i % 2000)::INT END AS due,
    i % 2 = 0 AS paid, md5(i::TEXT) AS token, '{"k": ' || (i % 100) || '}' AS attrs,
    CASE WHEN i % 6 <> 0 THEN (i % 100)::INT END AS discount
FROM range(1, ? + 1) AS made(i)
"""
_FORMATS: dict[str, FileFormat] = {
    "parquet": ParquetFormat(type="parquet"),
    "csv": CsvFormat(type="csv"),
    "csv_gb18030": CsvFormat(type="csv", encoding="gb18030"),
    "ndjson": NdjsonFormat(type="ndjson"),
}


def main(arguments: Sequence[str]) -> int:
    """Run, print a line a figure, and return 1 when a content differs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    rows: int = asked.parse_args(arguments).rows
    database = duckdb.connect(config={"threads": 2})
    database.execute("SET TimeZone = 'UTC'")
    made = database.sql(_MADE, params=[rows]).to_arrow_table()
    table = made.cast(canonical(made.schema))
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        for name, chosen in _FORMATS.items():
            fine &= _measured(Path(folder), name, chosen, table)
        database.register("made", table)
        peer = Path(folder) / "peer.parquet"
        copy = f"COPY made TO '{peer}' (FORMAT parquet, COMPRESSION zstd)"
        _told("duckdb_parquet_write", rows, lambda: database.execute(copy))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak_with_the_table_in_memory {peak} MB")  # noqa: T201  a program's output
    return 0 if fine else 1


def _measured(folder: Path, name: str, chosen: FileFormat, table: pa.Table) -> bool:
    options = FilesOptions(path=name, format=chosen)
    context = Context(folder, folder)
    _told(f"{name}_write", table.num_rows, lambda: _write(options, context, table))
    found: list[pa.RecordBatch] = []
    _told(f"{name}_read", table.num_rows, lambda: found.extend(_read(options, context)))
    same = pa.Table.from_batches(found).combine_chunks().equals(table.combine_chunks())
    print(f"{name}_content {'equal' if same else 'DIFFERS'}")  # noqa: T201
    return bool(same)


def _write(options: FilesOptions, context: Context, table: pa.Table) -> None:
    load = Load("bench", "run", 1, "orders", table.schema, "replace")
    loading = FilesSink(options, context).open(load)
    writer = loading.writer()
    done = number = 0
    for batch in table.combine_chunks().to_batches():
        for piece in slices(batch, 16 << 20):
            done, number = done + piece.num_rows, number + 1
            counts = Counts(read=done, written=done)
            writer.write(piece, Settled("all", number, Position(b""), counts))
    loading.publish()


def _read(options: FilesOptions, context: Context) -> list[pa.RecordBatch]:
    source = FilesSource(options, context)
    reading = Reading("orders")
    [share] = source.shares(reading, want=1)
    return [batch.rows for batch in source.read(reading, share, after=None)]


def _told(name: str, rows: int, work: Callable[[], object]) -> None:
    begun = time.perf_counter()
    work()
    secs = time.perf_counter() - begun
    print(f"{name} {secs:.2f} s {rows / secs:.0f} rows/s")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
