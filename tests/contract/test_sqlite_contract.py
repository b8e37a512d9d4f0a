"""The SQLite connector keeps the contracts of sources and sinks."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from landbridge.connectors.sqlite.manifest import READS, WRITES
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.connectors.sqlite.source import SqliteSource
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.manifest import Context, SourceCapabilities
from landbridge.sdk.reading import Reading
from landbridge.testing import sink_contract, source_contract
from landbridge.testing.sink_case import SinkCase
from landbridge.testing.sink_contract import SinkCheck
from landbridge.testing.source_contract import SourceCase, SourceCheck

OPTIONS = SqliteOptions(path=Path("shop.db"))
TABLES = """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, at DATETIME NOT NULL, total DECIMAL(12,2), note TEXT,
    paid BOOLEAN, photo BLOB
);
CREATE TABLE stock (
    site TEXT, item INTEGER, amount REAL, PRIMARY KEY (site, item)
) WITHOUT ROWID;
CREATE VIEW totals AS SELECT site, item, amount * 2 AS twice FROM stock;
"""


def _orders() -> Sequence[tuple[object, ...]]:
    return [
        (
            number,
            f"2026-01-{10 + number // 20:02} 10:00:00" + (".5" if number % 3 else ""),
            number * 1.25,
            None if number % 5 == 0 else "注" * (number % 40),
            number % 2,
            bytes([number % 256]) * (number % 30),
        )
        for number in range(-50, 350, 2)
    ]


def _file(folder: Path) -> Path:
    path = folder / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLES)
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", _orders())
        database.executemany(
            "INSERT INTO stock VALUES (?, ?, ?)",
            [(f"site {number % 7}", number, number / 3) for number in range(200)],
        )
    return path


@pytest.fixture(params=["orders", "stock", "totals"])
def source_case(request: pytest.FixtureRequest, tmp_path: Path) -> SourceCase:
    _file(tmp_path)
    reads = {
        "orders": READS,
        "stock": SourceCapabilities(resumable=True),
        "totals": SourceCapabilities(resumable=True),
    }[request.param]
    return SourceCase(
        lambda: SqliteSource(OPTIONS, Context(tmp_path, tmp_path)),
        Reading(request.param, batch_bytes=1000),
        reads,
        cursor="at",
        key="id",
    )


@pytest.mark.parametrize("check", source_contract.CHECKS, ids=lambda check: check.__name__)
def test_sqlite_keeps_the_source_contract(source_case: SourceCase, check: SourceCheck) -> None:
    check(source_case)


@pytest.fixture
def sink_case(tmp_path: Path) -> SinkCase:
    context = Context(tmp_path, tmp_path)

    def rows(stream: str) -> pa.Table | None:
        if not (tmp_path / "shop.db").exists():
            return None
        source = SqliteSource(OPTIONS, context)
        try:
            columns = source.describe(stream).columns
        except StreamMissingError:
            return None
        [share] = source.shares(Reading(stream), want=1)
        batches = [batch.rows for batch in source.read(Reading(stream), share, after=None)]
        return pa.Table.from_batches(batches, columns)

    return SinkCase(lambda: SqliteSink(OPTIONS, context), rows, WRITES, comments=False)


@pytest.mark.parametrize("check", sink_contract.CHECKS, ids=lambda check: check.__name__)
def test_sqlite_keeps_the_sink_contract(sink_case: SinkCase, check: SinkCheck) -> None:
    check(sink_case)
