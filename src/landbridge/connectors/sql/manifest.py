"""What the connector for any SQL database offers."""

from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.sink import SqlSink
from landbridge.connectors.sql.source import SqlSource
from landbridge.sdk.manifest import ConnectorManifest, SinkCapabilities, SourceCapabilities

READS = SourceCapabilities(
    resumable=True, snapshot=False, windows=True, key_ranges=True, shares=True
)
WRITES = SinkCapabilities(
    modes=frozenset({"append", "merge", "replace", "mirror"}),
    transactional=True,
    atomic_replace=True,
    evolves=True,
    parallel=True,
    repairs=True,
)
MANIFEST = ConnectorManifest(
    name="sql",
    title="SQL database (SQLAlchemy, ADBC, ODBC)",
    options=SqlOptions,
    source=SqlSource,
    sink=SqlSink,
    reads=READS,
    writes=WRITES,
    generic=True,
)
