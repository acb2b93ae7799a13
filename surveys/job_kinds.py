"""Job kinds of surveys."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.job_kinds import JobKind

SYNC_SURVEY = JobKind(name="sync-survey", label=_("Refresh of a survey"), quick=True, for_editors=True)
READ_LIBRARY = JobKind(name="read-library", label=_("Refresh of a library"), quick=True, for_editors=True)
