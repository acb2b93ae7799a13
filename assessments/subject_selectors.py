"""Queries for the pages of subjects. Anonymity: counts of answers only, never answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Value, When

from assessments.editions import Facts, facts_of
from assessments.fence import about_others, is_own, others
from assessments.groups import BEGUN, UNFINISHED, Group, group_order, groups_of, has_thin_group, unsure_managers
from assessments.models import Assessment, Editions, Evaluation, Subject
from assessments.thresholds import minimums_of, report_groups_of
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.core import listing
from qxportal.ledger.models import Change
from qxportal.ledger.selectors import latest_changes

ORDERS = {  # columns of the list; the member comes first, so that the position reveals nothing
    "name": ("sort_name", "pk"),
    "state": ("shown_status", "sort_name", "pk"),
    "finished": ("shown_completed", "sort_name", "pk"),
}


@dataclass
class Readiness:
    """Reasons for and against setting a subject to Done: the groups, and evaluators who have not answered."""

    subject: Subject
    groups: list[Group]
    facts: Facts | None = None
    unanswered: list[Evaluation] = field(default_factory=list)  # not begun
    begun: list[Evaluation] = field(default_factory=list)

    @property
    def state(self) -> str:
        """How far the subject is on the way to Done, in the words of the screens."""
        if not self.groups:
            return "empty"
        if self.unanswered or self.begun:
            return "open"
        return "thin" if any(group.thin for group in self.groups) else "ready"


@dataclass
class SubjectRow:
    """A subject as a list shows it."""

    subject: Subject
    groups: list[Group]
    change: Change | None = None
    facts: Facts | None = None
    own: bool = False  # the viewing member: only the name is shown

    @property
    def begun(self) -> int:
        """Number of evaluators with an evaluation in progress."""
        return sum(group.begun for group in self.groups)

    @property
    def state(self) -> str:
        """How far the subject is, in the words of the screens."""
        if self.own:
            return "Own"
        if self.subject.gone_at:
            return "Gone"
        if self.subject.status == Subject.Status.DONE:
            return "Done"
        if not self.subject.completed:
            return "NotStarted"
        if self.subject.completed < self.subject.received:
            return "Collecting"
        return "Thin" if any(group.thin for group in self.groups) else "Ready"


def subjects(org: Organisation) -> QuerySet[Subject]:
    """Every subject of the organisation."""
    return Subject.objects.filter(org=org).select_related("assessment")


def subjects_of(assessment: Assessment, *, gone: bool = False) -> QuerySet[Subject]:
    """The subjects of one assessment."""
    return Subject.objects.filter(assessment=assessment, gone_at__isnull=not gone)


def all_subjects(assessment: Assessment) -> QuerySet[Subject]:
    """Everybody that was ever a subject of one assessment."""
    return Subject.objects.filter(assessment=assessment)


def with_order(member: Member, rows: QuerySet[Subject]) -> Any:
    """With the columns that the list is sorted by; the member's are blank."""
    own = Q(pk__in=fence_of(member).subjects)
    return rows.annotate(
        shown_completed=Case(When(own, then=Value(-1)), default=F("completed"), output_field=IntegerField()),
        shown_status=Case(When(own, then=Value("")), default=F("status"), output_field=CharField()),
    )


def in_state(member: Member, rows: QuerySet[Subject], state: str) -> QuerySet[Subject]:
    """Subjects in a state, by the same rules as SubjectRow.state. The member is in none."""
    rows = others(member, rows)
    if state == "Done":
        return rows.filter(status=Subject.Status.DONE)
    rows = rows.exclude(status=Subject.Status.DONE)
    if state == "NotStarted":
        return rows.filter(completed=0)
    rows = rows.filter(completed__gt=0)
    if state == "Collecting":
        return rows.filter(completed__lt=F("received"))
    thin = has_thin_group()
    rows = rows.filter(completed__gte=F("received"))
    return rows.filter(thin) if state == "Thin" else rows.exclude(thin)


def choosable(member: Member, rows: QuerySet[Subject], counted: listing.Count) -> listing.Count:
    """Number of subjects that the member may act on: all but the member, who is among `counted`."""
    own = fence_of(member).subjects
    if not own or counted.more:
        return counted
    return listing.Count(max(0, counted.number - rows.order_by().filter(pk__in=own).count()))


