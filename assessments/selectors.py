"""What the pages of assessments show. Anonymity: counts of answers only, never answers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.editions import UNSURE, Facts, facts_of
from assessments.fence import about_others, is_own, others, reports_of_others
from assessments.models import Assessment, Editions, Evaluation, Release, Report, Subject
from assessments.receiving import ADMIN, SUBJECT, live, why_ended
from assessments.reports import may_open
from directory.models import Person
from qxportal import listing
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.filenames import file_name
from qxportal.ledger.models import Change, Job
from qxportal.ledger.selectors import A_MOMENT, LATELY, jobs, latest_changes
from qxportal.threesixty.relationships import BUILT_IN, MINIMUM
from surveys.models import Survey

SELF, MANAGER = "Self", "Manager"
EXEMPT = (SELF, MANAGER)  # lines of one person; a manager only where exactly one stands as such
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_ROLES = 300  # that a person's page lists
RELEASED = ("member__user", "member__org", "report__assessment", "report__subject__person")  # decides about releases
DONE = Q(status=Evaluation.Status.COMPLETED)
BEGUN = Q(status=Evaluation.Status.IN_PROGRESS)
UNFINISHED = BEGUN | Q(status=Evaluation.Status.NOT_STARTED)


@dataclass
class Group:
    """The evaluations of one subject in one relationship."""

    relationship: str
    done: int = 0
    total: int = 0
    begun: int = 0
    manager_unsure: bool = False  # the server says that nobody is exempt as manager
    evaluations: list[Evaluation] = field(default_factory=list)

    @property
    def exempt(self) -> bool:
        """Whether it is one person who is shown alone: Self, or the one manager."""
        if self.relationship == MANAGER:
            return self.total == 1 and not self.manager_unsure
        return self.relationship == SELF

    @property
    def thin(self) -> bool:
        """Whether a report would hide the group now."""
        return not self.exempt and self.done < MINIMUM

    @property
    def hopeless(self) -> bool:
        """Whether the group stays hidden even when everybody answers."""
        return not self.exempt and self.total < MINIMUM


@dataclass
class Readiness:
    """What speaks for or against setting a subject to Done: the groups, and who has not answered."""

    subject: Subject
    groups: list[Group]
    facts: Facts | None = None
    unanswered: list[Evaluation] = field(default_factory=list)  # not begun
    begun: list[Evaluation] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether everyone has answered and no group is too small to be shown."""
        waiting = self.unanswered or self.begun or not self.groups
        return not waiting and not any(group.thin for group in self.groups)


@dataclass
class SubjectRow:
    """A subject as a list shows it."""

    subject: Subject
    groups: list[Group]
    change: Change | None = None
    facts: Facts | None = None
    own: bool = False  # the member who looks: nothing but the name is shown

    @property
    def begun(self) -> int:
        """How many evaluators are in the middle of an evaluation."""
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


def assessments(org: Organisation, *, gone: bool = False) -> QuerySet[Assessment]:
    """The organisation's assessments; with `gone`, those the vendor no longer lists."""
    return Assessment.objects.filter(org=org, gone_at__isnull=not gone)


def assessments_anyhow(org: Organisation) -> QuerySet[Assessment]:
    """Every assessment that there ever was."""
    return Assessment.objects.filter(org=org)


def with_since(rows: QuerySet[Assessment]) -> Any:
    """With `since`, which always has a value to sort by."""
    return rows.annotate(since=Coalesce("created_at", Value(EPOCH)))


def with_counts(member: Member, rows: QuerySet[Assessment]) -> Any:
    """With `since`, and the numbers of subjects and evaluations; of the member only that there is one more subject."""
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


def subjects(org: Organisation) -> QuerySet[Subject]:
    """Every subject of the organisation."""
    return Subject.objects.filter(org=org).select_related("assessment")


def subjects_of(assessment: Assessment, *, gone: bool = False) -> QuerySet[Subject]:
    """The subjects of one assessment."""
    return Subject.objects.filter(assessment=assessment, gone_at__isnull=not gone)


def subjects_anyhow(assessment: Assessment) -> QuerySet[Subject]:
    """Everybody that was ever a subject of one assessment."""
    return Subject.objects.filter(assessment=assessment)


def in_state(member: Member, rows: QuerySet[Subject], state: str) -> QuerySet[Subject]:
    """The subjects whose state reads so; the same rules as SubjectRow.state. The member is in none."""
    rows = others(member, rows)
    if state == "Done":
        return rows.filter(status=Subject.Status.DONE)
    rows = rows.exclude(status=Subject.Status.DONE)
    if state == "NotStarted":
        return rows.filter(completed=0)
    rows = rows.filter(completed__gt=0)
    if state == "Collecting":
        return rows.filter(completed__lt=F("received"))
    thin = _has_thin_group()
    rows = rows.filter(completed__gte=F("received"))
    return rows.filter(thin) if state == "Thin" else rows.exclude(thin)


def choosable(member: Member, rows: QuerySet[Subject], counted: listing.Count) -> listing.Count:
    """How many of the subjects the member may do something about: all but the member, who is among `counted`."""
    own = fence_of(member).subjects
    if not own or counted.more:
        return counted
    return listing.Count(max(0, counted.number - rows.order_by().filter(pk__in=own).count()))


