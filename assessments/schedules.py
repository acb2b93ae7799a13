"""An assessment's dates: stored from the server's responses, and read by the pages.

For a server without schedules nothing is stored, and the pages leave them out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from assessments.fence import is_assessed_in
from assessments.models import Assessment, Schedule
from qxportal.accounts.models import Member, Organisation
from qxportal.core.stored_times import read_time, stored_time
from qxportal.threesixty.records.schedules import ScheduleRecord

DATES = ("opens_at", "closes_at", "report_at", "opened_at", "closed_at", "reported_at")
SWITCHES = ("close_sessions", "delete_mailings", "ready_reports")
SET = ("opens_at", "remind_at", "closes_at", "report_at", *SWITCHES)  # dates that members set


@dataclass(frozen=True)
class ScheduleFacts:
    """Stored dates of one assessment; an executed date has a stamp."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    report_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reported_at: datetime | None = None
    remind_at: tuple[datetime, ...] = ()
    close_sessions: bool = False
    delete_mailings: bool = False
    ready_reports: bool = False
    problem: str = ""
    time_zone: str = ""

    @property
    def any(self) -> bool:
        """Whether any date is set."""
        return bool(self.opens_at or self.closes_at or self.remind_at)


def mirror_schedules(
    org: Organisation, records: Iterable[ScheduleRecord], *, as_of: datetime, only: Assessment | None = None
) -> None:
    """Store the reported dates of all assessments, or of one, and delete all others."""
    told = {record.assessment_id: _kept(record) for record in records}
    known = Assessment.objects.filter(org=org, vendor_id__in=told)
    kept = Schedule.objects.filter(org=org)
    if only is not None:
        known, kept = known.filter(pk=only.pk), kept.filter(assessment=only)
    newer = set(kept.filter(seen_at__gt=as_of).values_list("assessment_id", flat=True))
    rows = [
        Schedule(org=org, assessment_id=pk, seen_at=as_of, facts=told[vendor_id])
        for pk, vendor_id in known.values_list("pk", "vendor_id")
        if pk not in newer
    ]
    with transaction.atomic():
        Schedule.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["assessment"], update_fields=["seen_at", "facts"]
        )
        kept.filter(seen_at__lt=as_of).delete()


def schedule_of(assessment: Assessment) -> ScheduleFacts:
    """Stored dates of an assessment; empty if there are none."""
    row = Schedule.objects.filter(assessment=assessment).first()
    return _facts(row.facts) if row else ScheduleFacts()


def closing_times(assessments: Iterable[Assessment]) -> dict[int, datetime]:
    """When those assessments close that have a time for it, by primary key; one query."""
    rows = Schedule.objects.filter(assessment__in=list(assessments)).values_list("assessment_id", "facts__closes_at")
    return {pk: datetime.fromisoformat(at) for pk, at in rows if at}


def extensions_of(member: Member, assessment: Assessment) -> dict[str, datetime]:
    """End of each extension, by the person's vendor id.

    Empty for a member who is a subject of the assessment: people with an extension have not answered.
    """
    if is_assessed_in(member, assessment):
        return {}
    row = Schedule.objects.filter(assessment=assessment).first()
    kept: dict[str, str] = row.facts["extensions"] if row else {}
    return {person: datetime.fromisoformat(until) for person, until in kept.items()}


def set_values(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The dates that a member can set, to be compared with later ones."""
    return {name: facts.get(name) for name in SET}


def _kept(record: ScheduleRecord) -> dict[str, Any]:
    return {
        **{name: stored_time(getattr(record, name)) for name in DATES},
        **{name: getattr(record, name) for name in SWITCHES},
        "remind_at": [stored_time(at) for at in record.remind_at],
        "problem": record.problem,
        "time_zone": record.time_zone,
        "extensions": {one.person_id: stored_time(one.until) for one in record.extensions if one.until},
    }


def _facts(kept: Mapping[str, Any]) -> ScheduleFacts:
    values: dict[str, Any] = {name: read_time(kept[name]) for name in DATES}
    values |= {name: kept[name] for name in (*SWITCHES, "problem", "time_zone")}
    return ScheduleFacts(**values, remind_at=tuple(datetime.fromisoformat(at) for at in kept["remind_at"]))
