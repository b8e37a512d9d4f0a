"""What kind of network an IP address belongs to, whatever it is wrapped in."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class Kind(StrEnum):
    """Kinds of addresses, as errors tell them."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    SHARED = "carrier-grade NAT"
    TESTING = "benchmark network"
    LINK_LOCAL = "link-local"
    METADATA = "cloud metadata"
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    RESERVED = "reserved"
    WRAPPED = "wrapped private"


LISTABLE = frozenset(
    {Kind.LOOPBACK, Kind.PRIVATE, Kind.SHARED, Kind.TESTING},
)
"""Kinds that hold systems of one's own, which a connection may list."""

# Services that give a machine's credentials to whoever asks from it, at several clouds.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.0.23",
        "169.254.42.42",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:42::42",
        "fd00:c1::a9fe:a9fe",
        "fe80::a9fe:a9fe",
    )
)
_IPV4 = tuple(
    (IPv4Network(text), kind)
    for text, kind in (
        ("0.0.0.0/8", Kind.UNSPECIFIED),
        ("10.0.0.0/8", Kind.PRIVATE),
        ("100.64.0.0/10", Kind.SHARED),
        ("127.0.0.0/8", Kind.LOOPBACK),
        ("169.254.0.0/16", Kind.LINK_LOCAL),
        ("172.16.0.0/12", Kind.PRIVATE),
        ("192.0.0.0/24", Kind.RESERVED),
        ("192.0.2.0/24", Kind.RESERVED),
        ("192.88.99.0/24", Kind.RESERVED),
        ("192.168.0.0/16", Kind.PRIVATE),
        ("198.18.0.0/15", Kind.TESTING),
        ("198.51.100.0/24", Kind.RESERVED),
        ("203.0.113.0/24", Kind.RESERVED),
        ("224.0.0.0/4", Kind.MULTICAST),
        ("240.0.0.0/4", Kind.RESERVED),
    )
)
_IPV6 = tuple(
    (IPv6Network(text), kind)
    for text, kind in (
        ("::/128", Kind.UNSPECIFIED),
        ("::1/128", Kind.LOOPBACK),
        ("fc00::/7", Kind.PRIVATE),
        ("fe80::/10", Kind.LINK_LOCAL),
        ("ff00::/8", Kind.MULTICAST),
        # Teredo is among them: it may lead to any machine behind any NAT.
        ("2001::/23", Kind.RESERVED),
        ("2001:db8::/32", Kind.RESERVED),
        ("3fff::/20", Kind.RESERVED),
    )
)
_GLOBAL = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def unwrapped(address: Address) -> Address:
    """Return where a connection to an address goes: IPv4 for IPv4 written as IPv6.

    Example:
        >>> unwrapped(ip_address("::ffff:10.0.0.1"))
        IPv4Address('10.0.0.1')
    """
    if isinstance(address, IPv4Address):
        return address
    # Made anew from the number, without a zone.
    return address.ipv4_mapped or IPv6Address(int(address))


def kind_of(address: Address) -> Kind:
    """Return the kind of an address; one that carries a private one is not public.

    Example:
        >>> kind_of(ip_address("64:ff9b::127.0.0.1")).value
        'wrapped private'
    """
    found = unwrapped(address)
    if found in _METADATA:
        return Kind.METADATA
    if isinstance(found, IPv4Address):
        return next((kind for network, kind in _IPV4 if found in network), Kind.PUBLIC)
    for network, kind in _IPV6:
        if found in network:
            return kind
    carried = _carried(found)
    if carried is not None:
        return Kind.PUBLIC if kind_of(carried) is Kind.PUBLIC else Kind.WRAPPED
    return Kind.PUBLIC if found in _GLOBAL else Kind.RESERVED


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a gateway would take out of an IPv6 address."""
    number = int(address)
    if address in _NAT64:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in _GLOBAL and (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
