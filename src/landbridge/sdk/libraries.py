"""Drivers that are only there when their extra is installed."""

import importlib
from types import ModuleType

from landbridge.kernel.errors import ConnectorMissingError


def require(module: str, *, extra: str, connector: str) -> ModuleType:
    """Import a driver, or say which extra brings it.

    Raises:
        ConnectorMissingError: The library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConnectorMissingError(
            f"connector {connector} needs the library {module.partition('.')[0]}",
            hint=f"pip install 'landbridge[{extra}]'",
            connector=connector,
        ) from error
