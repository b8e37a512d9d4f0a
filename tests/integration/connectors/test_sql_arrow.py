"""The interfaces `adbc` and `odbc` keep the source contract and say what they cannot read."""

import ctypes.util
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from tools.services import Server, execute

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    ConnectorMissingError,
    DataUnreadableError,
    OptionsInvalidError,
    StreamMissingError,
    SystemUnavailableError,
)
from landbridge.sdk.manifest import Context, SourceCapabilities
from landbridge.sdk.reading import Reading
from landbridge.testing.source_contract import CHECKS, SourceCase, SourceCheck

ORDERS = """
CREATE TABLE orders AS SELECT
    (n * 3 - 300)::bigint AS id,
    timestamp '2026-01-01' + make_interval(mins => n / 3) AS at,
    (n * 1.25)::float8 AS total,
    CASE WHEN n % 5 > 0 THEN repeat('注', n % 40) END AS note,
    n % 2 = 0 AS paid
FROM generate_series(0, 799) AS n
"""
READS = SourceCapabilities(resumable=True, windows=True, key_ranges=True, shares=True)


def _odbc_missing() -> str:
    if ctypes.util.find_library("odbc") is None:
        return "this machine has no ODBC driver manager (apt install unixodbc)"
    listed = subprocess.run(
        ["odbcinst", "-q", "-d"], check=False, capture_output=True, text=True
    )
    if "[PostgreSQL Unicode]" not in listed.stdout:
        return "this machine has no ODBC driver of PostgreSQL (apt install odbc-postgresql)"
    return ""


def _adbc(server: Server) -> SqlOptions:
    return SqlOptions.model_validate(
        {
            "interface": "adbc",
            "driver": "adbc_driver_postgresql",
            "dialect": "postgresql",
            "url": server.url,
            "keys": {"orders": ("id",)},
        }
    )


def _odbc(server: Server, driver: str = "PostgreSQL Unicode") -> SqlOptions:
    return SqlOptions.model_validate(
        {
            "interface": "odbc",
            "dialect": "postgresql",
            "url": f"Driver={{{driver}}};Server={server.host};Port={server.port};"
            f"Database={server.database};ByteaAsLongVarBinary=1;BoolsAsChar=0;",
            "user": server.user,
            "password": server.password,
            "keys": {"orders": ("id",)},
            "value_bytes": 4000,
        }
    )


@pytest.fixture(params=["adbc", "odbc"])
def options(request: pytest.FixtureRequest, postgres_database: Server) -> SqlOptions:
    if request.param == "adbc":
        return _adbc(postgres_database)
    missing = _odbc_missing()
    if missing:
        pytest.skip(missing)
    return _odbc(postgres_database)


