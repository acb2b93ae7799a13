"""One thread waits for all deadlines."""

import os
import threading
import time
from queue import Queue

from qxportal.threesixty.client.deadlines import DEADLINES, Deadlines


def test_the_earlier_deadline_comes_first_whenever_it_was_set():
    deadlines, called, now = Deadlines(), Queue[str](), time.monotonic()

    deadlines.at(now + 3600, lambda: called.put("much later"))
    deadlines.at(now + 0.2, lambda: called.put("later"))
    deadlines.at(now + 0.1, lambda: called.put("soon"))

    assert [called.get(timeout=60), called.get(timeout=10)] == ["soon", "later"]
    assert called.empty()


def test_one_that_fails_does_not_keep_the_next_from_coming(monkeypatch):
    def fail() -> None:
        raise OSError("the socket is gone")

    monkeypatch.setattr(threading, "excepthook", lambda failed: None)
    deadlines, called = Deadlines(), threading.Event()
    deadlines.at(time.monotonic(), fail)
    while deadlines._thread and deadlines._thread.is_alive():
        time.sleep(0.01)

    deadlines.at(time.monotonic(), called.set)

    assert called.wait(60)


def test_a_forked_process_waits_for_its_own():
    DEADLINES.at(time.monotonic() + 3600, lambda: None)
    child = os.fork()
    if not child:
        called = threading.Event()
        DEADLINES.at(time.monotonic(), called.set)
        os._exit(0 if called.wait(60) else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
