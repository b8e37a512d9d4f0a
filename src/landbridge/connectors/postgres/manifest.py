"""The connector, described before its drivers are imported."""

from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.sdk.libraries import require
from landbridge.sdk.manifest import (
    ConnectorManifest,
    Context,
    SinkCapabilities,
    SourceCapabilities,
)
from landbridge.sdk.sink import Sink
from landbridge.sdk.source import Source

_DRIVERS = ("adbc_driver_postgresql", "pgpq", "psycopg")


def _source(options: PostgresOptions, context: Context) -> Source:
    del context
    _require_drivers()
    from landbridge.connectors.postgres.source import PostgresSource  # noqa: PLC0415  drivers

    return PostgresSource(options)


def _sink(options: PostgresOptions, context: Context) -> Sink:
    del context
    _require_drivers()
    from landbridge.connectors.postgres.sink import PostgresSink  # noqa: PLC0415  drivers

    return PostgresSink(options)


def _require_drivers() -> None:
    for module in _DRIVERS:
        require(module, extra="postgres", connector="postgres")


MANIFEST = ConnectorManifest(
    name="postgres",
    title="PostgreSQL",
    options=PostgresOptions,
    extra="postgres",
    source=_source,
    sink=_sink,
    reads=SourceCapabilities(
        resumable=True, snapshot=True, windows=True, key_ranges=True, shares=True
    ),
    writes=SinkCapabilities(
        modes=frozenset({"append", "merge", "replace", "mirror"}),
        transactional=True,
        atomic_replace=True,
        evolves=True,
        parallel=True,
        repairs=True,
    ),
    relatives=("Greenplum", "openGauss", "GaussDB", "KingbaseES"),
)
