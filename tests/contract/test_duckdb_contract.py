"""The DuckDB connector keeps the contracts of sources and sinks."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest

from landbridge.connectors.duckdb.manifest import READS, WRITES
from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.sink import DuckdbSink
from landbridge.connectors.duckdb.source import DuckdbSource
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.manifest import Context, SourceCapabilities
from landbridge.sdk.reading import Reading
from landbridge.testing import sink_contract, source_contract
from landbridge.testing.sink_case import SinkCase
from landbridge.testing.sink_contract import SinkCheck
from landbridge.testing.source_contract import SourceCase, SourceCheck

OPTIONS = DuckdbOptions(path="shop.duckdb")
TABLES = """
CREATE TABLE orders AS SELECT
    (number * 3 - 500)::BIGINT AS id,
    TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL 1 MINUTE * (number // 3) AS at,
    (number * 1.25)::DECIMAL(12,2) AS total,
    CASE WHEN number % 5 > 0 THEN repeat('注', (number % 40)::INT) END AS note,
    uuid() AS ref,
    [number, NULL] AS tags
FROM range(400) AS numbers(number);
ALTER TABLE orders ALTER id SET NOT NULL;
CREATE SCHEMA "odd schema";
CREATE VIEW "odd schema".totals AS SELECT id % 50 AS rest, total FROM orders;
"""


@pytest.fixture(params=["orders", "odd schema.totals"])
def source_case(request: pytest.FixtureRequest, tmp_path: Path) -> SourceCase:
    with closing(duckdb.connect(tmp_path / "shop.duckdb")) as database:
        database.execute(TABLES).fetchall()
    view = request.param != "orders"
    return SourceCase(
        lambda: DuckdbSource(OPTIONS, Context(tmp_path, tmp_path)),
        Reading(request.param, batch_bytes=2000),
        SourceCapabilities(resumable=True) if view else READS,
        cursor="at",
        key="id",
    )


@pytest.mark.parametrize("check", source_contract.CHECKS, ids=lambda check: check.__name__)
def test_duckdb_keeps_the_source_contract(source_case: SourceCase, check: SourceCheck) -> None:
    check(source_case)


def _rows(build: Callable[[], DuckdbSource]) -> Callable[[str], pa.Table | None]:
    def rows(stream: str) -> pa.Table | None:
        with closing(build()) as source:
            try:
                columns = source.describe(stream).columns
            except StreamMissingError:
                return None
            [share] = source.shares(Reading(stream), want=1)
            read = source.read(Reading(stream), share, after=None)
            return pa.Table.from_batches([batch.rows for batch in read], columns)

    return rows


@pytest.fixture(params=["file", "memory"])
def sink_case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SinkCase]:
    context = Context(tmp_path, tmp_path)
    memory = f":memory:{uuid4().hex}"
    options = OPTIONS if request.param == "file" else DuckdbOptions(path=memory)
    # A database in memory lives as long as somebody has it open.
    with closing(duckdb.connect(memory)):
        if request.param == "file":
            duckdb.connect(tmp_path / "shop.duckdb").close()
        yield SinkCase(
            lambda: DuckdbSink(options, context),
            _rows(lambda: DuckdbSource(options, context)),
            WRITES,
        )


@pytest.mark.parametrize("check", sink_contract.CHECKS, ids=lambda check: check.__name__)
def test_duckdb_keeps_the_sink_contract(sink_case: SinkCase, check: SinkCheck) -> None:
    check(sink_case)
