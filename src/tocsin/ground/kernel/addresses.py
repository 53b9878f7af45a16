"""May Tocsin connect to this address? Judged on the number that will be dialled, in every form it can hide
in.

Names, decimal and octal spellings are no concern of this module: by the time it is asked, the resolver has
turned them into an address. Python's `ipaddress` parses, but its `is_private` and `is_global` do not decide:
they miss carrier-grade NAT, NAT64, 6to4 and others, and their answers moved between patch releases
(CVE-2024-4032). The tables below follow the IANA special-purpose registries
(iana.org/assignments/iana-ipv4-special-registry and -ipv6-), read as an allow-list for IPv6: only 2000::/3
less what is reserved in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_METADATA = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local: AWS, Google, Azure, ECS tasks, Scaleway, Tencent
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.192/32",  # Oracle
        "fd00:ec2::/32",  # AWS: ::254 instances, ::23 pods
        "fd20:ce::254/128",  # Google
        "fe80::a9fe:a9fe/128",  # OpenStack
    )
)
_METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
_LONGEST_NAME = 253
_NEVER = tuple(ip_network(text) for text in ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8"))
_SPECIAL_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID, benchmarking and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


def parse_address(text: str) -> Address:
    """An address as `getaddrinfo` prints it; the zone of a link-local one is dropped. Raises ValueError."""
    return ip_address(text.partition("%")[0])


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect: a name or an address, and a port where one is said."""

    host: str
    port: int | None = None


def parse_place(text: str) -> Place:
    """`203.0.113.7`, `203.0.113.7:8443`, `origin.example.com`, `[2001:db8::1]:8443`. Raises ValueError."""
    host, colon, port = text, "", ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not a place to connect to; write it like [2001:db8::1]:443")
        colon, port = rest[:1], rest[1:]
        ip_address(host)
    elif text.count(":") == 1:
        host, colon, port = text.partition(":")
    elif ":" in text:
        ip_address(text)
    if not host or len(host) > _LONGEST_NAME or not all(each.isalnum() or each in ".-_:" for each in host):
        raise ValueError(
            f"{text!r} is not a place to connect to; write it like 203.0.113.7 or 203.0.113.7:443"
        )
    if not colon:
        return Place(host)
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        raise ValueError(f"{port!r} is not a port")
    return Place(host, int(port))


def _v4(packed: bytes) -> IPv4Address:
    return IPv4Address(packed)


def forms(address: Address) -> Iterator[Address]:
    """The address itself and every IPv4 address that an IPv6 one may be carried to."""
    yield address
    if isinstance(address, IPv4Address):
        return
    packed = address.packed
    head, tail = packed[:12], packed[12:]
    if head in (b"\0" * 12, b"\0" * 10 + b"\xff\xff", b"\0" * 8 + b"\xff\xff\0\0") or address in _NAT64:
        yield _v4(tail)  # compatible, mapped, SIIT, NAT64
    if address in _NAT64_LOCAL:
        yield _v4(tail)
        yield _v4(packed[6:8] + packed[9:11])  # RFC 6052, a prefix of 48 bits: byte 8 is skipped
    if packed[:2] == b"\x20\x02":
        yield _v4(packed[2:6])  # 6to4
    if packed[:4] == b"\x20\x01\0\0":
        yield _v4(packed[4:8])  # Teredo: its server, then its client, inverted
        yield _v4(bytes(byte ^ 0xFF for byte in tail))
    if packed[8:12] in (b"\0\0\x5e\xfe", b"\x02\0\x5e\xfe"):
        yield _v4(tail)  # ISATAP


def is_public(address: Address) -> bool:
    """Whether anyone on the internet would reach the same host by this address."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    carried = _carried(address)
    if carried is not None:
        return is_public(carried)
    return (
        address in _GLOBAL_V6
        and not any(address in network for network in _SPECIAL_V6)
        and all(is_public(form) for form in forms(address) if isinstance(form, IPv4Address))
    )


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 host that *is* meant: mapped addresses, and NAT64 as a network of IPv6 alone resolves every
    name.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return _v4(address.packed[12:])
    return None


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be reached beyond the public internet: networks, and hosts by name (`*.lab.example` for all
    below).
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Rules:
        """`10.1.0.0/16`, `10.1.2.3`, `build.example`, `*.lab.example`. Raises ValueError naming the entry."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for entry in entries:
            text = entry.strip().lower().rstrip(".")
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError:
                if not text or "/" in text or ":" in text or text.removeprefix("*.").strip("*") == "":
                    raise ValueError(
                        f"{entry!r} is no network (10.1.0.0/16) and no host (build.example, *.lab.example)"
                    ) from None
                hosts.add(text)
        return cls(networks=tuple(networks), hosts=frozenset(hosts))

    def refuses_name(self, host: str) -> str:
        """Why this name is never asked for; empty when it may be."""
        name = host.lower().rstrip(".")
        return f"{host} is a cloud's metadata service" if name in _METADATA_NAMES else ""

    def refuses(self, address: Address, *, host: str, trusted: bool) -> str:
        """Why this address, found for `host`, is not connected to; empty when it is."""
        every = tuple(forms(address))
        if any(form in network for form in every for network in _METADATA):
            return f"{address} is link-local, where clouds serve their metadata"
        if any(form in network for form in every for network in _NEVER):
            return f"{address} is a group of hosts, not one"
        if trusted or self._names(host) or self._holds(address):
            return ""
        return "" if is_public(address) else f"{address} is not a public address"

    def _names(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        parents = name.split(".")[1:]
        return name in self.hosts or any(
            f"*.{'.'.join(parents[index:])}" in self.hosts for index in range(len(parents))
        )

    def _holds(self, address: Address) -> bool:
        meant = _carried(address) or address
        return any(form in network for form in {address, meant} for network in self.networks)
