"""Job kinds of assessments."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.job_kinds import JobKind

SYNC_ASSESSMENT = JobKind(
    name="sync-assessment", label=_("Refresh of one assessment"), for_editors=True, named_items=True
)
SYNC_BRAND = JobKind(name="sync-brand", label=_("Refresh of brand and mail"), quick=True)
SYNC_MAILS = JobKind(name="sync-mails", label=_("Refresh of messages"), quick=True, for_editors=True)
SYNC_LINK = JobKind(name="sync-link", label=_("Refresh of a person’s links"), quick=True, for_editors=True)
FETCH_REPORTS = JobKind(
    name="fetch-reports", label=_("Report downloads"), for_editors=True, resumes=True, page="assessments:report-batch"
)
FETCH_REPORT = JobKind(name="fetch-report", label=_("Report download"), quick=True, about_subject=True)
PREVIEW_REPORT = JobKind(
    name="preview-report", label=_("Report preview"), quick=True, for_editors=True, page="assessments:report-preview"
)
SEND_LINKS = JobKind(
    name="send-report-links", label=_("Personal links to reports"), quick=True, page="assessments:report-batch"
)
READ_FIGURES = JobKind(
    name="read-figures",
    label=_("Refresh of comparison figures"),
    quick=True,
    for_editors=True,
    page="assessments:report-figures",
)
EXPORT_ANSWERS = JobKind(
    name="export-answers", label=_("Export of answers"), page="assessments:answers-exported", own_page=True
)
TIMETABLE = JobKind(name="run-timetable", label=_("Timetable of a rule"), for_editors=True)
