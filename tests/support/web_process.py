"""A real web process on the test database, and a plain way to ask it."""

import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

from qxportal.embedded import die_with_parent
from tests.support.processes import ROOT, environment

QUICKLY = ("-m", "tests.support.quick_hashes", str(Path(sys.executable).with_name("gunicorn")))


class Web(subprocess.Popen[bytes]):
    def __init__(self, log: Path, **extra: str) -> None:
        around = {
            name: text for name, text in environment(QXP_WEB_WORKERS="1", **extra).items() if name != "QXP_BEHIND_PROXY"
        }
        with log.open("ab") as out:
            super().__init__(
                [sys.executable, *QUICKLY, "-c", "python:qxportal.gunicorn_conf"],
                cwd=ROOT,
                env={**around, "DJANGO_SETTINGS_MODULE": "qxportal.settings", "QXP_WEB_THREADS": "4"},
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()


def ask(
    port: int,
    method: str,
    path: str,
    process: object = None,
    *,
    body: str = "",
    cookies: str = "",
    headers: dict[str, str] | None = None,
) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    try:
        connection._validate_path = lambda url: None  # type: ignore[attr-defined]  # some paths are meant to be odd
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        kept = "; ".join(each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie", []))
        return answer.status, answer.read().decode(errors="replace"), kept
    except OSError:
        if process is None:
            raise
        return 0, "", ""
    finally:
        connection.close()
