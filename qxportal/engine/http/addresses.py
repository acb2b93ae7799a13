"""The network address of a caller."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NETWORK = 64  # bits of an IPv6 address that identify a caller, who may own the whole network behind them


def address_of(request: HttpRequest) -> str:
    """The peer's address, or the one seen by the proxy in front; empty if unknown."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if settings.ENGINE_BEHIND_PROXY:
        peer = str(request.META.get("HTTP_X_FORWARDED_FOR", peer)).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, NETWORK), strict=False).network_address)
    return str(address)
