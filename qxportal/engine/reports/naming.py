"""The name of a report's file."""

from hashlib import sha256

from django.utils import translation
from django.utils.translation import pgettext

from qxportal.core.filenames import file_name
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer


def of(report: ReportData, viewer: Viewer) -> str:
    """The file name of a download: subject, assessment, reader, and a key that distinguishes namesakes."""
    reader = viewer.person_id or viewer.kind
    key = sha256(f"{report.report_id}|{reader}".encode()).hexdigest()[:8]
    with translation.override(report.language):
        reader_words = pgettext("part of a file name", "for %(reader)s") % {"reader": report.prepared_for}
    return file_name([report.subject_name, report.assessment_name, reader_words, key], "pdf")
