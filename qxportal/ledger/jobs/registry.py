"""The registry of job handlers, and of functions called when a job is cancelled."""

from collections.abc import Callable

from qxportal.ledger.job_kinds import JobKind
from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import Message

Work = Callable[[Job], Message]  # returns the outcome message
CancelHandler = Callable[[Job], None]  # runs in the transaction that cancels the job

JOB_HANDLERS: dict[str, Work] = {}  # by Job.kind; a worker leaves jobs of unknown kinds to other workers
CANCEL_HANDLERS: dict[str, CancelHandler] = {}  # by Job.kind; filled in LedgerConfig.ready


class NextTurn(Exception):
    """A resumable job did part of its work and yields to others before the next part."""


def job(kind: JobKind) -> Callable[[Work], Work]:
    """Register the decorated function as the handler of a job kind; each kind has one.

    The app's `tasks.py` imports the module, so that workers know the handler.
    """

    def enter(work: Work) -> Work:
        known = JOB_HANDLERS.setdefault(kind.name, work)
        if known is not work:
            raise ValueError(f"Jobs of the kind {kind.name} are worked off by {known.__module__} already.")
        return work

    return enter
