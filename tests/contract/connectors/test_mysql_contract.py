from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from uuid import UUID

import pyarrow as pa
import pymysql
import pytest
from tools.services import Server, execute, mariadb_session

from landbridge.connectors.mysql.manifest import MANIFEST
from landbridge.connectors.mysql.options import Bulk, MysqlOptions
from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.sdk.reading import Reading
from landbridge.testing.sink_case import SAMPLE
from landbridge.testing.sink_contract import CHECKS as SINK_CHECKS
from landbridge.testing.sink_contract import SinkCase, SinkCheck
from landbridge.testing.source_contract import CHECKS as SOURCE_CHECKS
from landbridge.testing.source_contract import SourceCase, SourceCheck

ROWS = 30_000


def options_of(server: Server, *, bulk: Bulk = "auto") -> MysqlOptions:
    return MysqlOptions.model_validate(
        {
            "host": server.host,
            "port": server.port,
            "database": server.database,
            "user": server.user,
            "password": server.password,
            "bulk": bulk,
        }
    )


def rows_of(server: Server, stream: str) -> pa.Table | None:
    """Read with the plain driver, which shares nothing with the connector but the socket."""
    quoted = "`" + stream.replace("`", "``") + "`"
    session = mariadb_session(server)
    with closing(session), session.cursor() as cursor:
        try:
            cursor.execute(f"SELECT * FROM {quoted}")
        except pymysql.err.ProgrammingError:
            return None
        names = [column[0] for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        if row.get("ref") is not None:
            row["ref"] = UUID(row["ref"]).bytes
        if row.get("seen") is not None:
            row["seen"] = row["seen"].replace(tzinfo=UTC)
        if row.get("active") is not None:
            row["active"] = bool(row["active"])
    known = {field.name: field for field in SAMPLE}
    fields = [known.get(name, pa.field(name, pa.string())) for name in names]
    return pa.Table.from_pylist(found, schema=pa.schema(fields))


@pytest.fixture(params=["local_infile", "values"])
def sink_case(mariadb_database: Server, request: pytest.FixtureRequest) -> SinkCase:
    options = options_of(mariadb_database, bulk=request.param)
    assert MANIFEST.writes is not None
    return SinkCase(
        build=lambda: MysqlSink(options),
        rows=lambda stream: rows_of(mariadb_database, stream),
        writes=MANIFEST.writes,
    )


@pytest.mark.parametrize("check", SINK_CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_sink_contract(sink_case: SinkCase, check: SinkCheck) -> None:
    check(sink_case)


@pytest.fixture(scope="module")
def readable(mariadb_server: Server) -> Iterator[Server]:
    name = "readable_orders"
    execute(mariadb_server, f"CREATE DATABASE {name}")
    database = mariadb_server.on(name)
    execute(
        database,
        "CREATE TABLE orders (id bigint PRIMARY KEY, label varchar(20), amount decimal(12,2),"
        " changed timestamp(6) NOT NULL DEFAULT '2026-01-01 00:00:00', token uuid, attrs json)",
        "INSERT INTO orders SELECT seq * 3, concat('n', seq), seq / 100,"
        " timestamp'2026-01-01 00:00:00' + INTERVAL (seq % 5000) MINUTE,"
        " insert(insert(md5(seq), 13, 1, '4'), 17, 1, 'a'), json_object('k', seq % 7)"
        f" FROM seq_1_to_{ROWS}",
        "CREATE TABLE _landbridge_s_x (id int)",
    )
    yield database
    execute(mariadb_server, f"DROP DATABASE {name}")


@pytest.fixture
def source_case(readable: Server) -> SourceCase:
    options = options_of(readable)
    assert MANIFEST.reads is not None
    return SourceCase(
        build=lambda: MysqlSource(options),
        reading=Reading("orders", batch_bytes=256 << 10),
        reads=MANIFEST.reads,
        cursor="changed",
        key="id",
    )


@pytest.mark.parametrize("check", SOURCE_CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_source_contract(source_case: SourceCase, check: SourceCheck) -> None:
    check(source_case)
