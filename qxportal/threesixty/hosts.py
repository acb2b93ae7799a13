"""Hosts that calls may go to."""

import ipaddress
import re
import socket
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

DATA_CENTRE = re.compile(r"[a-z0-9-]{1,40}\.qualtrics\.com", re.ASCII)
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):([0-9]{2,5})", re.ASCII)
NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
PORT = re.compile(r"[0-9]{2,5}", re.ASCII)
HTTPS_PORT = 443
HINT = "Enter the data centre's host name, such as eu.qualtrics.com."
ONE_INTERNET = ipaddress.ip_network("2000::/3")  # all of allocated global IPv6
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # protocol assignments, among them Teredo, which hold IPv4 addresses
        "2001:db8::/32",  # examples
        "2002::/16",  # 6to4, which holds an IPv4 address
        "3fff::/20",  # examples
    )
)


def engine_hosts(names: Iterable[str]) -> frozenset[str]:
    """Engines allowed on other machines, as `name` or `name:port`; raises ValueError for anything else.

    >>> sorted(engine_hosts(["Engine.Acme.example", "engine.acme.example:8443"]))
    ['engine.acme.example', 'engine.acme.example:8443']
    """
    found = set()
    for text in filter(None, (name.strip().lower() for name in names)):
        name, mark, port = text.partition(":")
        if not NAME.fullmatch(name) or len(name) > 253 or (mark and not (PORT.fullmatch(port) and int(port) <= 65535)):
            raise ValueError(f"{text!r} is no host name, alone or with a port behind it (engine.example.com:8443).")
        found.add(host_and_port(name, int(port or HTTPS_PORT)))
    return frozenset(found)


def is_engine(url: str, engines: Collection[str]) -> bool:
    """Whether a URL leads to one of `engines`, by TLS."""
    parts = urlsplit(url)
    return parts.scheme == "https" and host_and_port(parts.hostname or "", parts.port or HTTPS_PORT) in engines


def check_host(text: str, *, allow_loopback: bool, engines: Collection[str] = ()) -> str:
    """The root URL (`https://…`) for a host that a user typed; raises ValueError in words for the user.

    `engines` are those on other machines that an operator allowed by name.
    """
    host = text.strip()
    if not host.isascii():  # some characters look like others, and are normalised to them
        raise ValueError(HINT)
    host = host.lower().rstrip("/")
    if allow_loopback and (found := LOOPBACK.fullmatch(host)) and int(found[2]) <= 65535:
        return host
    host = host.removeprefix("https://")
    if DATA_CENTRE.fullmatch(host) or host in engines:
        return f"https://{host}"
    raise ValueError(HINT)


def allowed_url(url: str, *, allow_loopback: bool, engines: Collection[str] = ()) -> bool:
    """Whether a redirect or a link may be followed."""
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " \\"):
        return False
    try:
        parts = urlsplit(url)
        port, user = parts.port, parts.username
    except ValueError:
        return False
    if user or "@" in parts.netloc:
        return False
    if is_engine(url, engines):
        return True
    if parts.scheme == "https" and port in (None, HTTPS_PORT):
        return bool(DATA_CENTRE.fullmatch(parts.hostname or ""))
    return allow_loopback and bool(LOOPBACK.fullmatch(f"{parts.scheme}://{parts.netloc}".lower()))


def host_and_port(host: str, port: int | None) -> str:
    """A host in the form of `engine_hosts`."""
    return host if port in (None, HTTPS_PORT) else f"{host}:{port}"


def resolves_to_public(host: str) -> bool:
    """Whether every address of the host is on the public internet."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return bool(found) and all(is_public(str(address[4][0])) for address in found)


def is_public(text: str) -> bool:
    """Whether an address is on the public internet, and does not embed another one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in ONE_INTERNET:
        return False  # NAT64, IPv4-mapped and -compatible, site-local, multicast, and unallocated addresses
    return address.is_global and not address.is_multicast and not any(address in network for network in NOT_PUBLIC)


def is_reachable(text: str) -> bool:
    """Whether an engine that an operator allowed may have this address: private ones too, but no link-local one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return False
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)
