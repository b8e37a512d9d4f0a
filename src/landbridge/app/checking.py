"""Whether documents are right and connections answer."""

from dataclasses import dataclass

from landbridge.app.workspace import Workspace, source_builder
from landbridge.kernel.errors import LandbridgeError, OptionsInvalidError, StreamMissingError
from landbridge.sdk.source import StreamEntry

_STREAMS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """How one connection fares.

    Attributes:
        name: The connection.
        connector: Its connector.
        reads: Version of the system, when it can be read.
        writes: Version of the system, when it can be written.
        streams: What can be read, the first of it.
        error: Why it does not answer, or None.
    """

    name: str
    connector: str
    reads: str = ""
    writes: str = ""
    streams: tuple[StreamEntry, ...] = ()
    error: LandbridgeError | None = None


def check_connections(workspace: Workspace, names: tuple[str, ...]) -> list[ConnectionReport]:
    """Connect to the named connections, or to all, and return how each fares."""
    chosen = names or tuple(workspace.project.connections)
    return [_check(workspace, name) for name in chosen]


def _check(workspace: Workspace, name: str) -> ConnectionReport:
    spec = workspace.project.connections.get(name)
    connector = "" if spec is None else spec.connector
    try:
        writes = _write_side(workspace, name)
        reads, streams = _read_side(workspace, name, writable=bool(writes))
    except LandbridgeError as error:
        return ConnectionReport(name, connector, error=error)
    return ConnectionReport(name, connector, reads=reads, writes=writes, streams=streams)


def _read_side(
    workspace: Workspace, name: str, *, writable: bool
) -> tuple[str, tuple[StreamEntry, ...]]:
    build = source_builder(workspace.connection(name))
    if build is None:
        return "", ()
    source = build()
    try:
        version = source.check()
        entries = [
            entry for entry, _ in zip(source.streams(), range(_STREAMS_SHOWN), strict=False)
        ]
        return version, tuple(entries)
    except (StreamMissingError, OptionsInvalidError):
        # A target that the first run will create, such as a database file.
        if not writable:
            raise
        return "", ()
    finally:
        source.close()


def _write_side(workspace: Workspace, name: str) -> str:
    if workspace.connection(name).manifest.sink is None:
        return ""
    sink = workspace.sink_end(name).build()
    try:
        return sink.check()
    finally:
        sink.close()
