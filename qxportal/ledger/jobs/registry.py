"""Who does what: owners enter which function works off a kind of job, and what follows when one is cancelled."""

from collections.abc import Callable

from qxportal.ledger.job_kinds import JobKind
from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import Message

Work = Callable[[Job], Message]  # gives words about the outcome
CancelHandler = Callable[[Job], None]  # runs in the transaction that cancels the job

JOB_HANDLERS: dict[str, Work] = {}  # by Job.kind; a worker leaves jobs of other kinds to workers that know them
CANCEL_HANDLERS: dict[str, CancelHandler] = {}  # by Job.kind; entered in LedgerConfig.ready


class NextTurn(Exception):
    """A job that resumes did a part of its work, and lets others go before the next part."""


def job(kind: JobKind) -> Callable[[Work], Work]:
    """Enter the decorated function as what works off jobs of this kind; each kind has one.

    Workers know it once the module is imported, by the `tasks.py` of its app.
    """

    def enter(work: Work) -> Work:
        known = JOB_HANDLERS.setdefault(kind.name, work)
        if known is not work:
            raise ValueError(f"Jobs of the kind {kind.name} are worked off by {known.__module__} already.")
        return work

    return enter
