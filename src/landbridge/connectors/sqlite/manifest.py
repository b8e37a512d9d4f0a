"""What the SQLite connector offers."""

from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.connectors.sqlite.source import SqliteSource
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
    name="sqlite",
    title="SQLite",
    options=SqliteOptions,
    source=SqliteSource,
    sink=SqliteSink,
    reads=READS,
    writes=WRITES,
)
