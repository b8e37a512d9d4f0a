"""What the DuckDB connector offers."""

from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.sink import DuckdbSink
from landbridge.connectors.duckdb.source import DuckdbSource
from landbridge.sdk.manifest import ConnectorManifest, SinkCapabilities, SourceCapabilities

READS = SourceCapabilities(
    resumable=True, snapshot=False, windows=True, key_ranges=True, shares=True
)
WRITES = SinkCapabilities(
    modes=frozenset({"append", "merge", "replace", "mirror"}),
    transactional=True,
    atomic_replace=True,
    evolves=True,
    parallel=False,
    repairs=True,
)
MANIFEST = ConnectorManifest(
    name="duckdb",
    title="DuckDB",
    options=DuckdbOptions,
    source=DuckdbSource,
    sink=DuckdbSink,
    reads=READS,
    writes=WRITES,
)
