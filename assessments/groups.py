"""The evaluations of one subject in one relationship or group of them, counted; which of those a report hides."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from assessments.editions import UNSURE
from assessments.fence import about_others
from assessments.models import Assessment, Editions, Evaluation, Subject
from assessments.thresholds import NEEDED, REPORT_GROUP
from qxportal.accounts.models import Member
from qxportal.threesixty.relationships import BUILT_IN, MANAGER, MINIMUM, SELF

EXEMPT = (SELF, MANAGER)  # lines of one person; a manager only if exactly one evaluator is the manager
DONE = Q(status=Evaluation.Status.COMPLETED)
BEGUN = Q(status=Evaluation.Status.IN_PROGRESS)
UNFINISHED = BEGUN | Q(status=Evaluation.Status.NOT_STARTED)


@dataclass
class Group:
    """A subject's evaluations in one relationship, or in several that reports combine."""

    relationship: str  # or the name of the group
    done: int = 0
    total: int = 0
    begun: int = 0
    open: int = 0  # neither finished nor declined
    minimum: int = MINIMUM  # of the assessment
    manager_unsure: bool = False  # the server reports that no manager is exempt
    evaluations: list[Evaluation] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)  # number of finished evaluations by relationship

    @property
    def combined(self) -> bool:
        """Whether it contains relationships other than the one it is named after."""
        return set(self.parts) != {self.relationship}

    @property
    def exempt(self) -> bool:
        """Whether it is one person who is shown alone: Self, or the one manager."""
        if self.relationship == MANAGER:
            return self.total == 1 and not self.manager_unsure
        return self.relationship == SELF

    @property
    def thin(self) -> bool:
        """Whether a report would hide the group now."""
        return not self.exempt and self.done < self.minimum

    @property
    def hopeless(self) -> bool:
        """Whether the group stays hidden even when everybody answers."""
        return not self.exempt and self.total < self.minimum

    @property
    def needed(self) -> int:
        """Number of answers that the group still needs to be shown."""
        return 0 if self.exempt else max(0, self.minimum - self.done)


def groups_of(page: Iterable[Subject], *, instead: Mapping[str, str] | None = None) -> dict[int, list[Group]]:
    """The groups of each subject, built-in relationships first; `instead` names other groups than the server has."""
    rows = (
        Evaluation.objects.filter(subject__in=list(page), gone_at=None)
        .values("subject_id", "relationship", report_group=REPORT_GROUP)
        .annotate(total=Count("pk"), done=Count("pk", filter=DONE), begun=Count("pk", filter=BEGUN), needed=NEEDED)
        .annotate(open=Count("pk", filter=UNFINISHED))
        .order_by()
    )
    together: dict[int, dict[str, Group]] = defaultdict(dict)
    for row in rows:
        relationship = row["relationship"]
        name = row["report_group"] if instead is None else instead.get(relationship, relationship)
        group = together[row["subject_id"]].setdefault(name, Group(name, minimum=row["needed"]))
        group.done += row["done"]
        group.total += row["total"]
        group.begun += row["begun"]
        group.open += row["open"]
        group.parts[relationship] += row["done"]
    groups: dict[int, list[Group]] = defaultdict(list, {pk: list(found.values()) for pk, found in together.items()})
    unsure = set(unsure_managers().filter(subject__in=list(groups)).values_list("subject_id", flat=True))
    for pk, found in groups.items():
        found.sort(key=group_order)
        for group in found:
            group.manager_unsure = pk in unsure
    return groups


def relationship_order(relationship: str) -> tuple[int, str]:
    """Sorts built-in relationships first, in their own order."""
    return (BUILT_IN.index(relationship) if relationship in BUILT_IN else len(BUILT_IN), relationship)


def group_order(group: Group) -> tuple[int, str]:
    """Sorts groups by their relationship."""
    return relationship_order(group.relationship)


def unsure_managers() -> QuerySet[Editions]:
    """Subjects whose manager the server does not exempt from the minimum."""
    return Editions.objects.filter(facts__manager__state__in=UNSURE)


def _too_small(groups: QuerySet[Any]) -> Any:
    """The groups that a report would hide; one sure manager is shown alone."""
    sure = Q(report_group=MANAGER, total=1) & ~Q(subject__in=unsure_managers().values("subject_id"))
    counted = groups.exclude(relationship=SELF).annotate(
        total=Count("pk"), done=Count("pk", filter=DONE), needed=NEEDED
    )
    return counted.filter(done__lt=F("needed")).exclude(sure).order_by()


def thin_groups(member: Member, assessment: Assessment) -> Any:
    """The groups of an assessment that a report would hide, but those about the member."""
    rows = about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None, subject__gone_at=None))
    return _too_small(rows.values("subject_id", report_group=REPORT_GROUP))


def thin_counts(member: Member, numbers: Collection[int]) -> Counter[int]:
    """Number of groups that a report would hide, of subjects who are not done, by assessment; none about the member."""
    rows = Evaluation.objects.filter(assessment__in=numbers, gone_at=None, subject__gone_at=None)
    rows = about_others(member, rows.filter(subject__status=Subject.Status.WAITING))
    small = _too_small(rows.values("assessment_id", "subject_id", report_group=REPORT_GROUP))
    return Counter(small.values_list("assessment_id", flat=True))


def has_thin_group() -> Exists:
    """Whether a report would hide a group of the subject; a condition for queries of subjects."""
    rows = Evaluation.objects.filter(subject=OuterRef("pk"), gone_at=None)
    return Exists(_too_small(rows.values("subject_id", report_group=REPORT_GROUP)))
