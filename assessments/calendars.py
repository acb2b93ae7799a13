"""The dates of an organisation's assessments as a calendar."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Schedule
from qxportal.accounts.models import Member
from qxportal.core.calendar_file import Event, calendar_text

BACK = timedelta(days=366)
MOST = 2_000  # assessments


def deadlines(member: Member) -> list[Event]:
    """The dates on which assessments open, remind, close and get their reports, from a year ago onwards."""
    since = timezone.now() - BACK
    rows = Schedule.objects.filter(org=member.org_id, assessment__gone_at=None).select_related("assessment")
    events = [event for row in rows.order_by("-assessment__created_at", "pk")[:MOST] for event in _events(member, row)]
    return sorted((event for event in events if event.at >= since), key=lambda event: (event.at, event.uid))


def next_ones(events: Sequence[Event], most: int) -> list[Event]:
    """At most `most` events: the next ones and, if there are fewer, the latest past events before them."""
    now = timezone.now()
    coming = [event for event in events if event.at >= now][:most]
    past = [event for event in events if event.at < now]
    return past[max(0, len(past) + len(coming) - most) :] + coming


def calendar_of(member: Member) -> str:
    """The deadlines of the organisation as an iCalendar file."""
    name = _("Deadlines of %(name)s") % {"name": member.org.name}
    return calendar_text(name, deadlines(member))


def _events(member: Member, row: Schedule) -> Iterator[Event]:
    base = settings.PORTAL_URL.rstrip("/")
    url = base + reverse("assessments:overview", args=(member.org.slug, row.assessment_id))
    host = base.partition("//")[2] or "portal"
    for kind, at, words in _dates(row):
        summary = words % {"name": row.assessment.name}
        yield Event(f"{row.assessment_id}-{kind}@{host}", at, summary, row.seen_at, url)


def _dates(row: Schedule) -> Iterator[tuple[str, datetime, str]]:
    facts = row.facts
    words = {
        "opens_at": _("%(name)s opens"),
        "closes_at": _("%(name)s: last moment to answer"),
        "report_at": _("%(name)s: reports"),
    }
    for kind, said in words.items():
        if facts.get(kind):
            yield kind, datetime.fromisoformat(facts[kind]), said
    for place, at in enumerate(facts.get("remind_at") or ()):
        yield f"remind_at-{place}", datetime.fromisoformat(at), _("%(name)s: reminders are sent")
