"""Which addresses may be reached, judged against Python's own knowledge of them."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from landbridge.kernel.errors import AddressRefusedError, SystemUnavailableError
from landbridge.sdk.outbound.guard import Outbound, Resolver, system_addresses
from landbridge.sdk.outbound.kinds import LISTABLE, Address, Kind, kind_of
from landbridge.sdk.outbound.targets import target

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)
PRIVATE = st.one_of(
    *(
        st.ip_addresses(network=one)
        for one in ("10.0.0.0/8", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/12", "fd00::/9")
    )
)
PUBLIC_V4 = V4.filter(lambda one: kind_of(one) is Kind.PUBLIC)
# What Python calls global although no API lives there: relays, and a cloud's own service.
STRICTER = [IPv4Network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")]
SIX_TO_FOUR = IPv6Network("2002::/16")


def six(prefix: str, number: int) -> IPv6Address:
    return IPv6Address(int(IPv6Address(prefix)) | number)


def answering(*addresses: str) -> Resolver:
    return lambda _host, _port: addresses


@given(V4)
def test_ipv4_that_python_calls_not_global_is_never_public(address: IPv4Address) -> None:
    python = address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or any(address in one for one in STRICTER)
    )
    assert (kind_of(address) is Kind.PUBLIC) == python


@given(V6)
def test_ipv6_that_python_calls_not_global_is_never_public(address: IPv6Address) -> None:
    assume(address.ipv4_mapped is None)
    if kind_of(address) is Kind.PUBLIC:
        assert address in SIX_TO_FOUR or address.is_global
        assert not address.is_multicast
        assert not address.is_link_local
        assert not address.is_reserved or address in IPv6Network("64:ff9b::/96")


@given(st.integers(min_value=0x2400 << 112, max_value=(0x2D00 << 112) - 1))
def test_ipv6_of_the_registries_is_public(number: int) -> None:
    address = IPv6Address(number)
    assume((number >> 32) & 0xFFFFFFFF not in {0x5EFE, 0x02005EFE})
    assert kind_of(address) is Kind.PUBLIC


@given(V4)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: six("::ffff:0:0", one),
        lambda one: six("64:ff9b::", one),
        lambda one: six("2002::", one << 80),
        lambda one: six("2002::", one << 80 | 0x1234),
        lambda one: six("2a00:1:2:3:0:5efe::", one),
        lambda one: six("2a00:1:2:3:200:5efe::", one),
    ],
    ids=["mapped", "nat64", "6to4", "6to4 host", "isatap", "isatap global"],
)
def test_a_wrapped_address_is_public_only_if_the_inner_one_is(
    wrap: Callable[[int], IPv6Address], address: IPv4Address
) -> None:
    inner, outer = kind_of(address), kind_of(wrap(int(address)))
    assert (outer is Kind.PUBLIC) == (inner is Kind.PUBLIC)


@given(V4)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: six("::", one),
        lambda one: six("::ffff:0:0:0", one),
        lambda one: six("64:ff9b:1::", one),
        lambda one: six("2001::", one ^ 0xFFFFFFFF),
        lambda one: six("2001::", one << 64),
        lambda one: six("fe80::5efe:0:0", one),
    ],
    ids=["compatible", "translated", "local nat64", "teredo client", "teredo server", "link"],
)
def test_obsolete_wrappings_are_never_public(
    wrap: Callable[[int], IPv6Address], address: IPv4Address
) -> None:
    assert kind_of(wrap(int(address))) is not Kind.PUBLIC


@given(PUBLIC_V4)
def test_public_addresses_pass_as_they_are_and_by_name(address: IPv4Address) -> None:
    assert Outbound().addresses(str(address), 443) == (str(address),)
    named = Outbound(resolver=answering(str(address), "2606:4700::1111"))
    assert named.addresses("api.example", 443) == (str(address), "2606:4700::1111")


@given(st.one_of(V4, V6), st.sampled_from(["api.example", "localhost", "xn--fiq.example."]))
def test_a_name_passes_only_if_its_address_is_public(address: Address, name: str) -> None:
    outbound = Outbound(resolver=answering(str(address)))
    if kind_of(address) is Kind.PUBLIC:
        assert len(outbound.addresses(name, 80)) == 1
    else:
        with pytest.raises(AddressRefusedError) as caught:
            outbound.addresses(name, 80)
        assert str(address) not in str(caught.value).replace(name, "")


@given(PRIVATE, st.sampled_from(["8.8.8.8", "2606:4700::1111"]))
def test_one_refused_address_refuses_the_name(address: Address, public: str) -> None:
    for both in ((str(address), public), (public, str(address))):
        with pytest.raises(AddressRefusedError):
            Outbound(resolver=answering(*both)).addresses("api.example", 443)


def parts(number: int) -> list[int]:
    return [number >> shift & 255 for shift in (24, 16, 8, 0)]


@given(V4)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        hex,
        lambda one: hex(one).upper(),
        lambda one: f"0{one:o}",
        lambda one: f"{one}.",
        lambda one: ".".join(f"0{part:o}" for part in parts(one)),
        lambda one: ".".join(f"{part:#x}" for part in parts(one)),
        lambda one: ".".join(f"{part:04}" for part in parts(one)),
        lambda one: f"{one >> 24}.{one & 0xFFFFFF}",
        lambda one: f"{one >> 24}.{one >> 16 & 255}.{one & 0xFFFF}",
        lambda one: f"{one >> 24:#x}.{one & 0xFFFFFF}",
        lambda one: f"{IPv4Address(one)}.",
        lambda one: f"{IPv4Address(one)}..",
        lambda one: f"{IPv4Address(one)}%eth0",
        lambda one: f" {IPv4Address(one)}",
        lambda one: f"{IPv4Address(one)}\n",
        lambda one: f"[{IPv4Address(one)}]",
        lambda one: f"me@{IPv4Address(one)}",
    ],
)
def test_odd_spellings_are_refused_whatever_they_mean(
    spell: Callable[[int], str], address: IPv4Address
) -> None:
    # The resolver would call each of them public: the spelling alone is enough.
    with pytest.raises(AddressRefusedError):
        Outbound(resolver=answering("8.8.8.8")).addresses(spell(int(address)), 443)


@given(st.text(), st.integers(0, 70000))
def test_no_text_at_all_leads_to_this_machine(host: str, port: int) -> None:
    outbound = Outbound(resolver=answering("127.0.0.1"))
    try:
        found = outbound.addresses(host, port)
    except AddressRefusedError:
        return
    assert [kind_of(ip_address(one)) for one in found] == [Kind.PUBLIC]


@given(PRIVATE, PRIVATE)
def test_a_listed_address_opens_itself_and_nothing_else(
    address: Address, other: Address
) -> None:
    assume(address != other)
    assert kind_of(address) in LISTABLE
    outbound = Outbound([str(address)])
    assert outbound.addresses(str(address), 80) == (str(address),)
    with pytest.raises(AddressRefusedError):
        outbound.addresses(str(other), 80)


@pytest.mark.parametrize(
    ("entry", "host", "port", "opens"),
    [
        ("10.1.0.0/16", "10.1.2.3", 80, True),
        ("10.1.0.0/16", "10.2.2.3", 80, False),
        ("10.1.0.0/16", "::ffff:10.1.2.3", 80, True),
        ("10.1.0.0/16", "64:ff9b::10.1.2.3", 80, False),
        ("10.1.2.3:8443", "10.1.2.3", 8443, True),
        ("10.1.2.3:8443", "10.1.2.3", 443, False),
        ("fd12::/16", "fd12::1", 80, True),
        ("[fd12::1]:80", "fd12::1", 80, True),
        ("[fd12::1]:80", "fd12::1", 81, False),
        ("[fd12::/16]:80", "fd12::7", 80, True),
        ("[fd12::1]", "fd12::1", 81, True),
        ("fd00::/8", "fd00:ec2::254", 80, False),
        ("100.64.0.0/10", "100.64.0.1", 80, True),
        ("100.64.0.0/10", "100.100.100.200", 80, False),
        ("CRM.internal", "crm.INTERNAL.", 80, True),
        ("crm.internal:81", "crm.internal", 80, False),
        ("crm.internal", "other.internal", 80, False),
        ("crm.internal", "crm.internal.evil.example", 80, False),
        ("crm.internal", "10.9.9.9", 80, False),
        ("10.9.9.9", "crm.internal", 80, True),
        ("10.9.9.8", "crm.internal", 80, False),
    ],
)
def test_what_an_entry_opens(entry: str, host: str, port: int, *, opens: bool) -> None:
    outbound = Outbound([entry], answering("10.9.9.9"))
    if opens:
        assert outbound.addresses(host, port)
    else:
        with pytest.raises(AddressRefusedError):
            outbound.addresses(host, port)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "0.0.0.1", "::", "224.0.0.1", "fd00:ec2::254", "2001::1"],
)
def test_a_listed_name_opens_no_metadata_and_nothing_that_is_no_system(address: str) -> None:
    outbound = Outbound(["crm.internal"], answering(address))
    with pytest.raises(AddressRefusedError) as caught:
        outbound.addresses("crm.internal", 80)
    assert "allow_private" not in caught.value.hint


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "8.8.8.8",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/7",
        "169.254.169.254",
        "169.254.0.0/16",
        "fe80::/10",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "10.1.2.3/16",
        "167772161",
        "010.0.0.1",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:x",
        "http://crm.internal",
        "*.internal",
        "me@crm.internal",
        "crm.internal/path",
        "crm internal",
        "fe80::1%eth0",
    ],
)
def test_an_entry_that_is_no_private_target_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"an entry is|only private|written as one|a port is"):
        target(entry)


def test_the_error_says_what_to_list() -> None:
    with pytest.raises(AddressRefusedError) as caught:
        Outbound(resolver=answering("10.9.9.9")).addresses("crm.internal", 8443)
    assert caught.value.code == "connection.address_refused"
    assert caught.value.retry == "never"
    assert 'allow_private: ["crm.internal:8443"]' in caught.value.hint
    with pytest.raises(AddressRefusedError) as caught:
        Outbound().addresses("fd12::1", 80)
    assert 'allow_private: ["[fd12::1]:80"]' in caught.value.hint
    assert Outbound(["[fd12::1]:80"]).addresses("fd12::1", 80) == ("fd12::1",)


def test_a_spelling_that_may_hold_credentials_is_not_told() -> None:
    with pytest.raises(AddressRefusedError) as caught:
        Outbound().addresses("me:hunter2@127.0.0.1", 80)
    assert "hunter2" not in f"{caught.value} {caught.value.hint} {caught.value.facts}"


def test_the_name_is_asked_for_once() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    outbound = Outbound(resolver=rebinding)
    assert outbound.addresses("rebind.example", 443) == ("8.8.8.8",)
    assert asked == ["rebind.example:443"]
    with pytest.raises(AddressRefusedError):
        outbound.addresses("rebind.example", 443)


def test_a_name_that_nobody_knows_is_unavailable() -> None:
    with pytest.raises(SystemUnavailableError, match="no address"):
        Outbound(resolver=answering()).addresses("api.example", 443)
    with pytest.raises(SystemUnavailableError, match="not known"):
        Outbound().addresses("nobody.invalid", 443)


def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in system_addresses("localhost", 80)
    with pytest.raises(OSError, match="no name"):
        system_addresses("a" * 64 + ".example", 80)
