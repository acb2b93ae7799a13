"""Who asks: the address of the caller as far as it can be believed."""

import ipaddress

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


def caller_of(request: HttpRequest) -> str:
    """The address that the connection comes from, or with BEHIND_PROXY the one that our own proxy added last.

    Whatever else a caller says of himself (earlier entries, Client-IP and the like) is invented as easily as told.
    """
    if settings.BEHIND_PROXY:
        last = request.headers.get("x-forwarded-for", "").rpartition(",")[2]
        if address := _address(last):
            return address
    return _address(request.META.get("REMOTE_ADDR") or "")


def _address(text: str) -> str:
    """An address in its usual form, without the port that some proxies add; empty when it is none."""
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
    """Binds what the log says of a request."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Note the caller's address."""
        structlog.contextvars.bind_contextvars(ip=caller_of(request) or None)
