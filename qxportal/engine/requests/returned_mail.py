"""The parts of qxGetBrand about returned mail and the mailbox of delivery reports."""

from django.db.models import Count, Max

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.mail import report_reading
from qxportal.engine.mail.came_back import undelivered
from qxportal.engine.models import RETURNED_FROM, Assessment, User, Why
from qxportal.engine.people import confidential

UNREAD_AFTER = 2  # failures in a row; a single one may be a restart of the mail server
MOST = 20  # assessments
SHOWN = (*RETURNED_FROM, Why.REFUSED)


def reading() -> dict[str, str]:
    """Start and reason of failures to read delivery reports; empty if there are none or no mailbox is set."""
    known = report_reading.reading()
    if known is None or known.failures < UNREAD_AFTER:
        return {"ReportsUnreadSince": "", "ReportsProblem": ""}
    return {"ReportsUnreadSince": stamp(known.failing_since), "ReportsProblem": known.problem}


def by_assessment(user: User) -> list[dict[str, object]]:
    """Assessments with returned mail to present addresses: number of people and last time.

    Without assessments of which the caller is a subject: a reminder reveals who had not answered.
    """
    came_back = undelivered(user.brand, why=SHOWN).filter(assessment__isnull=False)
    counted = came_back.values("assessment").annotate(people=Count("person", distinct=True), last=Max("settled_at"))
    found = {row["assessment"]: row for row in counted.order_by("-last")[:MOST]}
    assessments = Assessment.objects.in_bulk(found)
    return [
        {"ThreeSixtyID": assessments[pk].public_id, "People": row["people"], "LastAt": stamp(row["last"])}
        for pk, row in found.items()
        if pk in assessments and not confidential.is_subject(user, assessments[pk])
    ]
