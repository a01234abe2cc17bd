"""Who counts as one visitor, where only an address tells visitors apart."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_PORT = re.compile(r"(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([0-9a-fA-F:.]+)\]):\d{1,5}")
_OF_ONE_VISITOR = 64


@lru_cache(maxsize=4_096)
def visitor_of(address: str) -> str:
    """Give under what an address is counted: an IPv4 address as it is, of IPv6 the /64.

    Whoever has one address of IPv6 has 2**64 of them, and each would have an allowance of its own.
    Some proxies tell the port too, another one with each connection.
    """
    with_port = _PORT.fullmatch(address)
    bare = (with_port[1] or with_port[2]) if with_port else address
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:  # a socket of IPv6 that IPv4 may use too
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _OF_ONE_VISITOR), strict=False))
