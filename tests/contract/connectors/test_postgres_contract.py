from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pytest
from tools.services import Server, execute

from landbridge.connectors.postgres.manifest import MANIFEST
from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.connectors.postgres.source import PostgresSource
from landbridge.sdk.reading import Reading
from landbridge.testing.sink_case import SAMPLE
from landbridge.testing.sink_contract import CHECKS as SINK_CHECKS
from landbridge.testing.sink_contract import SinkCase, SinkCheck
from landbridge.testing.source_contract import CHECKS as SOURCE_CHECKS
from landbridge.testing.source_contract import SourceCase, SourceCheck

ROWS = 150_000


def options_of(server: Server) -> PostgresOptions:
    return PostgresOptions.model_validate(
        {
            "host": server.host,
            "port": server.port,
            "database": server.database,
            "user": server.user,
            "password": server.password,
        }
    )


@pytest.fixture
def sink_case(postgres_database: Server) -> SinkCase:
    options = options_of(postgres_database)
    assert MANIFEST.writes is not None

    def rows(stream: str) -> pa.Table | None:
        quoted = '"' + stream.replace('"', '""') + '"'
        with psycopg.connect(postgres_database.url) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute(f"SELECT * FROM public.{quoted}".encode())
            except psycopg.errors.UndefinedTable:
                return None
            names = [column.name for column in cursor.description or ()]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for row in found:
            if row.get("ref") is not None:
                row["ref"] = row["ref"].bytes
        known = [SAMPLE.field(name) for name in names if name in SAMPLE.names]
        others = [pa.field(name, pa.string()) for name in names if name not in SAMPLE.names]
        fields = {field.name: field for field in (*known, *others)}
        return pa.Table.from_pylist(found, schema=pa.schema([fields[name] for name in names]))

    return SinkCase(build=lambda: PostgresSink(options), rows=rows, writes=MANIFEST.writes)


@pytest.mark.parametrize("check", SINK_CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_sink_contract(sink_case: SinkCase, check: SinkCheck) -> None:
    check(sink_case)


@pytest.fixture(scope="module")
def readable(postgres_server: Server) -> Iterator[Server]:
    name = "readable_orders"
    execute(postgres_server, f"CREATE DATABASE {name}")
    database = postgres_server.on(name)
    execute(
        database,
        "CREATE TABLE orders (id bigint PRIMARY KEY, label varchar(20), amount numeric(12,2),"
        " changed timestamptz NOT NULL, token uuid, attrs jsonb)",
        "INSERT INTO orders SELECT i * 3, 'n' || i, i / 100.0,"
        " timestamptz '2026-01-01 00:00+00' + (i % 5000) * interval '1 minute',"
        " md5(i::text)::uuid, jsonb_build_object('k', i % 7)"
        f" FROM generate_series(1, {ROWS}) i",
        "CREATE TABLE _landbridge_stage_x (id int)",
        "ANALYZE orders",
    )
    yield database
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def source_case(readable: Server) -> SourceCase:
    options = options_of(readable)
    assert MANIFEST.reads is not None
    return SourceCase(
        build=lambda: PostgresSource(options),
        reading=Reading("public.orders", batch_bytes=2 << 20),
        reads=MANIFEST.reads,
        cursor="changed",
        key="id",
    )


@pytest.mark.parametrize("check", SOURCE_CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_source_contract(source_case: SourceCase, check: SourceCheck) -> None:
    check(source_case)
