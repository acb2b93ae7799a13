"""Who does what: each app's `tasks.py` enters here which function works off which jobs and changes."""

from collections.abc import Callable

from qxportal.ledger.models import Job

Work = Callable[[Job], str]  # gives words about the outcome
CancelHandler = Callable[[Job], None]  # runs in the transaction that cancels the job
Sender = Callable[[int], int]  # sends some changes of the organisation with this number; gives how many moved

WORKS: dict[str, Work] = {}  # by Job.task
CANCEL_HANDLERS: dict[str, CancelHandler] = {}  # by Job.kind; entered in LedgerConfig.ready
SENDERS: dict[str, Sender] = {}  # by Change.task
