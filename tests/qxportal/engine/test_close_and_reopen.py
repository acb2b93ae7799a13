from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.engine.models import Assessment, Mailing
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine


def test_a_closed_assessment_opens_again_as_it_was(engine: Engine, call: Caller):
    which = {"ThreeSixtyID": engine.assessment("Leaders").public_id}
    before = call.result("getAssessment", **which)
    call.result("closeAssessment", **which)

    assert call.result("reopenAssessment", **which) == {"Success": True}
    assert call.result("reopenAssessment", **which) == {"Success": True}

    assert call.result("getAssessment", **which) == before


def test_a_draft_cannot_be_reopened(engine: Engine, call: Caller):
    which = {"ThreeSixtyID": engine.assessment("Leaders", status="Draft").public_id}

    assert call.refused("reopenAssessment", **which) == (400, "ETS3")
    assert call.result("getAssessment", **which)["Status"] == "Draft"


def test_it_needs_who_administers_the_assessment(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    which = {"ThreeSixtyID": engine.assessment("Leaders", status="Closed").public_id}

    assert call.refused("reopenAssessment", user=tom, **which) == (403, "ESRV3")
    assert call.result("getAssessment", **which)["Status"] == "Closed"


@pytest.mark.parametrize("dropped", [True, False])
def test_closing_cancels_scheduled_mailings_where_wanted(engine: Engine, call: Caller, dropped: bool):
    review, other = engine.assessment("Leaders"), engine.assessment("Others")
    now = timezone.now()

    def schedule() -> None:
        for assessment in (review, other):
            Mailing.objects.create(
                assessment=assessment, kind="Invite", scheduled_at=now - timedelta(days=3), sent_at=now
            )
            Mailing.objects.create(assessment=assessment, kind="Reminder", scheduled_at=now + timedelta(days=3))

    engine.run(schedule)

    call.result("closeAssessment", ThreeSixtyID=review.public_id, DeleteMailings=int(dropped))

    def kinds(assessment: Assessment) -> list[str]:
        going = Mailing.objects.filter(assessment=assessment, cancelled_at=None)
        return engine.run(lambda: list(going.values_list("kind", flat=True)))

    assert kinds(review) == (["Invite"] if dropped else ["Invite", "Reminder"])
    assert kinds(other) == ["Invite", "Reminder"]


def test_reports_stay_as_they_are_where_wanted(engine: Engine, call: Caller, rows: Rows):
    review = engine.assessment("Leaders")
    mara, jonas = engine.people(2)
    engine.subject(review, mara)
    engine.subject(review, jonas, status="Done", report_ready=True)
    which = {"ThreeSixtyID": review.public_id}

    def reports() -> list[str]:
        return [line["ReportStatus"] for line in rows(call("getSubjectStatus", form="CSV", **which))]

    call.result("closeAssessment", **which, ReadyReports=0)
    assert reports() == ["NotReady", "Ready"]

    call.result("closeAssessment", **which, ReadyReports=1)
    assert reports() == ["Ready", "Ready"]

    call.result("reopenAssessment", **which)
    assert reports() == ["Ready", "Ready"]
