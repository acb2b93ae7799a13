"""The dates of an assessment on screens: what is shown, what is refused beside the field, and what is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Assessment, Evaluation, Schedule, Subject
from assessments.schedule_commands import set_extension
from assessments.schedules import mirror_schedules, schedule_of
from qxportal.accounts.models import Credential, Member, User
from qxportal.accounts.roles import Role
from qxportal.engine.models import Extension
from qxportal.engine.schedules import timetable
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.threesixty.records.schedules import ExtensionRecord, ScheduleRecord
from tests.support.built_once import built_once
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
VIENNA = ZoneInfo("Europe/Vienna")
CLOSES = datetime(2040, 3, 5, 17, tzinfo=UTC)  # 18:00 in Vienna


@pytest.fixture
def org():
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5")
    return org


@pytest.fixture
def review(org):
    return assessment(org)


def told(review: Assessment, **fields: Any) -> None:
    record = ScheduleRecord(
        assessment_id=review.vendor_id, **{"closes_at": CLOSES, "time_zone": "Europe/Vienna", **fields}
    )
    mirror_schedules(review.org, [record], as_of=timezone.now())


def member(org: Any, role: Role = Role.EDITOR) -> Any:
    """A browser of a member in Vienna."""
    client = browser(org, role)
    User.objects.filter(memberships__role=role, memberships__org=org).update(time_zone="Europe/Vienna")
    return client


def url(review: Assessment) -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/schedule/"


def sent(client: Any, review: Assessment, **fields: Any) -> Any:
    return client.post(url(review), {"delete_mailings": "on", **fields})


# -- what is shown


def test_dates_are_shown_with_the_zone_of_the_reader(org, review):
    told(review, remind_at=(CLOSES - timedelta(days=1),), problem="Its form SV_1 is inactive.")

    shown = text(member(org, Role.READER).get(url(review)))

    assert "5 Mar 2040, 18:00 (Europe/Vienna)" in shown
    assert "4 Mar 2040, 18:00 (Europe/Vienna)" in shown
    assert "Its form SV_1 is inactive." in shown
    assert "Save schedule" not in shown
    overview = text(member(org, Role.AUDITOR).get(f"/o/{org.slug}/assessments/{review.pk}/"))
    assert "5 Mar 2040, 18:00 (Europe/Vienna)" in overview


def test_the_form_names_the_zone_and_holds_what_is_set(org, review):
    told(review, remind_at=(CLOSES - timedelta(days=1),), close_sessions=True)

    page = member(org).get(url(review))

    assert "All times are in your time zone, Europe/Vienna." in text(page)
    assert 'value="2040-03-05T18:00"' in page.content.decode()
    assert 'value="2040-03-04T18:00"' in page.content.decode()
    assert "The assessment is activated at this time." not in text(page)  # it is active already


def test_a_server_without_schedules_is_told_and_has_no_tab(org, review):
    heard = {"name": "qxGetSchedule", "outcome": "unknown", "words": "", "at": timezone.now().isoformat()}
    Credential.objects.update(heard={"qxGetSchedule": heard})
    client = member(org)

    page = client.get(url(review))

    assert "does not know schedules" in text(page)
    assert "Save schedule" not in text(page)
    assert url(review) not in client.get(f"/o/{org.slug}/assessments/{review.pk}/").content.decode()


# -- what is recorded


def test_saved_dates_are_sent_in_utc_with_what_closing_does(org, review):
    answer = sent(
        member(org),
        review,
        closes_at="2040-03-05T18:00",
        report_at="2040-03-12T09:00",
        remind_at=["2040-03-04T08:00", "", "2040-03-02T08:00"],
        close_sessions="on",
    )

    change = Change.objects.get()
    assert answer.status_code == 302
    assert (change.request, change.parameters["closes_at"]) == ("qxSetSchedule", "2040-03-05T17:00:00+00:00")
    assert change.parameters["remind_at"] == ["2040-03-02T07:00:00+00:00", "2040-03-04T07:00:00+00:00"]
    assert [change.parameters[name] for name in ("close_sessions", "delete_mailings", "ready_reports")] == [
        True,
        True,
        False,
    ]
    assert change.parameters["idempotency_key"] == change.pk.hex
    assert "opens_at" not in change.parameters


def test_a_draft_opens_at_a_time(org, review):
    Assessment.objects.update(status="Draft")

    assert sent(member(org), review, opens_at="2040-03-01T08:00").status_code == 302

    assert Change.objects.get().parameters["opens_at"] == "2040-03-01T07:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"closes_at": "2020-03-05T18:00"}, "This time has passed."),
        ({"closes_at": "2040-03-05T18:00", "remind_at": "2020-03-05T18:00"}, "A reminder lies in the past."),
        ({"closes_at": "2040-03-05T18:00", "remind_at": "2040-03-06T18:00"}, "between opening and closing"),
        ({"report_at": "2040-03-05T18:00"}, "Enter when the assessment closes"),
        ({"closes_at": "2040-03-05T18:00", "report_at": "2040-03-04T18:00"}, "cannot be ready before"),
        ({"closes_at": "tomorrow"}, "Enter a valid date/time."),
        ({"closes_at": "2040-03-05T18:00", "remind_at": "soon"}, "Enter a valid date/time."),
    ],
)
def test_dates_that_make_no_sense_are_refused_beside_the_field(org, review, fields, words):
    answer = sent(member(org), review, **fields)

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_a_time_that_has_passed_stays_when_another_is_set(org, review):
    closed = timezone.now().replace(microsecond=0) - timedelta(days=1)
    told(review, closes_at=closed, closed_at=closed, report_at=CLOSES)
    kept = closed.astimezone(VIENNA).strftime("%Y-%m-%dT%H:%M")

    answer = sent(member(org), review, closes_at=kept, report_at="2040-03-09T18:00")

    assert answer.status_code == 302
    assert Change.objects.get().parameters["closes_at"] == closed.isoformat()


def test_dates_that_changed_meanwhile_are_a_conflict(org, review):
    told(review)
    sent(member(org), review, closes_at="2040-03-06T18:00")
    change, handler = Change.objects.get(), CHANGE_HANDLERS["qxSetSchedule"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []

    told(review, closes_at=CLOSES + timedelta(days=9))

    assert [row["field"] for row in find_conflict(change, handler, handler.mirrored_values(change))] == ["closes_at"]
    page = text(member(org, Role.ADMIN).get(f"/o/{org.slug}/changes/{change.pk}/"))
    assert "6 Mar 2040, 18:00" in page


# -- one person's longer time


@pytest.fixture
def evaluation(org, review):
    [subject] = subjects(review, people(org, 1))
    evaluations(subject, people(org, 1, start=20), "Peer", "NotStarted")
    return Evaluation.objects.select_related("assessment", "subject__assessment", "org").get()


def extension_url(evaluation: Evaluation) -> str:
    place = f"/o/{evaluation.org.slug}/assessments/{evaluation.assessment_id}/subjects/{evaluation.subject_id}/"
    return f"{place}evaluators/{evaluation.pk}/extension/"


def test_one_person_gets_more_time_and_loses_it_again(org, review, evaluation):
    told(review)
    client = member(org)

    early = client.post(extension_url(evaluation), {"until": "2040-03-05T17:00"})
    assert (early.status_code, Change.objects.count()) == (422, 0)
    assert "after the closing time" in text(early)
    answer = client.post(extension_url(evaluation), {"until": "2040-03-09T12:00"})

    change = Change.objects.get()
    assert answer.status_code == 302
    assert (change.request, change.parameters["until"]) == ("qxSetExtension", "2040-03-09T11:00:00+00:00")
    change.delete()
    late = ExtensionRecord(person_id=evaluation.evaluator_key, until=CLOSES + timedelta(days=4))
    told(review, extensions=(late,))
    assert "End the extension" in text(client.get(extension_url(evaluation)))
    client.post(extension_url(evaluation), {"end": "on"})
    assert "until" not in Change.objects.get().parameters


def test_more_time_is_offered_for_what_is_open_where_there_is_a_closing_time(org, review, evaluation):
    client = member(org)
    listing = f"/o/{org.slug}/assessments/{review.pk}/evaluations/"
    assert extension_url(evaluation) not in client.get(listing).content.decode()
    told(review)

    assert extension_url(evaluation) in client.get(listing).content.decode()
    assert extension_url(evaluation) not in member(org, Role.AUDITOR).get(listing).content.decode()
    Evaluation.objects.update(status="Completed")
    assert extension_url(evaluation) not in client.get(listing).content.decode()


def test_who_has_more_time_is_listed(org, review, evaluation):
    told(review, extensions=(ExtensionRecord(person_id=evaluation.evaluator_key, until=CLOSES + timedelta(days=4)),))

    shown = text(member(org).get(url(review)))

    assert evaluation.evaluator_name in shown
    assert "May answer until 9 Mar 2040, 18:00 (Europe/Vienna)" in shown


def test_a_subject_sees_and_sets_no_extension_in_the_own_assessment(org, review, evaluation):
    told(review, extensions=(ExtensionRecord(person_id=evaluation.evaluator_key, until=CLOSES + timedelta(days=4)),))
    [other] = subjects(review, people(org, 1, start=30))
    client = member(org)
    Member.objects.update(person_key=other.vendor_id, person_state="claimed")

    shown = client.get(url(review))
    refused = client.post(extension_url(evaluation), {"until": "2040-03-09T12:00"})

    assert evaluation.evaluator_name not in text(shown)
    assert refused.status_code == 422
    assert "member" in text(refused)
    assert not Change.objects.exists()


def test_nothing_is_extended_where_nothing_closes(org, review, evaluation):
    browser(org, Role.EDITOR)

    with pytest.raises(ActionRefused, match="no closing time"):
        set_extension(evaluation, by=Member.objects.get(), until=CLOSES)


# -- who may


def test_readers_and_other_organisations_set_nothing(org, review, evaluation):
    told(review)
    rival = browser(organisation("rival", "Rival"), Role.OWNER)
    dates, until = {"closes_at": "2040-03-06T18:00"}, {"until": "2040-03-09T12:00"}

    auditor = member(org, Role.AUDITOR)
    assert auditor.post(url(review), dates).status_code == 403
    assert auditor.post(extension_url(evaluation), until).status_code == 403
    assert rival.post(url(review), dates).status_code == 404
    assert rival.post(extension_url(evaluation), until).status_code == 404
    assert not Change.objects.exists()


# -- against the engine


@pytest.fixture
@built_once
def round(connected):
    engine = connected.engine
    persons = engine.people(4)
    review = engine.assessment("Leadership review")
    engine.assessment("Another review")
    rated = engine.subject(review, persons[0])
    engine.evaluation(rated, persons[1], "Peer")
    connected.sync()
    return persons


def the_review(connected: Any) -> Assessment:
    found: Assessment = Assessment.objects.select_related("org").get(org=connected.org, name="Leadership review")
    return found


def test_a_schedule_is_set_carried_out_and_mirrored(connected, round):
    client = browser(connected.org, Role.EDITOR)
    review = the_review(connected)
    closes = timezone.now() + timedelta(days=1)

    sent(client, review, closes_at=closes.strftime("%Y-%m-%dT%H:%M"))
    connected.send()
    change = Change.objects.get()
    assert change.state == "done", change.status_message
    connected.sync()
    assert schedule_of(review).closes_at == closes.replace(second=0, microsecond=0)

    evaluator = Evaluation.objects.select_related("assessment", "subject__assessment", "org").get(relationship="Peer")
    extension = set_extension(evaluator, by=connected.admin, until=closes + timedelta(days=3))
    connected.send()
    assert connected.settled(extension).state == "done"
    assert connected.engine.run(Extension.objects.count) == 1
    connected.engine.run(timetable.run_due, closes + timedelta(days=4))
    connected.sync()

    review.refresh_from_db()
    assert review.status == "Closed"
    assert schedule_of(review).closed_at is not None
    assert list(Schedule.objects.get().facts["extensions"]) == [round[1].public_id]


def test_a_sync_reads_all_schedules_with_one_call(connected, round):
    assert len(connected.engine.calls("qxGetSchedule")) == 1
    assert not Schedule.objects.exists()


def test_a_server_that_knows_no_schedules_is_read_all_the_same(connected, round):
    told(the_review(connected))
    Credential.objects.update(names={"qxGetSchedule": "noSuchRequest"})

    job = connected.sync()
    again = connected.sync()

    assert (job.state, job.failed, again.state) == ("done", 0, "done")
    assert not Schedule.objects.exists()
    assert Subject.objects.exists()
    assert len(connected.engine.calls("noSuchRequest")) == 1
