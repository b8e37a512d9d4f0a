"""What the connector of files offers."""

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.source import FilesSource
from landbridge.sdk.manifest import ConnectorManifest, SourceCapabilities

READS = SourceCapabilities(resumable=True, windows=True, key_ranges=True, shares=True)
MANIFEST = ConnectorManifest(
    name="files",
    title="Files (CSV, NDJSON, Parquet, Excel)",
    options=FilesOptions,
    source=FilesSource,
    reads=READS,
)
