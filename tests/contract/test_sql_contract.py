"""The connector for any SQL database keeps the contracts, on three of them."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tools.services import Server

from landbridge.connectors.sql.manifest import READS, WRITES
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
from landbridge.data.conform import conform
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.manifest import Context, SourceCapabilities
from landbridge.sdk.reading import Reading
from landbridge.testing import sink_contract, source_contract
from landbridge.testing.sink_case import SAMPLE, SinkCase
from landbridge.testing.sink_contract import SinkCheck
from landbridge.testing.source_contract import SourceCase, SourceCheck

DATABASES = ("sqlite", "postgres", "mariadb")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=DATABASES)
def options(request: pytest.FixtureRequest, tmp_path: Path) -> SqlOptions:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'shop.db'}"
    else:
        server: Server = request.getfixturevalue(f"{request.param}_database")
        kind = "postgresql+psycopg" if request.param == "postgres" else "mysql+pymysql"
        url = (
            f"{kind}://{server.user}@{server.host}:{server.port}/{server.database}"
            f"{'?charset=utf8mb4' if request.param == 'mariadb' else ''}"
        )
        return SqlOptions.model_validate({"url": url, "password": server.password})
    return SqlOptions.model_validate({"url": url})


def _engine(options: SqlOptions) -> sa.Engine:
    url = sa.make_url(options.url.get_secret_value())
    if options.password is not None:
        url = url.set(password=options.password.get_secret_value())
    return sa.create_engine(url, poolclass=sa.pool.NullPool)


@pytest.fixture(params=["orders", "stock", "totals"])
def source_case(
    request: pytest.FixtureRequest, options: SqlOptions, tmp_path: Path
) -> SourceCase:
    metadata = sa.MetaData()
    orders = sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("total", sa.Numeric(12, 2)),
        sa.Column("note", sa.String(100)),
        sa.Column("photo", sa.LargeBinary),
    )
    stock = sa.Table(
        "stock",
        metadata,
        sa.Column("site", sa.String(20), primary_key=True),
        sa.Column("item", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.Double),
    )
    with _engine(options).begin() as connection:
        metadata.create_all(connection)
        connection.execute(
            sa.insert(orders),
            [
                {
                    "id": number * 3 - 300,
                    "at": (START + timedelta(minutes=number // 3)).replace(tzinfo=None),
                    "total": Decimal(number * 125) / 100,
                    "note": None if number % 5 == 0 else "注" * (number % 40),
                    "photo": bytes([number % 256]) * (number % 30),
                }
                for number in range(800)
            ],
        )
        connection.execute(
            sa.insert(stock),
            [
                {"site": f"site {number % 7}", "item": number, "amount": number / 3}
                for number in range(800)
            ],
        )
        connection.execute(
            sa.text("CREATE VIEW totals AS SELECT site AS s, item AS i, amount FROM stock")
        )
    keyed = SqlOptions.model_validate({**options.model_dump(), "keys": {"totals": ("s", "i")}})
    one_integer = request.param == "orders"
    return SourceCase(
        lambda: SqlSource(keyed, Context(tmp_path, tmp_path)),
        Reading(request.param, batch_bytes=3000),
        READS if one_integer else SourceCapabilities(resumable=True),
        cursor="at",
        key="id",
    )


@pytest.mark.parametrize("check", source_contract.CHECKS, ids=lambda check: check.__name__)
def test_any_database_keeps_the_source_contract(
    source_case: SourceCase, check: SourceCheck
) -> None:
    check(source_case)


def _rows(build: Callable[[], SqlSource]) -> Callable[[str], pa.Table | None]:
    """Read a stream back and bring it to the types that were written."""

    def rows(stream: str) -> pa.Table | None:
        with closing(build()) as source:
            try:
                columns = source.describe(stream).columns
            except StreamMissingError:
                return None
            [share] = source.shares(Reading(stream), want=1)
            read = source.read(Reading(stream), share, after=None)
            table = pa.Table.from_batches([batch.rows for batch in read], columns)
        known = [
            SAMPLE.field(name) if name in SAMPLE.names else field
            for name, field in zip(columns.names, columns, strict=True)
        ]
        wanted = pa.schema(known)
        batches = [conform(batch, wanted) for batch in table.to_batches()]
        return pa.Table.from_batches(batches, wanted)

    return rows


@pytest.fixture
def sink_case(options: SqlOptions, tmp_path: Path) -> SinkCase:
    context = Context(tmp_path, tmp_path)
    return SinkCase(
        lambda: SqlSink(options, context),
        _rows(lambda: SqlSource(options, context)),
        WRITES,
        comments=not options.url.get_secret_value().startswith("sqlite"),
    )


@pytest.mark.parametrize("check", sink_contract.CHECKS, ids=lambda check: check.__name__)
def test_any_database_keeps_the_sink_contract(sink_case: SinkCase, check: SinkCheck) -> None:
    check(sink_case)


def test_meanings_are_what_the_database_can_tell(options: SqlOptions, tmp_path: Path) -> None:
    sink = SqlSink(options, Context(tmp_path, tmp_path))

    kinds = {field.name: sink.fit(field).kind for field in SAMPLE}

    sink.close()
    assert set(kinds.values()) <= {"exact", "widening", "lossy"}
    assert kinds["id"] == kinds["label"] == kinds["at"] == "exact"
    assert meaning_of(SAMPLE.field("ref")).logical == "uuid"
