"""The people of a subject's report: who may open it, who manages its subject, and who reads the subject's plan."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone

from qxportal.engine.editions import report_access
from qxportal.engine.models import ActionPlanShare, Participant, Person


@dataclass(frozen=True, slots=True)
class ReportPerson:
    """Somebody in the directory who has to do with a report."""

    person: Person
    viewer: str  # empty: may not open the report, now or later
    until: datetime | None  # until when the person may open it; None: without an end
    manages: bool  # may be given the report as the subject's manager
    shared: bool  # reads the subject's action plan


def people_of(subject: Participant) -> list[ReportPerson]:
    """All of them, in the order in which pages name readers, in one query."""
    readable = Q(report_accesses__subject=subject.pk) & (
        Q(report_accesses__until_at=None) | Q(report_accesses__until_at__gt=timezone.now())
    )
    found = (
        Person.objects.filter(removed_at=None)
        .annotate(
            access=FilteredRelation("report_accesses", condition=readable),
            manages=Exists(report_access.managers(subject).filter(pk=OuterRef("pk"))),
            shared=Exists(ActionPlanShare.objects.filter(plan__subject=subject.pk, person=OuterRef("pk"))),
        )
        .annotate(viewer=F("access__viewer"), until=F("access__until_at"))
        .filter(Q(access__isnull=False) | Q(shared=True) | Q(manages=True))
        .order_by("viewer", "last_name", "access__pk", "pk")
    )
    return [ReportPerson(one, one.viewer or "", one.until, one.manages, one.shared) for one in found]
