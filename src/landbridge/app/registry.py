"""Connectors, found by entry point and built by name."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from landbridge.kernel.errors import ConnectorMissingError
from landbridge.sdk.manifest import ConnectorManifest

GROUP = "landbridge.connectors"
AnyManifest = ConnectorManifest[Any]


class Registry:
    """Manifests of the connectors that are installed."""

    def __init__(self, found: Mapping[str, EntryPoint]) -> None:
        self._found = found

    @classmethod
    def installed(cls) -> "Registry":
        """Return the connectors of this Python environment, ours and third parties'."""
        return cls({point.name: point for point in entry_points(group=GROUP)})

    def names(self) -> Sequence[str]:
        """Return the names of all connectors, sorted."""
        return sorted(self._found)

    def manifest(self, name: str) -> AnyManifest:
        """Return a connector's manifest.

        Raises:
            ConnectorMissingError: No connector has this name, or it cannot be loaded.
        """
        point = self._found.get(name)
        if point is None:
            close = get_close_matches(name, self.names(), n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {self._all()}"
            raise ConnectorMissingError(f"there is no connector {name}", hint=hint)
        try:
            loaded = point.load()
        except ImportError as error:
            raise ConnectorMissingError(
                f"connector {name} cannot be loaded: {error.name or 'a module'} is missing",
                hint=f"pip install 'landbridge[{name}]'",
                connector=name,
            ) from error
        if not isinstance(loaded, ConnectorManifest):
            raise ConnectorMissingError(f"entry point {name} is no manifest", connector=name)
        return loaded

    def _all(self) -> str:
        return ", ".join(self.names())
