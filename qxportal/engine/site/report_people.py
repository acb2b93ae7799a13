"""The people of a subject's report: its readers, its subject's managers, and readers of the subject's plan."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, FilteredRelation, OuterRef, Q
from django.utils import timezone

from qxportal.engine.editions import report_access
from qxportal.engine.models import ActionPlanShare, Participant, Person, ReportAccess


@dataclass(frozen=True, slots=True)
class ReportPerson:
    """A reader of a report, a manager of its subject, or a reader of the subject's plan; or several of these."""

    person: Person
    viewer: str  # role in which the person may open the report, now or later; empty: none
    until: datetime | None  # end of the access; None: open-ended
    manages: bool  # may be given the report as the subject's manager
    shared: bool  # reads the subject's action plan


def people_of(subject: Participant) -> list[ReportPerson]:
    """The people of a subject's report who are in the directory, in the order of pages; one query."""
    readable = Q(report_accesses__subject=subject.pk) & (
        Q(report_accesses__until_at=None) | Q(report_accesses__until_at__gt=timezone.now())
    )
    shares = ActionPlanShare.objects.filter(plan__subject=subject.pk)
    # by primary keys: with conditions on several tables, PostgreSQL would read the people of all brands
    above = Person.objects.filter(pk=subject.person_id).values("manager")
    readers = ReportAccess.objects.filter(subject=subject.pk).values("person")
    keys = readers.union(shares.values("person"), report_access.evaluating_managers(subject), above)
    found = (
        Person.objects.filter(pk__in=keys, removed_at=None)
        .annotate(
            access=FilteredRelation("report_accesses", condition=readable),
            manages=ExpressionWrapper(report_access.managers_filter(subject), output_field=BooleanField()),
            shared=Exists(shares.filter(person=OuterRef("pk"))),
        )
        .annotate(viewer=F("access__viewer"), until=F("access__until_at"))
        .filter(Q(viewer__isnull=False) | Q(shared=True) | Q(manages=True))
        .order_by("viewer", "last_name", "access__pk", "pk")
    )
    return [ReportPerson(one, one.viewer or "", one.until, one.manages, one.shared) for one in found]
