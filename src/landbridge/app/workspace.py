"""An opened project: its documents, connectors, secrets and state, wired together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Engine

from landbridge.app.registry import AnyManifest, Registry
from landbridge.app.settings import Settings
from landbridge.engine.copy.task import SinkEnd, SourceEnd
from landbridge.kernel.clock import Clock, SystemClock
from landbridge.kernel.errors import DocumentsInvalidError, OptionsInvalidError
from landbridge.sdk.manifest import Context
from landbridge.sdk.options import Options
from landbridge.sdk.sink import Sink
from landbridge.sdk.source import Source
from landbridge.security.resolver import SecretResolver
from landbridge.specs.connection import ConnectionSpec
from landbridge.specs.faults import Fault
from landbridge.specs.flow import FlowSpec
from landbridge.specs.loader import Project, load_project
from landbridge.specs.options import check_options, validate_options
from landbridge.store.database import open_database
from landbridge.store.quarantine import QuarantineStore
from landbridge.store.runs import RunStore

T = TypeVar("T")
STATE_FOLDER = ".landbridge"


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection with its connector and resolved options; nothing is open yet."""

    spec: ConnectionSpec
    manifest: AnyManifest
    options: Options
    context: Context


@dataclass(frozen=True, slots=True)
class State:
    """The state database, open."""

    engine: Engine
    runs: RunStore
    quarantine: QuarantineStore


class Workspace:
    """A project in use. Close it, or use it in a `with` statement."""

    def __init__(
        self, project: Project, registry: Registry, settings: Settings, clock: Clock
    ) -> None:
        self.project = project
        self.registry = registry
        self.settings = settings
        self.clock = clock
        self._secrets = SecretResolver(
            project.spec.secrets, project.folder, settings.environment
        )

    @classmethod
    def open(
        cls, folder: Path, settings: Settings, *, clock: Clock | None = None
    ) -> "Workspace":
        """Open the project in a folder.

        Raises:
            DocumentsInvalidError: With every fault of every document.
        """
        project = load_project(folder.resolve())
        return cls(project, Registry.installed(), settings, clock or SystemClock())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state database, when it was opened."""
        if "state" in self.__dict__:
            self.state.engine.dispose()

    @cached_property
    def state(self) -> State:
        """The state database; opened, and migrated when needed, on first use."""
        where = self.project.where(self.project.spec, "state")
        url = self._secrets.resolve_text(self.project.spec.state, where).reveal()
        engine = open_database(url, self.project.folder)
        return State(engine, RunStore(engine), QuarantineStore(engine, self.clock))

    def check_options(self) -> None:
        """Check the options of every connection, as far as shows without secrets.

        Raises:
            DocumentsInvalidError: With every fault of every connection.
            ConnectorMissingError: A connector is not installed.
        """
        faults: list[Fault] = []
        for spec in self.project.connections.values():
            manifest = self.registry.manifest(spec.connector)
            where = self.project.where(spec, "options")
            faults += check_options(manifest.options, spec.options, where)
        if faults:
            raise DocumentsInvalidError(tuple(faults))

    def flow(self, name: str) -> FlowSpec:
        """Return a flow.

        Raises:
            OptionsInvalidError: There is none of this name.
        """
        return _named(self.project.flows, name, "flow")

    def connection(self, name: str) -> Connected:
        """Return a connection with its secrets resolved and its options checked.

        Raises:
            OptionsInvalidError: There is none of this name.
            DocumentsInvalidError: Its options are wrong, each fault with its place.
            ConnectorMissingError: Its connector is not installed.
            SecretMissingError: A secret it refers to is missing.
        """
        spec = _named(self.project.connections, name, "connection")
        manifest = self.registry.manifest(spec.connector)
        where = self.project.where(spec, "options")
        resolved = self._secrets.resolve(spec.options, where)
        options: Options = validate_options(
            manifest.options, resolved.options, where, hide=resolved.secrets
        )
        return Connected(spec, manifest, options, self.context())

    def source_end(self, name: str) -> SourceEnd:
        """Return the read side of a connection."""
        connected = self.connection(name)
        manifest = connected.manifest
        build = source_builder(connected)
        if build is None or manifest.reads is None:
            raise OptionsInvalidError(
                f"connection {name}: connector {manifest.name} cannot be read", connection=name
            )
        return SourceEnd(name, manifest.name, manifest.reads, build)

    def sink_end(self, name: str) -> SinkEnd:
        """Return the write side of a connection."""
        connected = self.connection(name)
        manifest = connected.manifest
        if manifest.sink is None or manifest.writes is None:
            raise OptionsInvalidError(
                f"connection {name}: connector {manifest.name} cannot be written",
                connection=name,
            )
        build: Callable[[], Sink] = partial(manifest.sink, connected.options, connected.context)
        source = source_builder(connected)
        return SinkEnd(name, manifest.name, manifest.writes, build, source, manifest.reads)

    def context(self) -> Context:
        """Return where connections of this project are used."""
        scratch = self.project.folder / STATE_FOLDER / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        return Context(self.project.folder, scratch)


def source_builder(connected: Connected) -> Callable[[], Source] | None:
    """Return what builds a source over a connection, or None when it has no read side."""
    manifest = connected.manifest
    if manifest.source is None:
        return None
    return partial(manifest.source, connected.options, connected.context)


def _named(found: Mapping[str, T], name: str, kind: str) -> T:
    if name in found:
        return found[name]
    close = get_close_matches(name, list(found), n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(found) or 'none'}"
    raise OptionsInvalidError(f"there is no {kind} {name}", hint=hint)
