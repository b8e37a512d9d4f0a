"""What the connector is and can do. Importing this imports no driver."""

from types import ModuleType

from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.sdk.libraries import require
from landbridge.sdk.manifest import (
    ConnectorManifest,
    Context,
    SinkCapabilities,
    SourceCapabilities,
)
from landbridge.sdk.sink import Sink
from landbridge.sdk.source import Source

EXTRA = "mysql"
READS = SourceCapabilities(resumable=True, windows=True, key_ranges=True, shares=True)
WRITES = SinkCapabilities(
    modes=frozenset({"append", "merge", "replace", "mirror"}),
    transactional=True,
    atomic_replace=True,
    evolves=True,
    parallel=True,
    repairs=True,
)


def build_source(options: MysqlOptions, context: Context) -> Source:
    """Return the read side; nothing is connected yet."""
    _driver()
    from landbridge.connectors.mysql.source import MysqlSource  # noqa: PLC0415  needs it

    return MysqlSource(placed(options, context))


def build_sink(options: MysqlOptions, context: Context) -> Sink:
    """Return the write side; nothing is connected yet."""
    _driver()
    from landbridge.connectors.mysql.sink import MysqlSink  # noqa: PLC0415  needs it

    return MysqlSink(placed(options, context))


def placed(options: MysqlOptions, context: Context) -> MysqlOptions:
    """Return the options with paths that start at the project's folder."""
    if options.tls_ca is None:
        return options
    return options.model_copy(update={"tls_ca": str(context.folder / options.tls_ca)})


def _driver() -> ModuleType:
    return require("pymysql", extra=EXTRA, connector="mysql")


MANIFEST = ConnectorManifest(
    name="mysql",
    title="MySQL",
    options=MysqlOptions,
    extra=EXTRA,
    source=build_source,
    sink=build_sink,
    reads=READS,
    writes=WRITES,
    relatives=("MariaDB", "TiDB", "OceanBase", "Doris", "StarRocks"),
)
