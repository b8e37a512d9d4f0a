"""A system of the torture table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks.torture.case import Case
from landbridge.app.registry import Registry
from landbridge.sdk.manifest import ConnectorManifest, Context
from landbridge.sdk.sink import Sink
from landbridge.sdk.source import Source


@dataclass(frozen=True, slots=True)
class System:
    """One system, as source, as target, or as both.

    Attributes:
        name: What the matrix calls it.
        connector: Its connector.
        options: The connection's options.
        make: Makes the native table of a case and returns the stream's name.
        target: Name of a target stream.
        context: Where it lives.
        witness: Another reader of the same tables, that the source must agree with.
    """

    name: str
    connector: str
    options: Mapping[str, Any]
    make: Callable[[Case, int], str]
    target: Callable[[int], str]
    context: Context
    witness: "System | None" = None

    @property
    def manifest(self) -> ConnectorManifest[Any]:
        """The connector's manifest."""
        return _manifest(self.connector)

    def source(self) -> Source:
        """Build the read side."""
        build = self.manifest.source
        if build is None:
            raise LookupError(self.name)
        return build(self._options(), self.context)

    def sink(self) -> Sink:
        """Build the write side."""
        build = self.manifest.sink
        if build is None:
            raise LookupError(self.name)
        return build(self._options(), self.context)

    def _options(self) -> Any:
        return self.manifest.options.model_validate_json(json.dumps(dict(self.options)))


@cache
def _manifest(connector: str) -> ConnectorManifest[Any]:
    return Registry.installed().manifest(connector)  # reads files of every package
