"""What members may do with reports. Each records what is intended; a worker carries it out."""

from django.utils.translation import gettext as _

from assessments.fence import refuse_own
from assessments.job_kinds import FETCH_REPORT
from assessments.models import Subject
from assessments.reports import viewers
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import gettext_stored


def fetch_report(subject: Subject, *, by: Member, viewer: str) -> Job:
    """Fetch one report's PDF for a viewer that the member's role allows."""
    refuse_own(by, subject)
    choices = dict(viewers(by, subject))
    if viewer not in choices:
        raise ActionRefused(_("You don’t have permission to open this version of the report."))
    title = gettext_stored("Report of %(subject)s, as seen by %(viewer)s", subject=subject, viewer=choices[viewer])
    return start(
        subject.org,
        FETCH_REPORT,
        by=by,
        target=f"{subject.pk}:{viewer}",
        title=title,
        parameters={"subject": subject.pk, "viewer": viewer},
    )
