"""Named places where a test may end or upset the process, to show that nothing is lost there.

    FAILPOINT=change.claimed:kill       the first time that a process comes by
    FAILPOINT=change.claimed:raise@3    the third time
    FAILPOINT=change.claimed:kill@2+    the second time and ever after

Processes that start with the same FAILPOINT count for themselves: what ends each of them is met again after every
restart. Only tests listen to it.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable

FAILPOINTS = {
    # a change is recorded, in the process of a page
    "change.recording": "its row and what follows it are written, not committed",
    "sealed.kept": "its files and secrets are sealed, not committed",
    "bell.ringing": "it is committed, nobody was rung for",
    "bell.rung": "the message is out",
    "change.deciding": "what a person decided is written, not committed",
    # a change is sent
    "change.begun": "a worker began a step of it, and that is counted",
    "change.before-claim": "what is there now was looked at, nothing is claimed",
    "change.claimed": "it is about to be sent",
    "call.sent": "the request is out, no answer was read",
    "change.answered": "the vendor's answer is here alone",
    "change.mirrored": "it is carried out and shows, not committed",
    "change.settled": "it is carried out, what waits for it was not looked at",
    "change.put-off": "nothing was done, it waits for another try",
    "change.dependants-refused": "it is refused and so is what waited for it, not committed",
    "change.refused": "it is refused",
    "sealed.forgotten": "its files and secrets are deleted, not committed",
    # and read back
    "change.unanswered": "no clear answer came, and that is here alone",
    "change.unclear": "it is to be read back",
    "change.before-look": "what the vendor has is about to be read",
    "change.looked": "what the vendor has is here alone",
    "change.not-found": "it was not there, and that is counted",
    # a job
    "job.claimed": "the attempt is counted, nothing was done",
    "job.reported": "what became of one item is committed",
    "job.put-off": "the vendor wants to be asked later, and that is committed",
    "job.finishing": "all is done, the job does not say so",
    "job.finished": "it says so",
    # a sync
    "sync.page-fetched": "a page of the directory is here alone",
    "merge.written": "rows of a listing are written, not committed",
    "sync.page-merged": "pages of the directory are in the mirror",
    "sync.definition": "an assessment's definition is in the mirror, its subjects are not",
    "sync.subjects": "its subjects are in the mirror, its evaluations are not",
    "sync.read": "everything was read, the time of the next sync is not set",
    "pull.merged": "a listing is in the mirror, its reading is not closed",
    "pull.sorted-out": "who is missing is marked",
    "pull.confirmed": "the vendor said who is gone, nobody is marked",
    "pull.gone": "who is gone is marked",
    "pull.explained": "what changed has its author, the reading is not closed",
    "pull.closed": "the reading is closed, its job does not know",
    # a report
    "report.fetched": "the PDF is here alone",
    "report.written": "its sealed file is there, no row names it",
    "report.kept": "a row names it, not committed",
    "report.stored": "it is kept, the job does not say so",
    # what operators and the clock start
    "purge.batch": "a batch of old versions is deleted",
    "rotation.rewrapped": "a credential is sealed with the new key, in memory alone",
    "rotation.moved": "a credential lies under the new key",
    "instance.resuming": "a copy has an epoch of its own, not committed",
    "instance.resumed": "a copy has an epoch of its own, its file does not know",
}


class FailpointError(Exception):
    """What `raise` raises."""


def _raise() -> None:
    raise FailpointError


def _hang() -> None:
    threading.Event().wait()


def _loop() -> None:
    while True:
        pass


ACTIONS: dict[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raise": _raise,
    "loop": _loop,  # as work that comes to no end
    "hang": _hang,  # as a call into C that never returns
}
hits: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """End or upset this process here when the tests ask for it; raises KeyError on a name that is not registered."""
    FAILPOINTS[name]
    wanted = os.environ.get("FAILPOINT", "")
    if not wanted.startswith(f"{name}:") or os.environ.get("PORTAL_TESTS") != "1":
        return
    hits[name] += 1
    action, _, turn = wanted.removeprefix(f"{name}:").partition("@")
    first = int(turn.removesuffix("+") or 1)
    if hits[name] == first or (turn.endswith("+") and hits[name] > first):
        ACTIONS[action]()
