"""The caller's address, as far as it can be trusted."""

import ipaddress

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


def caller_of(request: HttpRequest) -> str:
    """The address of the connection; with BEHIND_PROXY, the address that our own proxy added last.

    Anything else in a request (earlier entries, Client-IP and the like) is easily forged.
    """
    if settings.BEHIND_PROXY:
        last = request.headers.get("x-forwarded-for", "").rpartition(",")[2]
        if address := _address(last):
            return address
    return _address(request.META.get("REMOTE_ADDR") or "")


def _address(text: str) -> str:
    """An address in normal form, without the port that some proxies add; empty if invalid."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


class RequestLog(RequestMiddleware):
    """Binds request data to log entries."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Bind the caller's address."""
        structlog.contextvars.bind_contextvars(ip=caller_of(request) or None)
