"""Which addresses Quadra may connect to on somebody's behalf.

A name is resolved once, every address it has is judged, and the connection goes to an address
that was judged: between judging and connecting a name could otherwise come to mean another.
"""

from __future__ import annotations

import socket
from _socket import getaddrinfo  # the C call itself: it works on native threads in every mode
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from quadra.errors import InvalidError

IpAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int, int], list[tuple[int, str]]]
"""Gives (family, address) of a host; ``flags`` as getaddrinfo's; raises OSError."""

# What Python 3.11's is_global lets pass, or does not know yet.
_NOT_PUBLIC = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("192.0.0.0/24", "a reserved address"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a NAT64 address"),
        ("2002::/16", "a 6to4 address"),
        ("2001::/32", "a Teredo address"),
        ("fec0::/10", "a private address"),
        ("3fff::/20", "a documentation address"),
        ("5f00::/16", "a reserved address"),
    )
)


class EgressError(InvalidError):
    """The address is not one to connect to."""

    code = "address_refused"
    title = "This address is not connected to"


class NoSuchHostError(InvalidError):
    """The name has no address."""

    code = "no_such_host"
    title = "The host is not known"


@dataclass(frozen=True, slots=True)
class Address:
    """One address to connect to."""

    family: int
    ip: str
    port: int


def kind_of_private(address: IpAddress) -> str | None:  # noqa: PLR0911 - one answer a kind
    """Say what keeps an address from being a public one; None when it is public."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return kind_of_private(address.ipv4_mapped)
    if address.is_unspecified or address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    for network, kind in _NOT_PUBLIC:
        if address.version == network.version and address in network:
            return kind
    if address.is_private:
        return "a private address"
    if not address.is_global or address.is_reserved:
        return "a reserved address"
    return None


def resolve(host: str, port: int, flags: int = 0) -> list[tuple[int, str]]:
    """Ask the system; blocking, unless ``flags`` hold AI_NUMERICHOST."""
    found = getaddrinfo(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, flags)
    return [(family, str(place[0])) for family, _, _, _, place in found]


@dataclass(frozen=True, slots=True)
class Egress:
    """Judges hosts. ``setting`` is the variable that opens private addresses."""

    setting: str
    allow_private: bool = False
    resolve: Resolve = resolve

    def numeric(self, host: str, port: int) -> list[Address] | None:
        """Judge a host that is an address, however written; None when it is a name.

        Never blocks. Raises EgressError.
        """
        try:
            found = self.resolve(host, port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return None
        return self._judged(found, port)

    def addresses(self, host: str, port: int) -> list[Address]:
        """Give every address of a host; blocking.

        Raises EgressError when any of them is refused, NoSuchHostError when there is none.
        """
        try:
            found = self.resolve(host, port, 0)
        except (OSError, UnicodeError):
            found = []
        if not found:
            msg = "no such host"
            raise NoSuchHostError(msg)
        return self._judged(found, port)

    def _judged(self, found: list[tuple[int, str]], port: int) -> list[Address]:
        for _family, ip in found:
            kind = None if self.allow_private else kind_of_private(ip_address(ip))
            if kind is not None:
                msg = f"refused: {kind}; start Quadra with {self.setting}=true to allow those"
                raise EgressError(msg)
        return [Address(family, ip, port) for family, ip in dict.fromkeys(found)]
