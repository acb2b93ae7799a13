"""Models of jobs, changes, history, plans and sync runs."""

from qxportal.ledger.models.changes import Change
from qxportal.ledger.models.history import ReadMark, Version
from qxportal.ledger.models.jobs import DailyRun, Job, JobItem
from qxportal.ledger.models.mirror import ResourceSync, SuspectedDeletion
from qxportal.ledger.models.plans import Action, Plan, PlanLine, PlanSource, Undoable

__all__ = [
    "Action",
    "Change",
    "DailyRun",
    "Job",
    "JobItem",
    "Plan",
    "PlanLine",
    "PlanSource",
    "ReadMark",
    "ResourceSync",
    "SuspectedDeletion",
    "Undoable",
    "Version",
]
