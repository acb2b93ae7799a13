"""Runs the engine under gunicorn in the foreground until SIGTERM or SIGINT."""

import ctypes
import os
import signal
from contextlib import suppress
from http import HTTPStatus
from importlib import import_module
from socket import socket
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException, UnsupportedTransferCoding
from gunicorn.util import import_app
from gunicorn.workers.gthread import ThreadWorker

from qxportal.engine.http import memory
from qxportal.engine.http.api_responses import OutputFormat, failure
from qxportal.engine.http.errors import Problem
from qxportal.engine.http.middleware import HEADERS

WORKERS = 2
THREADS = 16
PR_SET_PDEATHSIG = 1


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's worker with our response to malformed HTTP, and without logging strangers' input."""

    def handle_error(self, req: Any, client: socket, addr: Any, exc: Exception) -> None:
        """Respond to errors outside the application, such as malformed HTTP."""
        if isinstance(exc, ParseException):
            problem = Problem(_status(exc), "ESRV35|Request", "The call is malformed.")
            self.log.info("Malformed call: %s", type(exc).__name__)
        else:
            problem = Problem(500, "ESRV500", "An unknown error occurred.")
            self.log.error("A call failed outside the application: %s", type(exc).__name__)
        answer = failure(problem, "", OutputFormat())
        body = answer.body if isinstance(answer.body, bytes) else answer.body.read()
        given = {**HEADERS, **answer.headers, "Content-Type": answer.content_type}
        lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in {**given, "Content-Length": len(body)}.items()]
        with suppress(OSError):  # the client may have hung up
            client.settimeout(1)
            client.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def _status(exc: ParseException) -> int:
    kinds = {LimitRequestLine: 414, LimitRequestHeaders: 431, UnsupportedTransferCoding: 501}
    return next((status for kind, status in kinds.items() if isinstance(exc, kind)), 400)


class EngineServer(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with its settings in code."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's settings."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application with all requests imported, once before the workers are forked."""
        application = import_app("qxportal.engine.wsgi:application")
        import_module("qxportal.engine.urls")
        return application


def serve(host: str, port: int) -> None:
    """Answer calls until SIGTERM or SIGINT."""
    EngineServer(
        {
            "bind": [f"{host}:{port}"],
            "workers": WORKERS,
            "preload_app": True,
            "worker_class": Worker,
            "threads": THREADS,
            "timeout": 120,  # a report PDF may take seconds; a delay fault any time
            "graceful_timeout": 3,
            "keepalive": 30,
            "proc_name": "qxportal-engine",
            "loglevel": os.environ.get("QXP_ENGINE_LOG_LEVEL", "warning"),
            "post_fork": _begin,
            "control_socket_disable": True,
        }
    ).run()


def _begin(server: Any, worker: Any) -> None:
    """End a worker with its master, however that ends, and bound its memory arenas."""
    memory.bound()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != worker.ppid:  # the master ended meanwhile
        os._exit(1)
