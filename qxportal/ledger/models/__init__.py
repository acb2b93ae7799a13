"""What we do and are doing: jobs, changes, and how fresh each mirrored listing is."""

from qxportal.ledger.models.changes import Change
from qxportal.ledger.models.history import ReadMark, Version
from qxportal.ledger.models.jobs import Job, JobItem, Slot
from qxportal.ledger.models.mirror import Absence, Pull

__all__ = [
    "Absence",
    "Change",
    "Job",
    "JobItem",
    "Pull",
    "ReadMark",
    "Slot",
    "Version",
]
