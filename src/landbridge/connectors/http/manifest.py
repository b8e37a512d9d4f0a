"""What the connector of HTTP APIs offers."""

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.sdk.manifest import ConnectorManifest, SourceCapabilities

READS = SourceCapabilities(resumable=True, windows=True, key_ranges=True)
MANIFEST = ConnectorManifest(
    name="http",
    title="HTTP API (JSON)",
    options=HttpOptions,
    source=HttpSource,
    reads=READS,
    generic=True,
)
