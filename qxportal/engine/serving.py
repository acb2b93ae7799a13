"""Runs the engine under gunicorn, in the foreground, until it is told to stop."""

import ctypes
import os
import signal
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

WORKERS = 2
THREADS = 16
PR_SET_PDEATHSIG = 1


class EngineServer(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with its settings in code."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings over."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Give the WSGI application, made in the worker."""
        return import_app("qxportal.engine.wsgi:application")


def serve(host: str, port: int) -> None:
    """Answer calls until SIGTERM or SIGINT."""
    EngineServer(
        {
            "bind": [f"{host}:{port}"],
            "workers": WORKERS,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 120,  # a report PDF may take seconds; a delay fault as long as somebody wishes
            "graceful_timeout": 3,
            "keepalive": 30,
            "proc_name": "qxportal-engine",
            "loglevel": os.environ.get("ENGINE_LOG_LEVEL", "warning"),
            "post_fork": _die_with_parent,
            "control_socket_disable": True,
        }
    ).run()


def _die_with_parent(server: Any, worker: Any) -> None:
    """Let no worker outlive its master, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != worker.ppid:  # the master ended meanwhile
        os._exit(1)
