"""Changes at the vendor from outside the portal: visibility, read marks and alarms."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger import fenced
from qxportal.ledger.models import ReadMark, Version

MOST = 1_000  # upper limit of counts; above it screens say "1,000 or more"


def sees_answering(member: Member) -> bool:
    """Whether the member may see who answers; roles below editor see numbers only, on today's pages."""
    return member.may(Role.EDITOR)


def versions(member: Member) -> QuerySet[Version]:
    """Versions of the organisation that the member may see, newest first."""
    rows = fenced.versions(member, Version.objects.filter(org=member.org))
    rows = rows.select_related("acknowledged_by__user").order_by("-pk")
    return rows if sees_answering(member) else rows.filter(progress=False).exclude(kind="evaluation")


def versions_by_vendor(member: Member, *, answering: bool = False) -> QuerySet[Version]:
    """External changes; with `answering`, also progress of evaluations if the member may see it."""
    rows = versions(member).filter(source=Version.Source.VENDOR)
    return rows if answering else rows.filter(progress=False)


def unread(member: Member) -> QuerySet[Version]:
    """External changes since the member last marked them as read, or joined."""
    return versions_by_vendor(member).filter(since_last_visit(member))


def since_last_visit(member: Member) -> Q:
    """Versions that the member has not read."""
    mark = ReadMark.objects.filter(member=member).first()
    return Q(pk__gt=mark.version_id) if mark else Q(valid_to__gte=member.created_at)


def how_many(rows: QuerySet[Any]) -> int:
    """Number of rows, counted up to MOST."""
    return rows.order_by()[:MOST].count()


def mark_read(member: Member, *, upto: int) -> None:
    """Mark all versions up to `upto` as read; never moves the mark back."""
    newest = Version.objects.filter(org=member.org, pk__lte=upto).order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return
    mark, new = ReadMark.objects.get_or_create(member=member, defaults={"version_id": newest})
    if not new:
        ReadMark.objects.filter(pk=mark.pk).update(version_id=max(mark.version_id, newest), at=timezone.now())


def open_alarms(member: Member) -> QuerySet[Version]:
    """External changes with an unacknowledged alarm, newest first, without those about the member."""
    return (
        fenced.versions(member, Version.objects.filter(org=member.org, acknowledged_at=None))
        .exclude(alarm="")
        .order_by("-pk")
    )


def acknowledge(alarms: Iterable[Version], *, by: Member) -> int:
    """Acknowledge alarms; returns how many were still open."""
    with transaction.atomic():
        found = open_alarms(by).filter(pk__in=[alarm.pk for alarm in alarms])
        known = list(found.select_for_update().values_list("alarm", "vendor_id"))
        found.update(acknowledged_at=timezone.now(), acknowledged_by=by)
        for alarm, vendor_id in known:
            note(by.org, by=by, verb="mirror.alarm-acknowledged", target=vendor_id, alarm=alarm)
    return len(known)
