"""How fast rows are hashed for receipts, beside DuckDB's hash of the same rows.

`python -m benchmarks.micro.rowhash [--quick]`. Figures are of one thread unless they say
otherwise; candidates take turns and the best run of each counts.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.report import Figure, Report
from landbridge.engine.receipts import ALGORITHM, Receipt, row_hashes

SEED = 1
NAMES = ["不锈钢螺栓", "上海工厂", "采购订单", "轴承", "密封垫片（耐高温）"]


def order_lines(count: int) -> pa.RecordBatch:
    """Sixteen columns as an ERP has them, some with gaps."""
    draw = np.random.default_rng(SEED)

    def gaps(values: pa.Array, share: float) -> pa.Array:
        return pa.array(values, mask=draw.random(count) < share)

    def money() -> pa.Array:
        cents = pa.array(draw.integers(0, 10**9, count)).cast(pa.decimal128(19, 0))
        return pa.Array.from_buffers(pa.decimal128(12, 2), count, [None, cents.buffers()[1]])

    def micros() -> pa.Array:
        return pa.array(draw.integers(10**15, 2 * 10**15, count))

    lengths = draw.integers(0, 20, count)
    batch_numbers = draw.integers(0, 10**6, count)
    columns = {
        "id": pa.array(np.arange(count) + 10**9),
        "quantity": pa.array(draw.integers(0, 1000, count, np.int32)),
        "line": gaps(draw.integers(0, 2**31, count).astype(np.int32), 0.1),
        "price": money(),
        "amount": money(),
        "code": pa.array([f"M-{number:08d}" for number in draw.integers(0, 10**8, count)]),
        "name": pa.array([NAMES[a] + NAMES[b] for a, b in draw.integers(0, 5, (count, 2))]),
        "note": gaps(np.array(["x" * n for n in lengths], object), 0.3),
        "created": micros().cast(pa.timestamp("us")),
        "updated": micros().cast(pa.timestamp("us", "UTC")),
        "due": pa.array(draw.integers(0, 20_000, count, np.int32)).cast(pa.date32()),
        "paid": pa.array(draw.random(count) < 0.5),
        "uid": pa.array([str(uuid.UUID(bytes=draw.bytes(16))) for _ in range(count)]),
        "extra": pa.array([f'{{"batch": {n}, "tags": ["x", "红"]}}' for n in batch_numbers]),
        "weight": pa.array(draw.random(count)),
        "stock": gaps(draw.integers(-(2**62), 2**62, count), 0.2),
    }
    return pa.record_batch(columns)


def best_secs(runs: int, *candidates: Callable[[], object]) -> list[float]:
    """The best time of each candidate, their runs taking turns."""
    best = [float("inf")] * len(candidates)
    for _ in range(runs):
        for number, candidate in enumerate(candidates):
            began = time.perf_counter()
            candidate()
            best[number] = min(best[number], time.perf_counter() - began)
    return best


def measure(report: Report, rows: pa.RecordBatch, runs: int) -> None:
    """Report all speeds for the rows."""
    table = pa.Table.from_batches([rows])
    names = ", ".join(f'"{name}"' for name in rows.schema.names)
    statement = f"SELECT count(*), sum(hash({names})::HUGEINT) FROM lines"
    small = rows.slice(0, 4_000)
    with duckdb.connect(config={"threads": "1"}) as database, ThreadPoolExecutor(2) as pool:
        database.register("lines", table)
        whole, small_batch, both, yardstick = best_secs(
            runs,
            lambda: Receipt.of(rows),
            lambda: Receipt.of(small),
            lambda: list(pool.map(Receipt.of, [rows, rows])),
            lambda: database.execute(statement).fetchall(),
        )
    million = rows.num_rows / 1e6
    report.add(Figure("rowhash", million / whole, "Mrows/s", target=4))
    report.add(Figure("rowhash_to_duckdb_hash", yardstick / whole, "ratio", target=0.5))
    report.add(Figure("duckdb_hash_of_64_bits", million / yardstick, "Mrows/s"))
    report.add(Figure("rowhash_of_4000_rows", small.num_rows / 1e6 / small_batch, "Mrows/s"))
    report.add(Figure("rowhash_by_two_threads", 2 * million / both, "Mrows/s"))
    for name in rows.schema.names:
        (secs,) = best_secs(max(2, runs // 4), partial(row_hashes, rows.select([name])))
        report.add(Figure(f"rowhash_of_{name}", million / secs, "Mrows/s"))


def parts_add_up(rows: pa.RecordBatch) -> bool:
    """Whether receipts of parts in another order add up to that of the whole."""
    cuts = np.sort(np.random.default_rng(SEED).integers(0, rows.num_rows, 9)).tolist()
    parts = [
        rows.slice(begin, end - begin)
        for begin, end in zip([0, *cuts], [*cuts, rows.num_rows], strict=True)
    ]
    return sum(map(Receipt.of, reversed(parts)), Receipt()) == Receipt.of(rows)


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, for CI")
    quick: bool = parser.parse_args(arguments).quick
    rows = order_lines(20_000 if quick else 131_072)
    report = Report("rowhash", seeds=[SEED])
    report.details = {
        "algorithm": ALGORITHM,
        "rows": rows.num_rows,
        "bytes_per_row": round(rows.nbytes / rows.num_rows),
    }
    report.check("parts add up to the whole", passed=parts_add_up(rows))
    measure(report, rows, runs=5 if quick else 25)
    return report.finish(record=not quick)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
