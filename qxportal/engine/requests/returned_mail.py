"""What qxGetBrand tells of mail that came back, and of the mailbox in which reports about it arrive."""

from django.db.models import Count, Max

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.mail import report_reading
from qxportal.engine.mail.came_back import undelivered
from qxportal.engine.models import RETURNED_FROM, Assessment, User, Why
from qxportal.engine.people import confidential

UNREAD_AFTER = 2  # failures in a row: one alone is a restart of the mail server
MOST = 20  # assessments
SHOWN = (*RETURNED_FROM, Why.REFUSED)


def reading() -> dict[str, str]:
    """Since when delivery reports cannot be read, and why; empty where they can, or no mailbox is set."""
    known = report_reading.reading()
    if known is None or known.failures < UNREAD_AFTER:
        return {"ReportsUnreadSince": "", "ReportsProblem": ""}
    return {"ReportsUnreadSince": stamp(known.failing_since), "ReportsProblem": known.problem}


def by_assessment(user: User) -> list[dict[str, object]]:
    """In which assessments mail came back from addresses that people have still: to how many people, and when last.

    Nothing of assessments of which the caller is a subject: who was reminded had not answered.
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
