"""Assessments on pages of surveys: which of them use a survey."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from assessments.models import Assessment
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from surveys.models import Survey

USED, UNUSED = "yes", "no"


def used_by(org: Organisation, survey_ids: Iterable[str]) -> dict[str, list[Assessment]]:
    """The assessments that use each survey, newest first, with one query."""
    found: dict[str, list[Assessment]] = defaultdict(list)
    rows = Assessment.objects.filter(org=org, survey_id__in=list(survey_ids), gone_at=None)
    for assessment in rows.only("pk", "name", "status", "survey_id", "created_at"):
        found[assessment.survey_id].append(assessment)
    return found


def narrowed_by_use(org: Organisation, rows: QuerySet[Survey], wanted: str) -> QuerySet[Survey]:
    """The surveys that an assessment uses, or those that none uses."""
    if wanted not in (USED, UNUSED):
        return rows
    uses = Exists(Assessment.objects.filter(org=org, survey_id=OuterRef("vendor_id"), gone_at=None))
    return rows.filter(uses if wanted == USED else ~uses)


def counts_hidden(member: Member, survey: Survey) -> bool:
    """Whether to hide numbers of answers: the member is a subject of an assessment that uses or used the survey."""
    own = fence_of(member).assessments.values()
    return Assessment.objects.filter(org=survey.org_id, survey_id=survey.vendor_id, pk__in=own).exists()
