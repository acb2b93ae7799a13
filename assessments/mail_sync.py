"""Reading the brand and its mail by itself, after a change or when a member asks for it."""

from contextlib import suppress

from django.utils import timezone

from assessments.brand import forget_brand, mirror_brand, server_mails
from assessments.job_kinds import SYNC_BRAND
from assessments.mail_fetches import lenient
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Organisation
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.errors import ThreeSixtyError, TransientError
from qxportal.ui.stored_messages import Message, gettext_stored


@job(SYNC_BRAND)
def sync_brand(job: Job) -> Message:
    """Mirror the brand; the work of its refresh."""
    org = job.org
    if not server_mails(org):
        forget_brand(org)
        return gettext_stored("The connected survey service does not offer this.")
    as_of = timezone.now()
    try:
        with client_for(org) as threesixty:
            record = threesixty.call(GetBrand())
    except TransientError:
        raise
    except ThreeSixtyError as problem:
        lenient(problem, lambda: forget_brand(org))
        raise
    mirror_brand(org, record, as_of=as_of)
    return gettext_stored("Brand and mail are up to date.")


def start_brand_refresh(org: Organisation) -> None:
    """Read the brand after something was written to it; with too many jobs, the next sync does it."""
    with suppress(TooManyJobs):
        start(org, SYNC_BRAND, by=None, afresh=True)
