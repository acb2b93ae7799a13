"""Job kinds for reading people."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.job_kinds import JobKind

# Handled by assessments/sync.py, which reads all listings; also shown on pages of people.
SYNC = JobKind(name="sync", label=_("Sync of the organisation"), for_editors=True, named_items=True)
SYNC_PEOPLE = JobKind(name="sync-people", label=_("Refresh of people"), for_editors=True)  # of earlier releases
SYNC_USERS = JobKind(name="sync-users", label=_("Refresh of users"), quick=True)
