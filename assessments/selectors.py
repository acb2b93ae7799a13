"""Queries for the pages of assessments. Anonymity: counts of answers only, never answers."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from assessments.fence import about_others, is_own, others
from assessments.groups import DONE, EXEMPT, relationship_order, thin_groups
from assessments.models import Assessment, Evaluation, Subject
from assessments.thresholds import report_groups_of
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.threesixty.relationships import BUILT_IN
from surveys.models import Survey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDERS = {"created": ("since", "pk"), "name": ("folded_name", "pk"), "state": ("status", "folded_name", "pk")}
EVALUATION_ORDERS = {
    "name": ("sort_name", "pk"),
    "relationship": ("relationship", "sort_name", "pk"),
    "subject": ("subject_name", "sort_name", "pk"),
    "state": ("status", "sort_name", "pk"),
    "finished": ("finished_on", "sort_name", "pk"),
}
MOST_ROLES = 300  # that a person's page lists


def assessments(org: Organisation, *, gone: bool = False) -> QuerySet[Assessment]:
    """The organisation's assessments; with `gone`, those the vendor no longer lists."""
    return Assessment.objects.filter(org=org, gone_at__isnull=not gone)


def all_assessments(org: Organisation) -> QuerySet[Assessment]:
    """Every assessment that there ever was."""
    return Assessment.objects.filter(org=org)


def standing(assessment: Assessment) -> QuerySet[Evaluation]:
    """Evaluations of an assessment; for pairs now listed in another relationship, only the present one."""
    return listed_once(Evaluation.objects.filter(assessment=assessment, gone_at=None))


def listed_once(rows: QuerySet[Evaluation]) -> QuerySet[Evaluation]:
    """Evaluations that are not gone; for pairs now listed in another relationship, only the present one."""
    pair = {name: OuterRef(name) for name in ("assessment", "subject_key", "evaluator_key")}
    listed = Evaluation.objects.filter(**pair, gone_at=None, missing_since=None)
    return rows.filter(Q(missing_since=None) | ~Exists(listed))


def with_since(rows: QuerySet[Assessment]) -> Any:
    """With `since` and `folded_name`, which always have a value to sort by."""
    return rows.annotate(since=Coalesce("created_at", Value(EPOCH)), folded_name=Lower("name"))


def with_counts(member: Member, rows: QuerySet[Assessment]) -> Any:
    """With `since`, and the numbers of subjects and evaluations; the member only counts as one more subject."""
    subjects = Subject.objects.filter(assessment=OuterRef("pk"), gone_at=None)
    asked = Evaluation.objects.filter(assessment=OuterRef("pk"), gone_at=None, unsolicited=False)
    asked = about_others(member, asked)
    unasked = Evaluation.objects.filter(assessment=OuterRef("pk"), gone_at=None, unsolicited=True)
    unasked = about_others(member, unasked)
    return with_since(rows).annotate(
        subjects_total=_count(subjects),
        subjects_done=_count(others(member, subjects).filter(status=Subject.Status.DONE)),
        evaluations_total=_count(asked),
        evaluations_done=_count(asked.filter(DONE)),
        evaluations_unasked=_count(unasked.filter(DONE)),
    )


def evaluations_of(member: Member, assessment: Assessment, *, gone: bool = False) -> QuerySet[Evaluation]:
    """The evaluations of one assessment, but those about the member."""
    rows = Evaluation.objects.filter(assessment=assessment, gone_at__isnull=not gone).select_related("subject")
    return about_others(member, rows)


def with_evaluation_order(rows: QuerySet[Evaluation]) -> Any:
    """With the columns that the list of evaluations is sorted by."""
    return rows.annotate(
        subject_name=Coalesce("subject__sort_name", "subject_key"),
        finished_on=Coalesce("finished_at", Value(EPOCH)),
    )


def relationship_counts(member: Member, assessment: Assessment) -> list[dict[str, Any]]:
    """Per relationship: evaluations, finished ones, requested and unsolicited ones, and the number of small groups."""
    rows = (
        evaluations_of(member, assessment)
        .select_related(None)
        .values("relationship")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=DONE),
            asked=Count("pk", filter=Q(unsolicited=False)),
            asked_done=Count("pk", filter=DONE & Q(unsolicited=False)),
            unasked=Count("pk", filter=DONE & Q(unsolicited=True)),
            subjects=Count("subject", distinct=True),
        )
        .order_by()
    )
    thin: dict[str, int] = defaultdict(int)
    for group in thin_groups(member, assessment).values_list("report_group", flat=True):
        thin[group] += 1
    together = report_groups_of(assessment)
    counted = [
        {
            **row,
            "group": together.get(row["relationship"], ""),
            "thin": thin[together.get(row["relationship"], row["relationship"])],
            "exempt": row["relationship"] in EXEMPT and not thin[row["relationship"]],
        }
        for row in rows
    ]
    return sorted(counted, key=lambda row: relationship_order(row["relationship"]))


def status_counts(member: Member, assessment: Assessment) -> dict[str, int]:
    """Number of evaluations by state."""
    rows = (
        evaluations_of(member, assessment).select_related(None).values_list("status").annotate(n=Count("pk")).order_by()
    )
    return dict(rows)


def relationships_of(assessment: Assessment) -> list[str]:
    """The relationships that evaluators may have: built-in ones and its own."""
    return [*BUILT_IN, *(row["Name"] for row in assessment.relationships)]


def survey_of(assessment: Assessment) -> Survey | None:
    """The assessment's survey, if it is mirrored."""
    return Survey.objects.filter(org_id=assessment.org_id, vendor_id=assessment.survey_id).first()


def roles_of(member: Member, person: Person) -> dict[str, Any]:
    """A person's evaluations in all assessments, received and given: the newest of each, and their numbers."""
    receives = person.subjects.filter(gone_at=None).select_related("assessment")
    gives = about_others(member, person.evaluations.filter(gone_at=None)).select_related("assessment", "subject")
    unfinished = Q(status__in=(Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS))
    newest = list(receives.order_by("-assessment__created_at", "-pk")[:MOST_ROLES])
    waiting = gives.filter(unfinished, assessment__status=Assessment.Status.ACTIVE, assessment__gone_at=None)
    load = (
        waiting.filter(subject__status=Subject.Status.WAITING).order_by().values_list("assessment", "assessment__name")
    )
    return {
        "load": sorted(load.annotate(n=Count("pk")), key=lambda row: (-row[2], row[1])),
        "receives": [(subject, is_own(member, subject)) for subject in newest],
        "gives": list(gives.order_by("-assessment__created_at", "relationship", "pk")[:MOST_ROLES]),
        "receives_total": receives.count(),
        **gives.aggregate(gives_total=Count("pk"), open_forms=Count("pk", filter=unfinished)),
    }


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("assessment").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
