"""Where calls may go."""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

DATA_CENTRE = re.compile(r"[a-z0-9-]{1,40}\.qualtrics\.com")
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):(\d{2,5})")


def check_host(text: str, *, allow_loopback: bool) -> str:
    """The root address (`https://…`) for what somebody typed as the vendor's host; raises ValueError in their words."""
    host = text.strip().lower().rstrip("/")
    if allow_loopback and (found := LOOPBACK.fullmatch(host)) and int(found[2]) <= 65535:
        return host
    host = host.removeprefix("https://")
    if DATA_CENTRE.fullmatch(host):
        return f"https://{host}"
    raise ValueError("Enter the data centre's host name, such as eu.qualtrics.com.")


def allowed_url(url: str, *, allow_loopback: bool) -> bool:
    """Whether a redirect or a link may be followed."""
    try:
        parts = urlsplit(url)
        port, user = parts.port, parts.username
    except ValueError:
        return False
    if user or "@" in parts.netloc:
        return False
    if parts.scheme == "https" and port in (None, 443):
        return bool(DATA_CENTRE.fullmatch(parts.hostname or ""))
    return allow_loopback and bool(LOOPBACK.fullmatch(f"{parts.scheme}://{parts.netloc}".lower()))


def resolves_to_public(host: str) -> bool:
    """Whether every address of the host is one on the open internet."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return bool(found) and all(ipaddress.ip_address(address[4][0]).is_global for address in found)