def subject_rows(member: Member, assessment: Assessment, page: Iterable[Subject]) -> list[SubjectRow]:
    """A page of subjects with their groups and open changes; two queries for any number."""
    page = list(page)
    own = {subject.pk for subject in page if is_own(member, subject)}
    groups = groups_of(subject for subject in page if subject.pk not in own)
    moving: dict[str, Change] = {}
    wanted = {subject.vendor_id for subject in page}
    requests = ("setSubjectStatus", "removePerson")
    for change in latest_changes(member, assessment_id=assessment.vendor_id, requests=requests):
        key = change.parameters.get("subject_id") or change.parameters.get("person_id")
        if key in wanted:
            moving[key] = change
    told = facts_of([subject for subject in page if subject.pk not in own])
    return [
        SubjectRow(
            subject, groups[subject.pk], moving.get(subject.vendor_id), told.get(subject.pk), own=subject.pk in own
        )
        for subject in page
    ]


def readiness_of(member: Member, page: Iterable[Subject]) -> list[Readiness]:
    """Readiness for Done of each subject except the member, in order; a few queries for any number."""
    page = [subject for subject in page if not is_own(member, subject)]
    groups, told = groups_of(page), facts_of(page)
    found = {subject.pk: Readiness(subject, groups[subject.pk], told.get(subject.pk)) for subject in page}
    rows = Evaluation.objects.filter(UNFINISHED, subject__in=page, gone_at=None)
    for evaluation in rows.order_by("sort_name", "pk"):
        readiness = found[evaluation.subject_id or 0]
        begun = evaluation.status == Evaluation.Status.IN_PROGRESS
        (readiness.begun if begun else readiness.unanswered).append(evaluation)
    return list(found.values())


def unfinished_of(member: Member, chosen: QuerySet[Subject]) -> dict[str, int]:
    """Over all of a selection: forms not begun and half finished, and subjects with a group too small to be shown."""
    chosen = others(member, chosen)
    rows = Evaluation.objects.filter(UNFINISHED, subject__in=chosen.order_by().values("pk"), gone_at=None)
    counts = rows.aggregate(unanswered=Count("pk", filter=~BEGUN), begun=Count("pk", filter=BEGUN))
    return {**counts, "thin": chosen.order_by().filter(has_thin_group()).count()}


def evaluators_of(member: Member, subject: Subject) -> list[Group]:
    """A subject's evaluators, by relationship or group of reports; not the member's own."""
    groups: dict[str, Group] = {}
    unsure = unsure_managers().filter(subject=subject).exists()
    needed, together = minimums_of(subject.assessment).min_group, report_groups_of(subject.assessment)
    found = about_others(member, subject.evaluations.filter(gone_at=None))
    for evaluation in found.order_by("sort_name", "pk"):
        name = together.get(evaluation.relationship, evaluation.relationship)
        group = groups.setdefault(name, Group(name, minimum=needed))
        group.parts[evaluation.relationship] += evaluation.status == Evaluation.Status.COMPLETED
        group.evaluations.append(evaluation)
        group.total += 1
        group.done += evaluation.status == Evaluation.Status.COMPLETED
        group.begun += evaluation.status == Evaluation.Status.IN_PROGRESS
        group.open += evaluation.status in (Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS)
        group.manager_unsure = unsure
    return sorted(groups.values(), key=group_order)


def with_edition(chosen: QuerySet[Subject]) -> QuerySet[Subject]:
    """Subjects with an edition."""
    return chosen.order_by().filter(editions__facts__edition__gt=0)


def managers_to_check(member: Member, assessment: Assessment, state: str) -> QuerySet[Editions]:
    """Subjects, except the member, with an unconfirmed manager or several in the Manager relationship."""
    rows = Editions.objects.filter(assessment=assessment, facts__manager__state=state)
    rows = rows.filter(subject__in=others(member, Subject.objects.filter(assessment=assessment, gone_at=None)))
    return rows.select_related("subject").order_by("subject__sort_name", "subject_id")
