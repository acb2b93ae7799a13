"""The registry of job kinds and what the ledger has to know of each.

Owners declare theirs and register them from `AppConfig.ready`; `@job` (jobs/registry.py) enters who works them off.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from qxportal.ui.badges import Words


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of background job."""

    name: str  # as in the column, at most 20 characters
    label: Words
    quick: bool = False  # the watchdog gives it no long quiet
    for_editors: bool = False  # an editor may retry it; other kinds require more rights where they start
    about_subject: bool = False  # the target begins with the number of the subject concerned
    named_items: bool = False  # its items are named for assessments, with counts
    resumes: bool = False  # each attempt goes on where the one before stopped, and keeps what that reported
    page: str = ""  # the name of the address that shows what it makes; of the organisation and the job's target
    own_page: bool = False  # that page is only for the member who started the job


KINDS: dict[str, JobKind] = {}  # by their names

APPLY = JobKind(name="apply", label=_("Bulk change"))  # the outbox sends its changes; no worker runs it
TEST_CONNECTION = JobKind(name="test-connection", label=_("Connection test"), quick=True)
PREPARE = JobKind(name="prepare-plan", label=_("Preparation of a plan"), for_editors=True)
RECORD = JobKind(name="record-plan", label=_("Start of a plan"), for_editors=True)
PROBE = JobKind(name="probe", label=_("API check"))


def register(*kinds: JobKind) -> None:
    """Register kinds of jobs; raises ValueError for a name already registered."""
    for kind in kinds:
        if KINDS.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"There is a kind of jobs with this name already: {kind.name}")
