"""How the processes of the site are started, with the views of `probes` beside their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.server_process import ROOT, ServerProcess, run_server

NAME = "qx-answering-site"  # what its sessions are called in PostgreSQL
COMMAND = ("-m", "gunicorn", "-c", "python:qxportal.gunicorn_conf")


@contextmanager
def run_site(log: Path, database_url: str, *options: str) -> Iterator[ServerProcess]:
    """The site's processes, as many and with as many threads as in production."""
    port = free_port()
    environment = {
        "QXP_PROCESS": "site",
        "QXP_SITE_URL": f"http://127.0.0.1:{port}",
        "QXP_WEB_BIND": f"127.0.0.1:{port}",
        "QXP_ENGINE_DATABASE_URL": database_url,
        "PGAPPNAME": NAME,
    }
    if os.environ.get("QXP_TESTS") != "1":
        command = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput"]
        around = {**os.environ, **environment, "QXP_COMPRESS_STATIC": "0"}
        subprocess.run(command, cwd=ROOT, env=around, check=True)
        environment["QXP_COMPRESS_STATIC"] = "0"
    arguments = [*COMMAND, *options, "tests.answering.wsgi:application"]
    with run_server(log, arguments, port, **environment) as server:
        yield server


def workers(master: int) -> list[int]:
    """The processes that answer."""
    try:
        return [int(one) for one in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    except OSError:
        return []
