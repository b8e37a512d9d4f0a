"""What a connection lists as its own private targets."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from landbridge.sdk.outbound.kinds import LISTABLE, Address, kind_of, unwrapped

_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<other>[^:\[\]]*)):(?P<port>\d{1,5})")
_BRACKETS = re.compile(r"\[(?P<six>[^\]]*)\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST_NAME = 253
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Target:
    """A place that may be reached although it is private.

    Attributes:
        name: Name of the host in lower case, or "" when addresses are listed.
        network: The addresses, or None when a name is listed.
        port: The only port, or None for every port.
    """

    name: str
    network: IPv4Network | IPv6Network | None
    port: int | None

    def covers(self, name: str, address: Address, port: int) -> bool:
        """Return whether a host, asked for by this name, is listed."""
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return name == self.name
        return address in self.network


def host_name(text: str) -> str | None:
    """Return a name of a host in lower case without its last dot, or None if it is none.

    What ends in a number is no name: systems disagree on how they read it.
    """
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    sound = len(name) <= _LONGEST_NAME and all(_LABEL.fullmatch(one) for one in labels)
    return name if sound and not _NUMBER.fullmatch(labels[-1]) else None


def target(text: str) -> Target:
    """Return what an entry of `allow_private` means.

    Raises:
        ValueError: It is neither a host, an address nor a network, or not a private one.

    Example:
        >>> target("10.1.0.0/16:443").port
        443
    """
    host, port = _without_port(text)
    name = host_name(host)
    if name is not None:
        return Target(name, None, port)
    try:
        network = ip_network(host)
    except ValueError as error:
        raise ValueError(
            "an entry is a host, an address or a network like 10.1.0.0/16, perhaps with a port"
        ) from error
    if unwrapped(network[0]) != network[0]:
        raise ValueError("an IPv4 address is written as one: 10.0.0.1, not ::ffff:10.0.0.1")
    kinds = {kind_of(network[0]), kind_of(network[-1])}
    if len(kinds) > 1 or not kinds <= LISTABLE:
        told = " and ".join(sorted(kinds))
        raise ValueError(f"only private addresses are listed; these are {told}")
    return Target("", network, port)


def _without_port(text: str) -> tuple[str, int | None]:
    found = _WITH_PORT.fullmatch(text)
    if found is None:
        inner = _BRACKETS.fullmatch(text)
        return (text if inner is None else inner["six"]), None
    port = int(found["port"])
    if port not in _PORTS:
        raise ValueError("a port is a number from 1 to 65535")
    return (found["other"] if found["six"] is None else found["six"]), port


def _sound(text: str) -> str:
    target(text)
    return text


PrivateTarget = Annotated[
    str,
    AfterValidator(_sound),
    Field(examples=["10.1.0.0/16", "crm.internal:8443", "127.0.0.1"]),
]
"""An entry of the option `allow_private`."""
