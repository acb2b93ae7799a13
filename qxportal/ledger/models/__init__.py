"""What we do and are doing: jobs, changes, and how fresh each mirrored listing is."""

from qxportal.ledger.models.changes import Change
from qxportal.ledger.models.history import ReadMark, Version
from qxportal.ledger.models.jobs import DailyRun, Job, JobItem
from qxportal.ledger.models.mirror import ResourceSync, SuspectedDeletion

__all__ = [
    "Change",
    "DailyRun",
    "Job",
    "JobItem",
    "ReadMark",
    "ResourceSync",
    "SuspectedDeletion",
    "Version",
]
