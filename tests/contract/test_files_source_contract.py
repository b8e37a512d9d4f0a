from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landbridge.connectors.files.manifest import READS
from landbridge.connectors.files.options import (
    CsvFormat,
    FileFormat,
    FilesOptions,
    FileStream,
    NdjsonFormat,
)
from landbridge.connectors.files.source import FilesSource
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
from landbridge.testing.source_contract import CHECKS, SourceCase, SourceCheck

ROWS = 3000
CSV = CsvFormat(
    type="csv",
    columns={"id": "int64", "at": "timestamp", "price": "decimal(10,2)", "ref": "uuid"},
)
Write = Callable[[Path, range], None]


def csv_text(ids: range, newline: str = "\n") -> str:
    lines = ["id,code,name,price,at,ref"]
    for n in ids:
        name = f'"第 {n} 行\n换行, ""引号"""' if n % 50 == 0 else ("" if n % 3 else '""')
        ref = f"{n:032x}" if n % 2 else ""
        lines.append(f"{n},{n:06},{name},{n}.5,2026-01-01 00:{n // 60:02}:{n % 60:02},{ref}")
    return newline.join(lines) + newline


def write_utf8(folder: Path, ids: range) -> None:
    (folder / f"orders_{ids.start:08}.csv").write_text(csv_text(ids), encoding="utf-8")


def write_gb18030(folder: Path, ids: range) -> None:
    text = csv_text(ids, "\r\n")
    (folder / f"orders_{ids.start:08}.csv").write_bytes(text.encode("gb18030"))


def write_ndjson(folder: Path, ids: range) -> None:
    lines = [
        f'{{"id": {n}, "name": "第 {n} 行\\n", "price": {n}.10, "tags": [{n}, {n}.50], '
        f'"at": "2026-01-01T00:{n // 60:02}:{n % 60:02}"}}'
        for n in ids
    ]
    (folder / f"orders_{ids.start:08}.ndjson").write_text("\n".join(lines), encoding="utf-8")


def write_parquet(folder: Path, ids: range) -> None:
    table = pa.table(
        {
            "id": pa.array(ids, pa.int32()),
            "at": pa.array([n * 10**6 for n in ids], pa.timestamp("us")),
            "name": pa.array([f"第 {n} 行" for n in ids]).dictionary_encode(),
            "parts": pa.array([[n, None] for n in ids], pa.list_(pa.int64())),
        }
    )
    pq.write_table(table, folder / f"orders_{ids.start:08}.parquet", row_group_size=300)


NDJSON = NdjsonFormat(type="ndjson", columns={"at": "timestamp"})
KINDS: dict[str, tuple[Write, FileFormat | None, int]] = {
    "csv": (write_utf8, CSV, 3),
    "csv_gb18030": (write_gb18030, CSV, 2),
    "ndjson": (write_ndjson, NDJSON, 2),
    "parquet": (write_parquet, None, 2),
    "one_parquet_file": (write_parquet, None, 1),
    "one_csv_file": (write_utf8, CSV, 1),
}


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> SourceCase:
    write, kind, count = KINDS[request.param]
    for at in range(count):
        write(tmp_path, range(at * ROWS // count, (at + 1) * ROWS // count))
    stream = FileStream(files="orders_*", format=kind, key=("id",))
    options = FilesOptions(path="drop", streams={"orders": stream})
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "drop").symlink_to(tmp_path)
    context = Context(tmp_path / "project", tmp_path)
    alone = request.param == "one_csv_file"
    return SourceCase(
        build=lambda: FilesSource(options, context),
        reading=Reading("orders", batch_bytes=24 << 10),
        reads=replace(READS, shares=False) if alone else READS,
        cursor="at",
        key="id",
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_source_contract(case: SourceCase, check: SourceCheck) -> None:
    check(case)
