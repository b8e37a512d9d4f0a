"""How a connector describes itself: data that is read before anything is built."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from landbridge.sdk.options import Options
from landbridge.sdk.sink import Sink, WriteMode
from landbridge.sdk.source import Source

O = TypeVar("O", bound=Options)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Context:
    """Where a connection is used.

    Attributes:
        folder: The project's folder; relative paths in options start here.
        scratch: A folder for temporary files, on a disk with room.
    """

    folder: Path
    scratch: Path


@dataclass(frozen=True, slots=True)
class SourceCapabilities:
    """What a source can do.

    Attributes:
        resumable: A position resumes inside a share in a later process, without loss or
            repetition as long as the rows themselves did not change.
        snapshot: All shares of one source object see the same moment.
        windows: Cursor windows are read by the system itself.
        key_ranges: Integer key ranges are read by the system itself.
        shares: Several shares can be made.
    """

    resumable: bool
    snapshot: bool = False
    windows: bool = False
    key_ranges: bool = False
    shares: bool = False


@dataclass(frozen=True, slots=True)
class SinkCapabilities:
    """What a sink can do.

    Attributes:
        modes: Write modes offered.
        transactional: Rows and progress are durable in one transaction.
        idempotent: Without transactions: writing the same batch again leaves one copy.
        atomic_replace: Readers see either all old or all new rows.
        evolves: Columns can be added to an existing target.
        parallel: Several writers at once are of use.
        repairs: `Sink.repair` is offered.
    """

    modes: frozenset[WriteMode]
    transactional: bool
    idempotent: bool = False
    atomic_replace: bool = False
    evolves: bool = False
    parallel: bool = False
    repairs: bool = False


@dataclass(frozen=True, slots=True)
class ConnectorManifest(Generic[O]):
    """Name, options, capabilities and constructors of a connector.

    Importing the module that holds a manifest must not import the system's driver: a
    missing one becomes `ConnectorMissingError` when `source` or `sink` is called.

    Attributes:
        name: What `connector:` says in a document.
        title: Name of the system, for people.
        options: The closed model of the connection's options.
        extra: Extra of the package that brings the drivers, or "" when the core does.
        source: Builds the read side, or None.
        sink: Builds the write side, or None.
        generic: The connector serves many systems and promises only what all of them do.
    """

    name: str
    title: str
    options: type[O]
    extra: str = ""
    source: Callable[[O, Context], Source] | None = None
    sink: Callable[[O, Context], Sink] | None = None
    reads: SourceCapabilities | None = None
    writes: SinkCapabilities | None = None
    generic: bool = False
    relatives: tuple[str, ...] = field(default=())
