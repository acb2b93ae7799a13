"""The supervisor keeps its children running and takes them along."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from qxportal.embedded.supervisor import Child, ChildError, Supervisor
from tests.support.processes import wait_for

pytestmark = pytest.mark.processes


def child(folder: Path, script: str, name: str = "web") -> Child:
    return Child(name, [sys.executable, "-c", script], dict(os.environ), folder / f"{name}.log", folder, grace=1)


def run_beside(supervisor: Supervisor) -> threading.Thread:
    """Run it beside us; the children are restarted from that thread, so it must outlive them."""

    def work() -> None:
        supervisor.run()
        supervisor.stop()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_child_that_ends_is_started_again_later_and_later(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    one = child(tmp_path, f"open({str(lines)!r}, 'a').write('started\\n'); raise SystemExit(3)")
    supervisor = Supervisor([one])
    supervisor.start("web")

    thread = run_beside(supervisor)
    wait_for(lambda: lines.exists() and len(lines.read_text().splitlines()) >= 3, "two restarts")
    supervisor.stopping.set()
    thread.join()

    assert one.failures >= 2
    assert one.wait_before_restart() > 1


def test_a_child_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "raise SystemExit('no module named portal')")])
    supervisor.start("web")

    with pytest.raises(ChildError, match=r"web ended while it started.*\n.*no module named portal"):
        supervisor.wait_until(lambda: False, seconds=120)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "import time; time.sleep(30)")])
    supervisor.start("web")

    with pytest.raises(ChildError, match="did not answer within 0 seconds"):
        supervisor.wait_until(lambda: False, seconds=0.2)
    supervisor.stop()


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    stubborn = child(
        tmp_path,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
    )
    supervisor = Supervisor([stubborn])
    supervisor.start("web")
    wait_for(lambda: "up" in stubborn.last_words(), "the child to be up")

    began = time.monotonic()
    supervisor.stop()

    assert 0.9 < time.monotonic() - began < 30
    assert stubborn.process
    assert stubborn.process.returncode == -signal.SIGKILL


def test_only_the_named_children_start(tmp_path: Path) -> None:
    web, worker = (child(tmp_path, "import time; time.sleep(30)", name) for name in ("web", "worker"))
    supervisor = Supervisor([web, worker])

    supervisor.start("web")

    assert web.alive
    assert not worker.alive
    supervisor.stop()
    assert not web.alive


def test_a_long_log_makes_room(tmp_path: Path) -> None:
    one = child(tmp_path, "print('fresh')")
    with one.log.open("wb") as log:
        log.truncate(11_000_000)

    one.start()
    assert one.process
    one.process.wait()

    assert one.log.read_text() == "fresh\n"
    assert (tmp_path / "web.log.1").stat().st_size == 11_000_000


def test_stale_children_are_restarted_or_asked_to_reload(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    note = f"import signal, time; out = open({str(lines)!r}, 'a', buffering=1); "
    worker = child(tmp_path, f"{note}out.write('worker started\\n'); time.sleep(60)", "worker")
    web = child(
        tmp_path,
        f"{note}signal.signal(signal.SIGHUP, lambda *_: out.write('web reloaded\\n')); out.write('web started\\n')\n"
        "while True: time.sleep(0.1)",
    )
    web.reload_signal = signal.SIGHUP
    saved = [{"web", "worker"}]
    supervisor = Supervisor([worker, web], stale=lambda: saved.pop() if saved else ())
    supervisor.start("web", "worker")
    wait_for(lambda: lines.exists() and len(lines.read_text().splitlines()) == 2, "both to start")

    thread = run_beside(supervisor)
    wait_for(lambda: len(lines.read_text().splitlines()) == 4, "a reload and a restart")
    supervisor.stopping.set()
    thread.join()

    assert sorted(lines.read_text().splitlines()) == ["web reloaded", "web started", "worker started", "worker started"]
