"""Limit of open jobs per organisation."""

from django.utils.translation import ngettext

from qxportal.accounts.models import Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Job

MOST_OPEN = 200


class TooManyJobs(ActionRefused):
    """The organisation has as many open jobs as it may have."""


def check_job_quota(org: Organisation) -> None:
    """Raise TooManyJobs if the organisation has no room for another job; concurrent callers may pass together."""
    if Job.objects.filter(org=org, state__in=Job.OPEN)[:MOST_OPEN].count() >= MOST_OPEN:
        raise TooManyJobs(
            ngettext(
                "%(n)s job is waiting or running, which is the maximum. Try again when it has ended.",
                "%(n)s jobs are waiting or running, which is the maximum. Try again when some have ended.",
                MOST_OPEN,
            )
            % {"n": MOST_OPEN}
        )
