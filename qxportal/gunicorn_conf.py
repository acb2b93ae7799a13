"""gunicorn's settings for the portal; WEB_BIND, WEB_WORKERS and WEB_THREADS move them."""

import os
import signal
from typing import Any

from qxportal.embedded import die_with_parent

wsgi_app = "qxportal.wsgi:application"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = True  # read the code once, then fork
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

_die = die_with_parent(signal.SIGKILL)  # made in the master, so that it knows whose child it speaks for


def post_fork(server: Any, worker: Any) -> None:
    """Let no worker outlive the master, however that ends."""
    _die()
