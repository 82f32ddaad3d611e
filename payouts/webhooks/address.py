"""Where events may be sent: an address outside, by https, on a port that is for it.

Whoever enters an address could otherwise have the service call what only the service can reach: its own database, the
machine's metadata, a neighbour in the network. So a name is looked up when it is entered, and once more for each
connection, which then goes to exactly the addresses that were looked at: between two look-ups a name may change
(DNS rebinding).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from schemes.errors import Refused

LONGEST = 500
PORTS = {"https": frozenset({443, 8443}), "http": frozenset({80, 8080})}
DEFAULT_PORTS = {"https": 443, "http": 80}
# what has been given out of IPv6 for the public so far (IANA)
PUBLIC_IPV6 = IPv6Network("2000::/3")
# IPv4 within IPv6: NAT64 (RFC 6052) leads to it, and is itself reserved
NAT64 = IPv6Network("64:ff9b::/96")
# an address of the machine's host that looks public: Azure's metadata
METADATA = frozenset({IPv4Address("168.63.129.16")})

LookUp = Callable[[str, int], list[str]]


class AddressFault(StrEnum):
    """Why nothing is sent to an address."""

    NOT_AN_ADDRESS = "not_an_address"
    NOT_HTTPS = "not_https"
    PORT = "port"
    INTERNAL = "internal"


class AddressRefused(Refused):
    """Nothing is sent there."""

    def __init__(self, fault: AddressFault) -> None:
        super().__init__(f"nothing is sent to this address: {fault}")
        self.fault = fault


class NameUnknown(Exception):
    """The name cannot be looked up: there is none, or nobody who knows it answers."""


@dataclass(frozen=True)
class Rules:
    """What is allowed besides: http for a sandbox; hosts (`host` or `host:port`) that the operator named."""

    sandbox: bool
    named: frozenset[str] = frozenset()

    def has(self, host: str, port: int) -> bool:
        return host in self.named or f"{host}:{port}" in self.named


def named_hosts(written: str) -> frozenset[str]:
    """The operator's list: hosts with or without a port, with commas between them."""
    return frozenset(host.strip().lower() for host in written.split(",") if host.strip())


def split(url: str) -> tuple[SplitResult, str, int]:
    """An address with its host and port. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
        port = DEFAULT_PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        raise AddressRefused(AddressFault.NOT_AN_ADDRESS) from None
    odd = not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST
    if odd or not host or "@" in parts.netloc or parts.fragment or parts.scheme not in DEFAULT_PORTS:
        raise AddressRefused(AddressFault.NOT_AN_ADDRESS)
    return parts, host, port


def must_be_fit(url: str, rules: Rules) -> None:
    """Raises AddressRefused for an address of a form to which nothing is sent."""
    parts, host, port = split(url)
    if parts.scheme == "http" and not rules.sandbox:
        raise AddressRefused(AddressFault.NOT_HTTPS)
    if port not in PORTS[parts.scheme] and not rules.has(host, port):
        raise AddressRefused(AddressFault.PORT)


def enter(url: str, rules: Rules, *, look_up: LookUp | None = None) -> str:
    """An address as it is kept. One whose name nobody knows yet is kept: each connection looks again.

    Raises AddressRefused.
    """
    url = url.strip()
    must_be_fit(url, rules)
    _, host, port = split(url)
    with contextlib.suppress(NameUnknown):
        allowed(host, port, rules, look_up=look_up)
    return url


def allowed(host: str, port: int, rules: Rules, *, look_up: LookUp | None = None) -> list[str]:
    """The addresses of a host, all of which were looked at. Raises AddressRefused, NameUnknown."""
    found = (look_up or addresses_of)(host, port)
    if not found:
        raise NameUnknown(host)
    if not rules.has(host, port) and not all(is_public(address) for address in found):
        raise AddressRefused(AddressFault.INTERNAL)
    return found


def addresses_of(host: str, port: int) -> list[str]:
    """What a name stands for now. Raises NameUnknown."""
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NameUnknown(host) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(written: str) -> bool:
    """Whether an address belongs to somebody outside, and to one of them alone."""
    address = ip_address(written.partition("%")[0])
    if isinstance(address, IPv6Address):
        within = inner(address)
        if within is not None:
            return is_public(str(within))
        if address not in PUBLIC_IPV6 or address.is_site_local or address.teredo is not None:
            return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address in METADATA
    return address.is_global and not special


def inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that one of IPv6 leads to: mapped, by 6to4 or by NAT64."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
