"""The one place that says where a connection may go."""

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv6Address, ip_address

from landbridge.kernel.errors import AddressRefusedError, SystemUnavailableError
from landbridge.sdk.outbound.kinds import LISTABLE, Address, Kind, kind_of, unwrapped
from landbridge.sdk.outbound.targets import host_name, target

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a name, or raises OSError."""

_PORTS = range(1, 65536)


class Outbound:
    """Decides for one connection; safe to use from several threads at once.

    A connector asks it for each connection it opens, the first and every later one, and
    connects to one of the addresses returned, not to the name: a name that is asked for
    twice may answer twice. TLS is verified against the name all the same.
    """

    def __init__(
        self, allow_private: Iterable[str] = (), resolver: Resolver | None = None
    ) -> None:
        self._targets = tuple(target(text) for text in allow_private)
        self._resolver = resolver or system_addresses

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host, in the order to try, if it may be reached.

        Args:
            host: A name (as DNS has it, so IDNA-encoded) or an address without brackets.
            port: The port that will be connected to.

        Raises:
            AddressRefusedError: The host is written in a way that systems read
                differently, or one of its addresses is neither public nor listed.
            SystemUnavailableError: The name has no address.

        Example:
            >>> Outbound().addresses("8.8.8.8", 443)
            ('8.8.8.8',)
            >>> Outbound(["10.1.0.0/16"]).addresses("10.1.2.3", 443)
            ('10.1.2.3',)
        """
        if port not in _PORTS:
            raise AddressRefusedError(f"{port} is no port")
        name = host_name(host)
        found = (_literal(host),) if name is None else self._resolved(host, port)
        for address in found:
            self._check(name, address, port)
        return tuple(dict.fromkeys(str(address) for address in found))

    def _resolved(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            texts = self._resolver(host, port)
        except OSError as error:
            raise SystemUnavailableError(f"{host} is not known: {error.strerror}") from error
        if not texts:
            raise SystemUnavailableError(f"{host} has no address")
        return tuple(unwrapped(ip_address(text)) for text in texts)

    def _check(self, name: str | None, address: Address, port: int) -> None:
        kind = kind_of(address)
        if kind is Kind.PUBLIC:
            return
        if kind in LISTABLE and any(
            one.covers(name or "", address, port) for one in self._targets
        ):
            return
        asked = str(address) if name is None else name
        verb = "is" if name is None else "leads to"
        raise AddressRefusedError(
            f"{asked} {verb} a {kind} address, which this connection may not reach",
            hint=_hint(kind, asked, port),
            host=asked,
            port=port,
        )


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses that this machine's resolver gives, asked once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "no name of a host") from error
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


def _literal(host: str) -> Address:
    try:
        found = ip_address(host)
    except ValueError as error:
        # What was written may hold credentials (user@host), so it is not told.
        raise AddressRefusedError(
            "the host is neither a name nor an address in its plain form",
            hint="write a name (api.example.com), an IPv4 address as 192.0.2.1, or an IPv6 "
            "address without a zone; not a number, not octal, hexadecimal or shortened",
        ) from error
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        raise AddressRefusedError("an address with a zone reaches this machine's own network")
    return unwrapped(found)


def _hint(kind: Kind, asked: str, port: int) -> str:
    if kind not in LISTABLE:
        return "no connection may reach such an address; check where `url` leads"
    entry = f"[{asked}]:{port}" if ":" in asked else f"{asked}:{port}"
    return f'if it is meant, list it in the connection: allow_private: ["{entry}"]'
