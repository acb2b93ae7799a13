"""Alerts for surveys whose questions changed while an assessment collects answers: sync, display and mail."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import about_others
from assessments.groups import DONE
from assessments.models import Assessment, Evaluation
from qxportal.accounts.models import WORKING, Member, Organisation, PortalMail
from qxportal.accounts.portal_mail import Words, queue_mail
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Job
from qxportal.security.instance import may_call
from surveys.alerts import changed_since
from surveys.job_kinds import SYNC_SURVEY
from surveys.models import Survey, SurveyContent

KIND = "survey-changed"
READ_EVERY = timedelta(hours=3)
AT_ONCE = 5  # surveys of an organisation that are read by one round


@dataclass(frozen=True)
class SurveyAlert:
    """A survey that changed while an assessment that uses it is active."""

    survey: Survey
    assessment: Assessment
    at: datetime  # the newest change
    questions: int  # that were added, changed or removed
    finished: int  # evaluations, as of now


def survey_alerts(member: Member, only: Assessment | None = None) -> list[SurveyAlert]:
    """Unacknowledged alerts of one assessment or of all active assessments, newest first."""
    rows = Assessment.objects.filter(org=member.org_id, gone_at=None, status=Assessment.Status.ACTIVE)
    rows = rows.exclude(survey_id="") if only is None else rows.filter(pk=only.pk)
    changed = _changed(member.org, list(rows))
    numbers = [assessment.pk for assessment, _content, _since in changed]
    finished = about_others(member, Evaluation.objects.filter(DONE, assessment__in=numbers, gone_at=None))
    counted = dict(finished.order_by().values_list("assessment_id").annotate(n=Count("pk"))) if numbers else {}
    found = [
        SurveyAlert(
            content.survey,
            assessment,
            datetime.fromisoformat(changes[0]["at"]),
            len({line["name"] for change in changes for line in change["lines"]}),
            counted.get(assessment.pk, 0),
        )
        for assessment, content, changes in changed
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def read_surveys_in_use() -> int:
    """Start the due readings of surveys of active assessments; returns the number of readings started."""
    if not may_call():
        return 0
    started = 0
    for org in Organisation.objects.filter(
        **WORKING, credential__sealed_token__isnull=False, credential__refused_at=None
    ):
        for vendor_id in _due(org)[:AT_ONCE]:
            with suppress(TooManyJobs):
                start(org, SYNC_SURVEY, by=None, target=vendor_id)
                started += 1
    return started


def tell_of_changes() -> int:
    """Queue a mail to each admin and owner about surveys with unreported changes; returns the number of surveys."""
    told = 0
    active = Assessment.objects.filter(gone_at=None, status=Assessment.Status.ACTIVE, org__archived_at=None)
    for org in Organisation.objects.filter(pk__in=active.values("org")):
        for content in {content.pk: content for _one, content, _since in _changed(org, list(active.filter(org=org)))}:
            told += _tell(content)
    return told


def write_survey_mail(mail: PortalMail) -> Words | None:
    """The text of the mail; None if the change was acknowledged or no active assessment uses the survey."""
    content = SurveyContent.objects.select_related("survey").filter(org=mail.org, pk=mail.about["content"]).first()
    if content is None or mail.member is None or not mail.member.may(Role.ADMIN):
        return None
    rows = Assessment.objects.filter(org=mail.org, gone_at=None, status=Assessment.Status.ACTIVE)
    changed = [one for one in _changed(mail.org, list(rows)) if one[1].pk == content.pk]
    if not changed:
        return None
    names = {"name": content.survey.name, "assessments": ", ".join(one.name for one, _content, _lines in changed)}
    return Words(
        subject=_("“%(name)s” changed while answers come in") % names,
        paragraphs=(
            _("Questions of the survey “%(name)s” were changed outside the portal.") % names,
            _(
                "The survey is used by: %(assessments)s. "
                "Answers before and after the change may not be to the same questions."
            )
            % names,
        ),
        link=settings.PORTAL_URL.rstrip("/") + reverse("assessments:survey", args=[mail.org.slug, content.survey_id]),
        button=_("View the changes"),
    )


def _changed(
    org: Organisation, active: list[Assessment]
) -> list[tuple[Assessment, SurveyContent, list[dict[str, Any]]]]:
    contents = SurveyContent.objects.filter(org=org, survey__vendor_id__in={one.survey_id for one in active})
    known = {one.survey.vendor_id: one for one in contents.exclude(changes=[]).select_related("survey", "org")}
    found = []
    for one in active:
        content = known.get(one.survey_id)
        if content is not None and (changes := list(changed_since(content, one.activated_at or one.created_at))):
            found.append((one, content, changes))
    return found


def _due(org: Organisation) -> list[str]:
    before = timezone.now() - READ_EVERY
    rows = Assessment.objects.filter(org=org, gone_at=None, status=Assessment.Status.ACTIVE).exclude(survey_id="")
    used = set(rows.values_list("survey_id", flat=True))
    known = set(Survey.objects.filter(org=org, vendor_id__in=used, gone_at=None).values_list("vendor_id", flat=True))
    read = SurveyContent.objects.filter(org=org, seen_at__gt=before).values_list("survey__vendor_id", flat=True)
    tried = Job.objects.filter(org=org, kind=SYNC_SURVEY.name, created_at__gt=before).values_list("target", flat=True)
    return sorted(known - set(read) - set(tried))


def _tell(pk: int) -> bool:
    with transaction.atomic():
        content = SurveyContent.objects.select_for_update().filter(pk=pk).first()
        if content is None or not content.changes:
            return False
        newest = datetime.fromisoformat(content.changes[0]["at"])
        if content.told_at is not None and content.told_at >= newest:
            return False
        content.told_at = newest
        content.save(update_fields=["told_at"])
        for member in Member.objects.filter(org=content.org_id, user__is_active=True).select_related("org"):
            if member.may(Role.ADMIN):
                queue_mail(member.org, KIND, member=member, about={"content": content.pk})
    return True
