"""Rules that choose the subjects of a batch of reports, in one assessment or several."""

from collections.abc import Collection
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from assessments.fence import others
from assessments.models import Assessment, Report, Subject
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.history.as_of import versions_of

UNFETCHED, SINCE, ALL = "unfetched", "since", "all"
RULES = (
    (UNFETCHED, _("Done, and no report was fetched")),
    (SINCE, _("Done since a day")),
    (ALL, _("All who are done")),
)
OFFERED = 200  # assessments


def offered(org: Organisation) -> QuerySet[Assessment]:
    """Assessments whose reports can be fetched together, the newest first."""
    rows = Assessment.objects.filter(org=org, gone_at=None, type="360").exclude(status=Assessment.Status.DRAFT)
    return rows.order_by("-created_at", "-pk")[:OFFERED]


def chosen_by_rule(
    member: Member, assessments: Collection[Assessment], rule: str, since: date | None = None
) -> QuerySet[Subject]:
    """Subjects of these assessments that a rule selects; never the member."""
    rows = Subject.objects.filter(assessment__in=assessments, gone_at=None, status=Subject.Status.DONE)
    if rule == UNFETCHED:
        rows = rows.exclude(Exists(Report.objects.filter(subject=OuterRef("pk"))))
    elif rule == SINCE and since is not None:
        moment = datetime.combine(since, time.min, tzinfo=ZoneInfo(member.org.time_zone))
        became = versions_of(Subject, member.org).filter(row_id=OuterRef("pk"), after__status=Subject.Status.DONE)
        rows = rows.filter(Exists(became.filter(valid_to__gte=moment)) | Q(first_seen_at__gte=moment))
    return others(member, rows)
