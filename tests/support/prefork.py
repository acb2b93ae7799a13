"""A process that has Django loaded and forks others, for tests and storms: a real kill then costs milliseconds.

fork_server = ForkServer(log, environment(), targets="tests.support.forked_targets")
fork = fork_server.begin("work", QXP_FAILPOINT="change.claimed:kill")
assert fork.wait() == -SIGKILL

The targets are a module: `prepare()` runs once before the first fork, every other function may run in one.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from qxportal.embedded import die_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300.0  # other work on the machine is no failure
STOPPED = 1000 + signal.SIGSTOP


class ForkServer:
    """Our side of the fork server."""

    def __init__(self, log: Path, environment: Mapping[str, str], *, targets: str) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.prefork", targets],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def begin(self, body: str, *args: Any, settings: dict[str, str] | None = None, **env: str) -> "Fork":
        """Fork a process for one of the targets."""
        wish = {"body": body, "args": args, "settings": settings or {}, "env": env}
        return Fork(self, self._ask(wish)["pid"])

    def wait(self, pid: int) -> int:
        """How the process ended: its status, minus the signal that killed it, or STOPPED."""
        status: int = self._ask({"wait": pid})["status"]
        return status

    def close(self) -> None:
        """Stop the fork server and all its processes."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def _ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(wish).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the fork server ended: {self.log.read_text()[-2000:]}"
        answer: dict[str, Any] = json.loads(line)
        return answer


class Fork:
    """One process of the fork server."""

    def __init__(self, fork_server: ForkServer, pid: int) -> None:
        self.fork_server, self.pid = fork_server, pid
        self._ended: int | None = None

    def wait(self) -> int:
        """How the process ended, or that it was stopped."""
        if self._ended is None:
            status = self.fork_server.wait(self.pid)
            if status == STOPPED:
                return status
            self._ended = status
        return self._ended

    def end(self) -> None:
        """Kill the process unless it has ended, and wait until it is gone."""
        if self._ended is None:
            self.send(signal.SIGKILL)
            while self.wait() == STOPPED:
                pass

    def send(self, number: int) -> None:
        """Send the process a signal."""
        os.kill(self.pid, number)


def _serve(module: str) -> None:
    """The fork server's side: forks and waits by commands, one per line."""
    import django

    django.setup()

    targets = importlib.import_module(module)
    targets.prepare()
    gc.freeze()
    for line in sys.stdin.buffer:
        wish = json.loads(line)
        answer = {"status": _wait(wish["wait"])} if "wait" in wish else {"pid": _fork(targets, wish)}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _fork(targets: ModuleType, wish: dict[str, Any]) -> int:
    from django.conf import settings

    tie = die_with_parent(signal.SIGKILL)
    pid = os.fork()
    if pid:
        return pid
    try:
        tie()
        os.dup2(2, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(wish["env"])
        for name, value in wish["settings"].items():
            setattr(settings, name, Path(value))
        getattr(targets, wish["body"])(*wish["args"])
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _wait(pid: int) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return STOPPED if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 124


if __name__ == "__main__":
    _serve(sys.argv[1])
