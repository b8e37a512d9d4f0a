"""The same state database on a real PostgreSQL, started by two processes at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.services import Server

from landbridge.sdk.quarantine import QuarantinedRow
from landbridge.store.database import open_database
from landbridge.store.quarantine import QuarantineStore, Search
from landbridge.testing.clock import ManualClock


def test_many_that_open_at_once_migrate_once(postgres_database: Server, tmp_path: Path) -> None:
    url = postgres_database.url.replace("postgresql://", "postgresql+psycopg://")
    with ThreadPoolExecutor(6) as pool:
        engines = list(pool.map(lambda _: open_database(url, tmp_path), range(6)))
    row = QuarantinedRow("r", "f", "n", "t", "l", 1, "s", 0, "c", "", "原因", '{"a": 1}')
    QuarantineStore(engines[0], ManualClock()).keep([row])
    [kept] = QuarantineStore(engines[5], ManualClock()).find(Search(text="原因"))
    assert kept.row == row
    for engine in engines:
        engine.dispose()
