"""What jobs read people for."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.job_kinds import JobKind

# Works off all listings, so assessments/sync.py does it; shown by the pages of people too.
SYNC = JobKind(name="sync", label=_("Sync of the organisation"), for_editors=True, named_items=True)
SYNC_PEOPLE = JobKind(name="sync-people", label=_("Refresh of people"), for_editors=True)  # of earlier releases
SYNC_USERS = JobKind(name="sync-users", label=_("Refresh of users"), quick=True)