@pytest.fixture
def case(options: SqlOptions, postgres_database: Server, tmp_path: Path) -> SourceCase:
    execute(postgres_database, ORDERS)
    return SourceCase(
        lambda: SqlSource(options, Context(tmp_path, tmp_path)),
        Reading("orders", batch_bytes=3000),
        READS,
        cursor="at",
        key="id",
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_an_arrow_driver_keeps_the_source_contract(
    case: SourceCase, check: SourceCheck
) -> None:
    check(case)


@pytest.fixture
def source(options: SqlOptions, tmp_path: Path) -> Iterator[SqlSource]:
    with closing(SqlSource(options, Context(tmp_path, tmp_path))) as source:
        yield source


def _read(source: SqlSource, stream: str) -> Mapping[str, list[object]]:
    reading = Reading(stream)
    [share] = source.shares(reading, want=1)
    batches = [batch.rows for batch in source.read(reading, share, after=None)]
    return pa.Table.from_batches(batches, source.describe(stream).columns).to_pydict()


def test_types_of_an_arrow_driver_have_their_meaning(
    source: SqlSource, postgres_database: Server
) -> None:
    execute(
        postgres_database,
        "CREATE TABLE kinds AS SELECT 1::smallint AS small, 'é'::text AS word, "
        "date '2026-02-28' AS day, '\\x00ff'::bytea AS raw, 1.5::float4 AS four",
    )

    columns = source.describe("kinds").columns
    rows = _read(source, "kinds")

    meanings = {field.name: meaning_of(field).logical for field in columns}
    assert meanings == {
        "small": "int",
        "word": "text",
        "day": "date",
        "raw": "binary",
        "four": "float",
    }
    assert rows["word"] == ["é"]
    assert rows["raw"] == [b"\x00\xff"]
    assert rows["four"] == [1.5]


def test_a_stream_that_is_not_there_is_missing(source: SqlSource) -> None:
    with pytest.raises(StreamMissingError, match="nowhere"):
        source.describe("nowhere")


def test_a_key_that_is_not_there_is_named(postgres_database: Server, tmp_path: Path) -> None:
    execute(postgres_database, "CREATE TABLE orders (number int)")
    source = SqlSource(_adbc(postgres_database), Context(tmp_path, tmp_path))

    with pytest.raises(OptionsInvalidError, match="no column id"):
        source.describe("orders")


def test_exact_digits_of_an_adbc_driver_stay_exact(
    postgres_database: Server, tmp_path: Path
) -> None:
    execute(postgres_database, f"CREATE TABLE t AS SELECT {'9' * 40}.125::numeric AS x")
    source = SqlSource(_adbc(postgres_database), Context(tmp_path, tmp_path))

    [field] = source.describe("t").columns

    assert meaning_of(field).logical == "number"
    assert _read(source, "t") == {"x": ["9" * 40 + ".125"]}


def test_a_value_longer_than_the_limit_of_odbc_is_refused_and_not_cut(
    postgres_database: Server, tmp_path: Path
) -> None:
    missing = _odbc_missing()
    if missing:
        pytest.skip(missing)
    execute(postgres_database, "CREATE TABLE t AS SELECT repeat('x', 5000) AS long")
    source = SqlSource(_odbc(postgres_database), Context(tmp_path, tmp_path))

    with pytest.raises(DataUnreadableError):
        _read(source, "t")


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    options = SqlOptions.model_validate(
        {
            "interface": "adbc",
            "driver": "adbc_driver_postgresql",
            "url": "postgresql://127.0.0.1:1/none",
            "password": "hidden-word",
        }
    )

    with pytest.raises(SystemUnavailableError) as failure:
        SqlSource(options, Context(tmp_path, tmp_path)).check()

    assert "hidden-word" not in str(failure.value)


def test_a_driver_that_is_not_there_is_named(tmp_path: Path) -> None:
    options = SqlOptions.model_validate(
        {"interface": "adbc", "driver": "adbc_driver_nothing", "url": "x"}
    )

    with pytest.raises(ConnectorMissingError, match="adbc_driver_nothing") as failure:
        SqlSource(options, Context(tmp_path, tmp_path)).check()

    assert failure.value.hint == "pip install adbc-driver-nothing"


def test_an_odbc_driver_that_is_not_there_is_named(tmp_path: Path) -> None:
    options = SqlOptions.model_validate(
        {"interface": "odbc", "url": "Driver={none such};PWD=hidden-word"}
    )

    with pytest.raises((OptionsInvalidError, ConnectorMissingError)) as failure:
        SqlSource(options, Context(tmp_path, tmp_path)).check()

    assert "hidden-word" not in str(failure.value)


def test_a_wrong_password_is_refused_without_showing_it(
    postgres_database: Server, tmp_path: Path
) -> None:
    base = _adbc(postgres_database).model_dump()
    url = postgres_database.url.replace(postgres_database.password, "hidden-word")
    options = SqlOptions.model_validate({**base, "url": url})

    with pytest.raises((AuthenticationRefusedError, SystemUnavailableError)) as failure:
        SqlSource(options, Context(tmp_path, tmp_path)).check()

    assert "hidden-word" not in f"{failure.value} {options!r}"


def test_an_interface_that_only_reads_is_no_target(options: SqlOptions, tmp_path: Path) -> None:
    with pytest.raises(OptionsInvalidError, match="reads only"):
        SqlSink(options, Context(tmp_path, tmp_path))
