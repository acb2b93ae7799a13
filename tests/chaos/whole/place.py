"""Where a whole 360 runs: services, all processes of an installation, and a mail server, thrown away afterwards."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller

from qxportal.embedded import Embedded, die_with_parent
from tests.chaos.sandbox import ROOT
from tests.support.migrated import lay_down
from tests.support.ports import free_port
from tests.support.smtp_server import MailServer, Received

OWNER = "ines.moreau@hallbrook.example"
STARTS = 300.0  # seconds until a page must answer


@dataclass
class Place:
    """A running installation with one empty organisation."""

    folder: Path
    portal: str
    site: str
    mail: MailServer
    invitation: str  # the owner's link
    environment: dict[str, str]

    def wait_for_mail(self, address: str, about: str, *, seconds: float = 600) -> Received:
        """The newest mail to an address whose subject says that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for one in reversed(self.mail.received):
                if one.to == address and about in str(one.message["Subject"]):
                    return one
            time.sleep(0.1)
        raise AssertionError(f"No mail about {about!r} came to {address} within {seconds:.0f} s.")

    def manage(self, *words: str) -> str:
        """Run a command of an operator."""
        return _manage(self.environment, *words)


@contextmanager
def installation() -> Iterator[Place]:
    """An installation by the books: tables, a key, one command that opens an organisation, and its processes."""
    with ExitStack() as running:
        folder = Path(
            running.enter_context(tempfile.TemporaryDirectory(prefix="qx-whole-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o711)
        (folder / "static").mkdir()
        services = Embedded(folder, durable=False)
        lay_down(services)
        running.enter_context(services)
        web, engine, site = free_port(), free_port(), free_port()
        mail = running.enter_context(_mail_server())
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("QXP_")},
            **services.environment(),
            "QXP_VAR": str(folder),
            "QXP_KEYS": str(folder / "keys"),
            "QXP_SECRET_KEY": secrets.token_hex(40),
            "QXP_URL": f"http://127.0.0.1:{web}",
            "QXP_SITE_URL": f"http://127.0.0.1:{site}",
            "QXP_ENGINE_ALLOWED": "1",
            "QXP_TESTS": "1",
            "QXP_SYNC_TICK_SECONDS": "2",  # so that a new organisation is read at once
            "QXP_SWEEP_SECONDS": "2",
            "QXP_VERIFY_EVERY": "2s",  # a request without an answer holds nobody up for minutes
            "QXP_BREAKER_SECONDS": "1",
            "QXP_EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "QXP_MAIL_FROM": "Hallbrook People Team <people@hallbrook.example>",
            "DJANGO_SETTINGS_MODULE": "qxportal.settings",
            "PYTHONUNBUFFERED": "1",
        }
        _manage(environment, "keys", "init")
        for name, command, more in _processes(web, engine, site):
            running.enter_context(_process(folder / f"{name}.log", command, {**environment, **more}))
        for port in (web, engine, site):
            _wait_for_port(port)
        opened = _manage(
            environment,
            *("organisation", "create", "Hallbrook Foods", "--slug", "hallbrook", "--owner", OWNER),
            *("--engine", f"http://127.0.0.1:{engine}", "--time-zone", "Europe/London", "--print-link"),
        )
        link = re.search(r"https?://\S+/join/\S+", opened)
        if link is None:
            raise AssertionError(opened)
        yield Place(folder, environment["QXP_URL"], environment["QXP_SITE_URL"], mail, link[0], environment)


def _processes(web: int, engine: int, site: int) -> list[tuple[str, list[str], dict[str, str]]]:
    gunicorn = ["-m", "gunicorn", "-c", "python:qxportal.gunicorn_conf"]
    celery = ["-m", "celery", "-A", "qxportal"]
    return [
        ("web", gunicorn, {"QXP_WEB_BIND": f"127.0.0.1:{web}", "QXP_WEB_WORKERS": "1"}),
        ("engine", ["manage.py", "engine", "--port", str(engine), "--empty"], {"QXP_PROCESS": "engine"}),
        (
            "site",
            [*gunicorn, "qxportal.engine.site.wsgi:application"],
            {"QXP_PROCESS": "site", "QXP_WEB_BIND": f"127.0.0.1:{site}", "QXP_WEB_WORKERS": "1"},
        ),
        ("post", ["manage.py", "engine", "post"], {"QXP_PROCESS": "engine"}),
        ("worker", [*celery, "worker", "-P", "threads", "-c", "4", "--without-gossip", "--without-mingle"], {}),
        ("beat", [*celery, "beat", "--pidfile="], {}),
    ]


@contextmanager
def _process(log: Path, command: list[str], environment: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        try:
            yield
        finally:
            process.kill()  # everything is thrown away, and those that it started end with it
            process.wait()


@contextmanager
def _mail_server() -> Iterator[MailServer]:
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _manage(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"manage.py {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def _wait_for_port(port: int) -> None:
    end = time.monotonic() + STARTS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"Nothing listens on port {port}.")
