"""Assessments with their subjects and evaluations, what the server tells beside them, reports and mail."""

from assessments.models.assessments import Assessment, Evaluation, Subject
from assessments.models.facts import (
    DeclineReason,
    Editions,
    Nominations,
    ReportAccess,
    ReportGate,
    Schedule,
    Thresholds,
)
from assessments.models.mail import BrandState, LetterBatch, Mail, Mailings, MessageText
from assessments.models.reports import Release, Report
from assessments.models.timetables import Timetable, TimetableRun

__all__ = [
    "Assessment",
    "BrandState",
    "DeclineReason",
    "Editions",
    "Evaluation",
    "LetterBatch",
    "Mail",
    "Mailings",
    "MessageText",
    "Nominations",
    "Release",
    "Report",
    "ReportAccess",
    "ReportGate",
    "Schedule",
    "Subject",
    "Thresholds",
    "Timetable",
    "TimetableRun",
]
