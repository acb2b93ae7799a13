"""The curve of completion beside the last round, and the forecast with its reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from assessments.completion import LONGEST, Completion, Curve, curve_of, forecast, last_round, rounds_before
from assessments.completion_chart import table_of
from assessments.models import Assessment, Evaluation
from assessments.schedules import mirror_schedules
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

MONDAY = date(2026, 3, 2)


def curve(*done, asked=20, people=9):
    return Curve(
        Assessment(name="Spring review"), timezone.localdate() - timedelta(days=len(done) - 1), asked, people, done
    )


def test_a_curve_adds_up_by_day():
    finished = {MONDAY: 2, MONDAY + timedelta(days=2): 3}

    told = curve_of(Assessment(), finished, 10, 6, today=MONDAY + timedelta(days=3))

    assert (told.began, list(told.done), told.now) == (MONDAY, [2, 2, 5, 5], 5)
    assert [told.on(day) for day in (0, 2, 90)] == [2, 5, 5]


def test_a_closed_round_ends_with_its_last_day():
    now = timezone.now()
    closed = Assessment(activated_at=now - timedelta(days=90), closed_at=now - timedelta(days=70))

    assert len(curve_of(closed, {}, 10, 6).done) == 21


@pytest.mark.parametrize(("status", "days"), [("Active", 6), ("Closed", 1)])
def test_a_round_that_was_opened_again_goes_on(status, days):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    again = Assessment(status=status, activated_at=noon, closed_at=noon - timedelta(days=40))

    told = curve_of(again, {}, 10, 6, today=MONDAY + timedelta(days=5))

    assert len(told.done) == days
    assert [row.done for row in table_of(Completion(told, None, None, None))] == [0] * days


def test_nothing_is_forecast_once_the_curve_has_ended():
    now = timezone.now()
    old = curve_of(Assessment(activated_at=now - timedelta(days=2 * LONGEST)), {}, 10, 6)

    assert len(old.done) == LONGEST + 1
    assert forecast(old, None, now + timedelta(days=5), now=now) is None


def test_nothing_is_told_of_few_people():
    assert not curve(1, 2, 3, 4, people=4).told
    assert forecast(curve(1, 2, 3, 4, people=4), None, timezone.now() + timedelta(days=5)) is None


def test_the_pace_of_the_last_days_leads_to_the_deadline():
    now = timezone.now()
    told = curve(0, 0, 1, 2, 3, 4, 5, 6, 7, 8)

    ahead = forecast(told, curve(2, 10, 18), now + timedelta(days=5), now=now)

    assert ahead
    assert (ahead.recent, ahead.measured, ahead.expected, ahead.percent) == (7, 7, 13, 65)
    assert ahead.last_share == 90
    far = forecast(told, None, now + timedelta(days=900), now=now)
    still = forecast(curve(8, 8, 8, 8, 8), None, now + timedelta(days=5), now=now)
    assert far
    assert still
    assert (far.expected, still.expected) == (20, 8)


@pytest.mark.parametrize("days", [None, -1])
def test_nothing_is_forecast_without_time_left(days):
    closes_at = None if days is None else timezone.now() + timedelta(days=days)

    assert forecast(curve(1, 2, 3, 4, 5), None, closes_at) is None


def test_nothing_is_forecast_in_the_first_days():
    assert forecast(curve(1, 2, 3), None, timezone.now() + timedelta(days=5)) is None


def test_the_last_round_has_the_same_name_or_survey(db):
    org = organisation()
    now = timezone.now()
    this = assessment(org, "Leadership 2026", survey_id="SV_1")
    survey = Assessment(name="Pilot", survey_id="SV_1")
    name = Assessment(name="Leadership 2025", survey_id="SV_2")

    assert last_round(this, [survey, name]) is name
    assert last_round(this, [survey, Assessment(name="Leaders")]) is survey
    assert last_round(this, [Assessment(name="Leaders")]) is None
    later = assessment(org, "Leadership 2027")
    draft = assessment(org, "Leadership 2024", status="Draft")
    Assessment.objects.filter(pk=draft.pk).update(created_at=now - timedelta(days=9))
    assert later not in rounds_before(this)
    assert draft not in rounds_before(this)


@pytest.fixture
def org(db):
    return organisation()


def a_round(org, staff, name, *, started, finished, **fields):
    """A round in which one evaluation was finished each day."""
    began = timezone.now() - timedelta(days=started)
    made = assessment(org, name, activated_at=began, **fields)
    Assessment.objects.filter(pk=made.pk).update(created_at=began)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:9], "Peer", "NotStarted")
    for day, one in enumerate(Evaluation.objects.filter(assessment=made).order_by("pk")[:finished]):
        at = began + timedelta(days=day)
        Evaluation.objects.filter(pk=one.pk).update(status="Completed", finished_at=at)
    return made


def test_editors_see_the_curve_beside_the_last_round(org):
    staff = people(org, 12)
    a_round(org, staff, "Review 2025", started=200, finished=8, status="Closed", closed_at=timezone.now())
    this = a_round(org, staff, "Review 2026", started=6, finished=4)
    now = timezone.now()
    record = ScheduleRecord(assessment_id=this.vendor_id, closes_at=now + timedelta(days=6))
    mirror_schedules(org, [record], as_of=now)
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{this.pk}/progress/days/"

    page = editor.get(url)

    told = page.context["told"]
    assert (told.curve.now, told.curve.asked, told.beside.assessment.name) == (4, 8, "Review 2025")
    then = told.beside.on(told.today)
    assert then in (7, 8)  # on day 6, or 7 from midnight on
    assert f"On day {told.today}: 4 of 8; the other round had {then} of 8 on the same day." in text(page)
    assert page.content.decode().count("<polyline") == 2
    assert "By day" in text(page)
    assert "At this pace" in text(editor.get(f"/o/halden/assessments/{this.pk}/"))
    alone = editor.get(url, {"beside": "none"})
    assert alone.context["told"].beside is None


def test_readers_see_no_days(org):
    staff = people(org, 12)
    this = a_round(org, staff, "Review 2026", started=6, finished=4)
    reader = browser(org, Role.READER)

    assert reader.get(f"/o/halden/assessments/{this.pk}/progress/days/").status_code == 403
    assert reader.get(f"/o/halden/assessments/{this.pk}/").context["told"] is None


def test_what_is_about_the_member_is_not_counted(org):
    staff = people(org, 12)
    this = a_round(org, staff, "Review 2026", started=6, finished=4)
    editor = browser(org, Role.EDITOR)
    Member.objects.filter(user__email="editor@halden.example").update(
        person_key=staff[0].vendor_id, person_state=Member.PersonState.CONFIRMED
    )

    page = editor.get(f"/o/halden/assessments/{this.pk}/progress/days/")

    assert (page.context["told"].curve.now, page.context["told"].curve.asked) == (0, 0)
    assert "Too few people for a curve" in text(page)


def test_another_organisations_round_is_never_beside(org):
    staff = people(org, 12)
    this = a_round(org, staff, "Review 2026", started=6, finished=4)
    rival = organisation("rival", "Rival Works")
    theirs = a_round(rival, people(rival, 12), "Review 2025", started=100, finished=8, status="Closed")

    page = browser(org, Role.EDITOR).get(f"/o/halden/assessments/{this.pk}/progress/days/", {"beside": theirs.pk})

    assert page.context["told"].beside is None
