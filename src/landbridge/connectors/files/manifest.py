"""What the connector of files offers."""

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.sink import FilesSink
from landbridge.connectors.files.source import FilesSource
from landbridge.sdk.manifest import ConnectorManifest, SinkCapabilities, SourceCapabilities

READS = SourceCapabilities(resumable=True, windows=True, key_ranges=True, shares=True)
WRITES = SinkCapabilities(
    modes=frozenset({"append", "replace"}),
    transactional=False,
    idempotent=True,
    atomic_replace=True,
    parallel=True,
)
MANIFEST = ConnectorManifest(
    name="files",
    title="Files (CSV, NDJSON, Parquet, Excel)",
    options=FilesOptions,
    source=FilesSource,
    sink=FilesSink,
    reads=READS,
    writes=WRITES,
)