def subject_rows(member: Member, assessment: Assessment, page: Iterable[Subject]) -> list[SubjectRow]:
    """A page of subjects with their groups and what is being changed; two queries whatever the length."""
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


def groups_of(page: Iterable[Subject]) -> dict[int, list[Group]]:
    """The groups of each subject, built-in relationships first."""
    rows = (
        Evaluation.objects.filter(subject__in=list(page), gone_at=None)
        .values("subject_id", "relationship")
        .annotate(total=Count("pk"), done=Count("pk", filter=DONE), begun=Count("pk", filter=BEGUN))
        .order_by()
    )
    groups: dict[int, list[Group]] = defaultdict(list)
    for row in rows:
        groups[row["subject_id"]].append(Group(row["relationship"], row["done"], row["total"], row["begun"]))
    unsure = set(_unsure_managers().filter(subject__in=list(groups)).values_list("subject_id", flat=True))
    for pk, found in groups.items():
        found.sort(key=_group_order)
        for group in found:
            group.manager_unsure = pk in unsure
    return groups


def readiness_of(member: Member, page: Iterable[Subject]) -> list[Readiness]:
    """How ready each subject but the member is for Done, in their order; a few queries whatever the length."""
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
    return {**counts, "thin": chosen.order_by().filter(_has_thin_group()).count()}


def evaluators_of(member: Member, subject: Subject) -> list[Group]:
    """A subject's evaluators, by relationship; not the member's own."""
    groups: dict[str, Group] = {}
    unsure = _unsure_managers().filter(subject=subject).exists()
    found = about_others(member, subject.evaluations.filter(gone_at=None))
    for evaluation in found.order_by("sort_name", "pk"):
        group = groups.setdefault(evaluation.relationship, Group(evaluation.relationship))
        group.evaluations.append(evaluation)
        group.total += 1
        group.done += evaluation.status == Evaluation.Status.COMPLETED
        group.begun += evaluation.status == Evaluation.Status.IN_PROGRESS
        group.manager_unsure = unsure
    return sorted(groups.values(), key=_group_order)


def evaluations_of(member: Member, assessment: Assessment, *, gone: bool = False) -> QuerySet[Evaluation]:
    """The evaluations of one assessment, but those about the member."""
    rows = Evaluation.objects.filter(assessment=assessment, gone_at__isnull=not gone).select_related("subject")
    return about_others(member, rows)


def relationship_counts(member: Member, assessment: Assessment) -> list[dict[str, Any]]:
    """Per relationship: evaluations, finished ones, those asked for and given unasked, and how many groups are thin."""
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
    for group in _thin_groups(member, assessment).values_list("relationship", flat=True):
        thin[group] += 1
    counted = [
        {
            **row,
            "thin": thin[row["relationship"]],
            "exempt": row["relationship"] in EXEMPT and not thin[row["relationship"]],
        }
        for row in rows
    ]
    return sorted(counted, key=lambda row: _order(row["relationship"]))


def status_counts(member: Member, assessment: Assessment) -> dict[str, int]:
    """How many evaluations are in which state."""
    rows = (
        evaluations_of(member, assessment).select_related(None).values_list("status").annotate(n=Count("pk")).order_by()
    )
    return dict(rows)


def relationships_of(assessment: Assessment) -> list[str]:
    """The relationships that evaluators may have: built-in ones and its own."""
    return [*BUILT_IN, *(row["Name"] for row in assessment.relationships)]


def survey_of(assessment: Assessment) -> Survey | None:
    """The assessment's form, if it is known here."""
    return Survey.objects.filter(org_id=assessment.org_id, vendor_id=assessment.survey_id).first()


def every_report(org: Organisation) -> QuerySet[Report]:
    """Every fetched report, the member's own too: `may_open` decides about each."""
    return Report.objects.filter(org=org).select_related("subject__person", "assessment", "fetched_by__user")


def reports(member: Member) -> QuerySet[Report]:
    """The fetched reports, but those about the member."""
    return reports_of_others(member, every_report(member.org))


def latest_reports(member: Member, page: Iterable[Subject]) -> dict[int, list[Report]]:
    """Each subject's newest report per viewer."""
    rows = (
        reports_of_others(member, Report.objects.filter(subject__in=list(page)))
        .select_related("subject")
        .order_by("subject_id", "viewer", "-version")
    )
    newest: dict[int, list[Report]] = defaultdict(list)
    for report in rows.distinct("subject_id", "viewer"):
        newest[report.subject_id].append(report)
    return newest


def openable(member: Member, page: Iterable[Report]) -> set[int]:
    """Which of those reports the member may open; at most one query."""
    page = list(page)
    if member.may(Role.EDITOR):
        return {report.pk for report in page if may_open(member, report)}
    rows = Release.objects.filter(member=member, report__in=page).select_related(*RELEASED)
    return {released.report_id for released in live(rows)}


