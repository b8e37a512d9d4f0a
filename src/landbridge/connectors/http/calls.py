"""A request as the connector means it, before anybody signs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API.

    Attributes:
        url: Where, with its query.
        method: How.
        headers: Headers besides those of the connection.
        content: The body; empty for none.
    """

    url: httpx.URL
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""


def shown(value: str | int | bool) -> str:  # noqa: FBT001  as YAML has it
    """Return a value as a query writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
