"""The report of a fictional person: made by the server over an assessment's questions, and kept until the next one."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.job_kinds import PREVIEW_REPORT
from assessments.models import Assessment, ReportPreview
from assessments.sealed_previews import sealed_preview
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.reports import PreviewReport
from qxportal.ui.stored_messages import Message, gettext_stored


def makes_previews(org: Organisation) -> bool:
    """Whether the server makes reports of fictional people."""
    return may_ask(org, PreviewReport)


def preview_of(assessment: Assessment) -> ReportPreview | None:
    """The preview that was made last, without its PDF."""
    return ReportPreview.objects.filter(org=assessment.org, assessment=assessment).defer("content").first()


def make_preview(assessment: Assessment, *, by: Member, language: str, seed: str) -> Job:
    """Have a preview made in this language, with the figures of this seed."""
    if not makes_previews(assessment.org):
        raise ActionRefused(_("The connected survey service does not offer this."))
    wanted = {"language": language, "seed": seed}
    begun = start(
        assessment.org,
        PREVIEW_REPORT,
        by=by,
        target=str(assessment.pk),
        title=gettext_stored("Report preview of %(assessment)s", assessment=assessment.name),
        parameters=wanted,
    )
    if begun.parameters != wanted:
        raise ActionRefused(_("Another preview is being made. Try again in a minute."))
    return begun


@job(PREVIEW_REPORT)
def fetch_preview(job: Job) -> Message:
    """Fetch the report of a fictional person and keep it (qxPreviewReport); the work of its job."""
    assessment = Assessment.objects.filter(org=job.org, pk=int(job.target)).first()
    if assessment is None:
        return gettext_stored("The assessment is no longer known.")
    language, seed = str(job.parameters["language"]), str(job.parameters["seed"])
    with client_for(job.org) as threesixty:
        call = PreviewReport(assessment_id=assessment.vendor_id, language=language.upper(), seed=seed)
        pdf = threesixty.call(call)
    content = sealed_preview(job.org_id, assessment.pk, pdf.content)
    kept = {"org": job.org, "language": language, "seed": seed, "content": content, "made_at": timezone.now()}
    with transaction.atomic():
        ReportPreview.objects.update_or_create(assessment=assessment, defaults=kept)
        note(job.org, by=job.started_by, verb="report.previewed", target=assessment.vendor_id, words=assessment.name)
    return gettext_stored("The preview is ready.")
