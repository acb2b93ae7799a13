"""Who does what: each app's `tasks.py` enters here which function works off which jobs and changes."""

from collections.abc import Callable

from qxportal.ledger.models import Job

Work = Callable[[Job], str]  # gives words about the outcome
Sender = Callable[[int], int]  # sends some changes of the organisation with this number; gives how many moved

WORKS: dict[str, Work] = {}  # by Job.task
SENDERS: dict[str, Sender] = {}  # by Change.task
