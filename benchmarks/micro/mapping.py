"""How fast batches are mapped: fields renamed, computed by steps, computed by SQL, refused.

`python -m benchmarks.micro.mapping [--quick]`. Figures are of one thread and batches of
65,536 rows; candidates take turns and the best run of each counts. The yardstick is one
SELECT of DuckDB that computes the same five fields of clean rows.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
from typing_extensions import override

from benchmarks.report import Figure, Report
from landbridge.data.schema import StreamSchema
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.compile import compile_mapping
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.specs.mapping import FileCodeTable, MappingSpec, StreamCodeTable

SEED = 1
UNITS = {"KG": "千克", "T": "吨", "PC": "件", "M": "米"}
FIVE: Sequence[Mapping[str, object]] = (
    {"to": "code", "from": "code", "normalise": ["trim", "upper"]},
    {"to": "unit", "from": "unit", "code_table": {"file": "units", "from": "k", "to": "v"}},
    {"to": "price", "from": "price", "type": "decimal(18,2)"},
    {"to": "day", "from": "day", "type": "date", "format": "%Y/%m/%d"},
    {"to": "at", "from": "at", "type": "timestamp_tz", "time_zone": "Asia/Shanghai"},
)
SQL: Sequence[Mapping[str, object]] = (
    {"to": "code", "expression": "upper(trim(code))"},
    {"to": "amount", "expression": "round(price::DECIMAL(18, 2) * qty, 2)"},
    {"to": "big", "expression": "CASE WHEN qty > 500 THEN 'big' ELSE 'small' END"},
    {"to": "number", "expression": "regexp_extract(code, '[0-9]+')"},
    {"to": "half", "expression": "qty / 2"},
)
YARDSTICK = """
    SELECT upper(trim(code)) AS code, u.value AS unit, price::DECIMAL(18, 2) AS price,
        strptime(day, '%Y/%m/%d')::DATE AS day,
        "at"::TIMESTAMP AT TIME ZONE 'Asia/Shanghai' AS "at"
    FROM lines LEFT JOIN units AS u ON u.key = unit
"""


class Units(CodeTables):
    """The one code table there is."""

    @override
    def pairs(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        return pa.table({"key": list(UNITS), "value": list(UNITS.values())})


def order_lines(count: int, *, wrong_every: int = 0) -> pa.RecordBatch:
    """Lines as an ERP writes them; one price in so many is a word."""
    draw = np.random.default_rng(SEED)
    cents = draw.integers(0, 10**7, count)
    prices = [f"{cent // 100}.{cent % 100:02}" for cent in cents.tolist()]
    if wrong_every:
        prices[::wrong_every] = ["面议"] * len(prices[::wrong_every])
    days = pa.array(draw.integers(15_000, 20_000, count).astype(np.int32)).cast(pa.date32())
    moments = pa.array(draw.integers(10**15, 1_700_000_000_000_000, count)).cast(
        "timestamp[us]"
    )
    return pa.record_batch(
        {
            "id": pa.array(np.arange(count)),
            "qty": pa.array(draw.integers(0, 1000, count)),
            "code": [
                f" mat-{number:06} " for number in draw.integers(0, 10**6, count).tolist()
            ],
            "unit": [list(UNITS)[at] for at in draw.integers(0, len(UNITS), count).tolist()],
            "price": prices,
            "day": [day.strftime("%Y/%m/%d") for day in days.to_pylist()],
            "at": moments.cast(pa.string()),
        }
    )


def compiled(document: Mapping[str, object], rows: pa.RecordBatch) -> RowMapping:
    """The mapping of a document for these rows."""
    spec = MappingSpec.model_validate_json(json.dumps(document))
    return compile_mapping(spec, StreamSchema("lines", rows.schema), Units())


def best_secs(runs: int, *candidates: Callable[[], object]) -> list[float]:
    """The best time of each candidate, their runs taking turns."""
    best = [float("inf")] * len(candidates)
    for _ in range(runs):
        for number, candidate in enumerate(candidates):
            began = time.perf_counter()
            candidate()
            best[number] = min(best[number], time.perf_counter() - began)
    return best


def measure(report: Report, count: int, runs: int) -> None:
    """Report all speeds."""
    clean, dirty = order_lines(count), order_lines(count, wrong_every=100)
    renames = [{"to": f"new_{name}", "from": name} for name in clean.schema.names]
    rename = compiled({"fields": renames}, clean)
    steps = compiled({"rest": "drop", "fields": FIVE}, clean)
    sql = compiled({"rest": "drop", "fields": SQL}, clean)
    filtered = compiled({"filter": "qty > 500"}, clean)
    with duckdb.connect(config={"threads": "1"}) as database:
        database.register("lines", pa.Table.from_batches([clean]))
        units = pa.table({"key": list(UNITS), "value": list(UNITS.values())})
        database.register("units", units)
        secs = best_secs(
            runs,
            lambda: rename.apply(clean),
            lambda: steps.apply(clean),
            lambda: steps.apply(dirty),
            lambda: sql.apply(clean),
            lambda: sql.apply(dirty),
            lambda: filtered.apply(clean),
            lambda: database.sql(YARDSTICK).to_arrow_table(),
        )
        wanted = database.sql(YARDSTICK + " ORDER BY id").to_arrow_table()
    names = ["rename", "five_steps", "five_steps_1_of_100_wrong", "five_expressions"]
    names += ["five_expressions_1_of_100_wrong", "filter", "duckdb_select_of_five"]
    for name, spent in zip(names, secs, strict=True):
        report.add(Figure(f"{name}", count / spent / 1e6, "Mrows/s"))
    report.add(Figure("five_steps_to_duckdb", secs[6] / secs[1], "ratio", target=0.5))
    same = pa.Table.from_batches([steps.apply(clean).rows]).to_pylist() == wanted.to_pylist()
    report.check("five steps give what DuckDB gives", passed=same)
    faults = len(steps.apply(dirty).faults)
    report.check("each wrong row is one fault", passed=faults == len(range(0, count, 100)))


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, for CI")
    quick: bool = parser.parse_args(arguments).quick
    report = Report("mapping", seeds=[SEED])
    count = 8_192 if quick else 65_536
    report.details = {"rows": count}
    measure(report, count, runs=2 if quick else 7)
    return report.finish(record=not quick)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
