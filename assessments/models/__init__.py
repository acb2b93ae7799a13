"""Assessments with their subjects and evaluations, further server data, reports and mail."""

from assessments.models.assessments import Assessment, Evaluation, Subject
from assessments.models.facts import (
    CriticalEvaluator,
    DeclineReason,
    Editions,
    Nominations,
    ReportAccess,
    ReportGate,
    ReportGroupVersion,
    Schedule,
    Thresholds,
)
from assessments.models.links import LinkState
from assessments.models.mail import BrandState, LetterBatch, Mail, Mailings, MessageText
from assessments.models.releases import ReleaseSchedule
from assessments.models.report_links import ReportCode, ReportLink
from assessments.models.reports import BatchFile, Release, Report, ReportBatch, ReportFigures, ReportPreview, UnitReport
from assessments.models.timetables import Timetable, TimetableRun

__all__ = [
    "Assessment",
    "BatchFile",
    "BrandState",
    "CriticalEvaluator",
    "DeclineReason",
    "Editions",
    "Evaluation",
    "LetterBatch",
    "LinkState",
    "Mail",
    "Mailings",
    "MessageText",
    "Nominations",
    "Release",
    "ReleaseSchedule",
    "Report",
    "ReportAccess",
    "ReportBatch",
    "ReportCode",
    "ReportFigures",
    "ReportGate",
    "ReportGroupVersion",
    "ReportLink",
    "ReportPreview",
    "Schedule",
    "Subject",
    "Thresholds",
    "Timetable",
    "TimetableRun",
    "UnitReport",
]
