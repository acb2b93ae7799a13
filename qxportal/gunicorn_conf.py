"""gunicorn's settings for the portal; QXP_WEB_BIND, QXP_WEB_WORKERS and QXP_WEB_THREADS move them."""

import os
import signal
from typing import Any

from gunicorn.glogging import Logger

from qxportal.core.environment import adopt_old_names
from qxportal.embedded import die_with_parent
from qxportal.private import make_private
from qxportal.redaction import RedactingFilter


def _on(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on", "y", "t")


adopt_old_names(os.environ)
wsgi_app = "qxportal.wsgi:application"
bind = os.environ.get("QXP_WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("QXP_WEB_WORKERS", "2"))
threads = int(os.environ.get("QXP_WEB_THREADS", "8"))
preload_app = not _on("QXP_DEBUG")  # read the code once, then fork; ./portal dev reads it anew in each new worker
timeout = 60
graceful_timeout = 5
keepalive = 5
max_requests = 20_000  # a leak in some library stays small
max_requests_jitter = 2_000
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112  # heartbeats must not wait for a disk
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")


class PlainLog(Logger):  # type: ignore[misc]
    """gunicorn's own lines, which name the address that a request asked for."""

    def setup(self, cfg: Any) -> None:
        """Add the filter to whatever writes them."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(RedactingFilter())


logger_class = PlainLog

_die = die_with_parent(signal.SIGKILL)  # made in the master, so that it knows whose child it speaks for


def on_starting(server: Any) -> None:
    """Refuse what would lock everybody out, before anything listens, and close what others could read."""
    from django.conf import settings

    if closed := make_private(settings.VAR):
        server.log.warning("Closed %d files and folders below VAR that others could read.", closed)
    if _on("QXP_BEHIND_PROXY"):
        return
    if any(isinstance(address, str) for address in server.cfg.address):
        raise SystemExit(
            "portal: QXP_WEB_BIND names a unix socket, and behind one no caller has an address that sign-in could be "
            "throttled by. Set QXP_BEHIND_PROXY=1 where your proxy appends to X-Forwarded-For, or bind to a port."
        )
    if os.environ.get("QXP_URL", "").startswith("https://") and not server.cfg.is_ssl:
        server.log.warning(
            "QXP_URL begins with https, but QXP_BEHIND_PROXY is not set: all callers count as one, the proxy. "
            "Set QXP_BEHIND_PROXY=1 where it replaces X-Forwarded-Proto and appends to X-Forwarded-For."
        )


def post_fork(server: Any, worker: Any) -> None:
    """Let no worker outlive the master, however that ends."""
    _die()