def fetches_of(member: Member, page: Iterable[Subject], *, viewer: str | None = None) -> dict[int, list[Job]]:
    """How the last fetch of each subject's report went, per viewer or for one; what succeeded only for a moment."""
    found: dict[int, list[Job]] = {subject.pk: [] for subject in page}
    viewers = {viewer} if viewer is not None else {ADMIN, SUBJECT}
    wanted = Q(target__in=[f"{pk}:{each}" for pk in found for each in viewers])
    if viewer is None:
        for pk in found:
            wanted |= Q(target__startswith=f"{pk}:")
    for job in jobs(member).filter(wanted, kind=Job.Kind.FETCH_REPORT).order_by("target", "-pk").distinct("target"):
        age = timezone.now() - (job.finished_at or timezone.now())
        if job.open or age < (A_MOMENT if job.state == Job.State.DONE else LATELY):
            found[int(job.target.partition(":")[0])].append(job)
    return found


def report_file_name(report: Report) -> str:
    """What a report is called as a file: whose, of which assessment, as seen by whom; its number makes it unique."""
    seen_by = {ADMIN: _("as administrators see it"), SUBJECT: _("as the subject sees it")}.get(report.viewer)
    if seen_by is None:
        viewer = Person.objects.filter(org_id=report.org_id, vendor_id=report.viewer).first()
        seen_by = _("as %(viewer)s sees it") % {"viewer": viewer or report.viewer}
    number = _("version %(version)s, no %(number)s") % {"version": report.version, "number": report.pk}
    return file_name([report.subject, report.assessment.name, seen_by, number], "pdf")


def openings(org: Organisation, page: Iterable[Report]) -> dict[int, int]:
    """How often each report was opened."""
    numbers = [report.pk for report in page]
    rows = (
        AuditEntry.objects.filter(org=org, verb="report.opened", details__report__in=numbers)
        .values_list("details__report")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {int(number): count for number, count in rows}


def released_to(member: Member) -> list[Release]:
    """The reports that the member may open because somebody released them."""
    rows = Release.objects.filter(member=member, org=member.org).select_related(*RELEASED, "released_by__user")
    return live(rows.order_by("-released_at"))


def ended_releases(member: Member) -> list[tuple[Release, str]]:
    """What was released to the member and no longer opens, with the reason."""
    rows = Release.objects.filter(member=member, org=member.org).select_related(*RELEASED).order_by("-released_at")
    return [(released, why) for released in rows if (why := why_ended(released))]


def roles_of(member: Member, person: Person) -> dict[str, Any]:
    """What the person does in every assessment: receives and gives, the newest of each, with how many there are."""
    receives = person.subjects.filter(gone_at=None).select_related("assessment")
    gives = about_others(member, person.evaluations.filter(gone_at=None)).select_related("assessment", "subject")
    unfinished = Q(status__in=(Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS))
    newest = list(receives.order_by("-assessment__created_at", "-pk")[:MOST_ROLES])
    return {
        "receives": [(subject, is_own(member, subject)) for subject in newest],
        "gives": list(gives.order_by("-assessment__created_at", "relationship", "pk")[:MOST_ROLES]),
        "receives_total": receives.count(),
        **gives.aggregate(gives_total=Count("pk"), open_forms=Count("pk", filter=unfinished)),
    }


def _order(relationship: str) -> tuple[int, str]:
    return (BUILT_IN.index(relationship) if relationship in BUILT_IN else len(BUILT_IN), relationship)


def _group_order(group: Group) -> tuple[int, str]:
    return _order(group.relationship)


def with_edition(chosen: QuerySet[Subject]) -> QuerySet[Subject]:
    """Those of whom an edition was given."""
    return chosen.order_by().filter(editions__facts__edition__gt=0)


def managers_to_check(member: Member, assessment: Assessment, state: str) -> QuerySet[Editions]:
    """Subjects but the member whose manager is unconfirmed, or of whom several stand as Manager."""
    rows = Editions.objects.filter(assessment=assessment, facts__manager__state=state)
    rows = rows.filter(subject__in=others(member, Subject.objects.filter(assessment=assessment, gone_at=None)))
    return rows.select_related("subject").order_by("subject__sort_name", "subject_id")


def _unsure_managers() -> QuerySet[Editions]:
    return Editions.objects.filter(facts__manager__state__in=UNSURE)


def _too_small(groups: QuerySet[Any]) -> Any:
    """The groups that a report would hide; one sure manager is shown alone."""
    sure = Q(relationship=MANAGER, total=1) & ~Q(subject__in=_unsure_managers().values("subject_id"))
    counted = groups.exclude(relationship=SELF).annotate(total=Count("pk"), done=Count("pk", filter=DONE))
    return counted.filter(done__lt=MINIMUM).exclude(sure).order_by()


def _thin_groups(member: Member, assessment: Assessment) -> Any:
    rows = about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None, subject__gone_at=None))
    return _too_small(rows.values("subject_id", "relationship"))


def _has_thin_group() -> Exists:
    rows = Evaluation.objects.filter(subject=OuterRef("pk"), gone_at=None)
    return Exists(_too_small(rows.values("subject_id", "relationship")))


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("assessment").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
