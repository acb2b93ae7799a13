"""What was refused, failed or is not ready is said where the click was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.any_request import record_call
from assessments.evaluator_commands import add_evaluators
from assessments.handlers import CHANGE_HANDLERS
from assessments.job_kinds import FETCH_REPORT, SYNC_ASSESSMENT
from assessments.models import Assessment, Release, Subject
from assessments.reports import keep
from directory.job_kinds import SYNC
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.security.key_ring import add_key, keys
from qxportal.threesixty.calls.persons import AddPerson
from tests.support.bulk import add_subjects
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WHY = "The report is not ready: the subject is Waiting."


@pytest.fixture
def org(settings, tmp_path):
    settings.REPORTS_ROOT = tmp_path
    if not keys():
        add_key()
    return organisation()


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def subject(org, review):
    return subjects(review, people(org, 1))[0]


def failed_fetch(subject, viewer="Admin", **fields):
    kind = {"kind": FETCH_REPORT.name, "target": f"{subject.pk}:{viewer}", "title": f"Report as {viewer}"}
    ended = {"state": Job.State.FAILED, "outcome": WHY, "finished_at": timezone.now(), **fields}
    return Job.objects.create(org=subject.org, **kind, **ended)


def places(subject):
    base = f"/o/halden/assessments/{subject.assessment_id}"
    return f"{base}/subjects/{subject.pk}/", f"{base}/reports/"


def test_a_failed_fetch_says_so_in_its_card_with_the_reason_until_one_succeeds(org, subject):
    admin = browser(org, Role.ADMIN)
    failed_fetch(subject)

    for url in places(subject):
        page = admin.get(url).content.decode()
        assert WHY in page, url
        assert 'role="alert"' in page, url
    failed_fetch(subject, state=Job.State.DONE, outcome="Version 1 was fetched.")
    for url in places(subject):
        page = admin.get(url).content.decode()
        assert WHY not in page, url
        assert "Version 1 was fetched." in page, url


def test_an_old_success_is_no_news_and_each_viewer_has_its_own_outcome(org, subject):
    admin = browser(org, Role.ADMIN)
    failed_fetch(subject, state=Job.State.DONE, outcome="Long ago", finished_at=timezone.now() - timedelta(hours=1))
    failed_fetch(subject, viewer="Subject")

    page, listed = (admin.get(url).content.decode() for url in places(subject))

    assert WHY in page
    assert "Long ago" not in page
    assert WHY not in listed  # the list fetches for administrators


def test_a_fetch_that_is_not_started_says_why_in_place_of_the_form(org, subject, settings):
    admin = browser(org, Role.ADMIN)
    for number in range(200):  # as many jobs as an organisation may have open
        Job.objects.create(org=org, kind=SYNC_ASSESSMENT.name, target=str(number))
    url = f"{places(subject)[0]}report/"

    part = admin.post(url, {"viewer": "Admin"}, headers={**HTMX, "HX-Target": f"fetch-row-{subject.pk}"})
    whole = admin.post(url, {"viewer": "Admin"})

    for answer in (part, whole):
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
        assert "Fetch" in answer.content.decode()
    assert f'id="fetch-row-{subject.pk}"' in part.content.decode()


def test_nobody_is_added_to_a_closed_assessment_without_a_word(org, review, subject):
    editor, by = browser(org, Role.EDITOR), None
    by = Member.objects.get()
    [person] = people(org, 1, start=5)
    Assessment.objects.update(status="Closed")
    review.refresh_from_db()
    subject = Subject.objects.select_related("assessment", "org").get()
    base = f"/o/halden/assessments/{review.pk}/subjects"

    for url, form in ((f"{base}/add/", {}), (f"{base}/{subject.pk}/evaluators/", {"relationship": "Peer"})):
        shown = editor.get(url).content.decode()
        answer = editor.post(url, {"person": person.pk, **form})
        assert "is closed. Reopen it before you add anyone." in shown
        assert "/reopen/" in shown
        assert answer.status_code == 422
        assert "is closed. Reopen it before you add anyone." in answer.content.decode()
    with pytest.raises(ActionRefused, match="closed"):
        add_subjects(review, [person], by=by)
    with pytest.raises(ActionRefused, match="closed"):
        add_evaluators(subject, [(person, "Peer")], by=by)
    with pytest.raises(ActionRefused, match="closed"):
        record_call(org, AddPerson(person_id=person.vendor_id, assessment_id=review.vendor_id), by=by)
    assert not Change.objects.exists()


def test_an_assessment_that_was_closed_meanwhile_gets_nobody_before_a_person_decides(org, review, subject):
    browser(org, Role.EDITOR)
    by, [person, peer] = Member.objects.get(), people(org, 2, start=5)
    add_subjects(review, [person], by=by)
    add_evaluators(subject, [(peer, "Peer")], by=by)
    recorded = list(Change.objects.all())
    open_still = [
        find_conflict(change, CHANGE_HANDLERS[change.request], CHANGE_HANDLERS[change.request].mirrored_values(change))
        for change in recorded
    ]

    Assessment.objects.update(status="Closed")

    closed = [
        find_conflict(change, CHANGE_HANDLERS[change.request], CHANGE_HANDLERS[change.request].mirrored_values(change))
        for change in recorded
    ]
    assert open_still == [[], []]
    assert [[row["field"] for row in conflict] for conflict in closed] == [["assessment_open"]] * 2


def test_nobody_is_asked_about_a_subject_who_is_done(org, review, subject):
    editor = browser(org, Role.EDITOR)
    [peer] = people(org, 1, start=5)
    Subject.objects.update(status="Done")
    url = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/evaluators/"

    answer = editor.post(url, {"person": peer.pk, "relationship": "Peer"})

    assert "is done, so no more evaluators can be added" in editor.get(url).content.decode()
    assert answer.status_code == 422
    assert not Change.objects.exists()


def test_a_closed_assessment_can_be_reopened(org, review):
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{review.pk}/reopen/"

    assert editor.post(url).status_code == 422
    Assessment.objects.update(status="Closed")
    assert "Evaluators can answer again" in editor.get(url).content.decode()
    assert editor.post(url).status_code == 302
    assert Change.objects.get().request == "reopenAssessment"


def test_evaluators_who_were_asked_already_are_named(org, review, subject):
    editor = browser(org, Role.EDITOR)
    known, fresh = people(org, 2, start=5)
    evaluations(subject, [known], "Peer")
    url = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/evaluators/"

    page = editor.post(url, {"person": [known.pk, fresh.pk], "relationship": "Peer"}, follow=True).content.decode()

    assert "Adding 1 evaluator…" in page
    assert f"Already asked in this relationship: {known}." in page


@pytest.mark.parametrize("action", ["activate", "close", "reopen"])
def test_a_refusal_is_said_on_the_page_of_the_click(org, review, action):
    editor = browser(org, Role.EDITOR)
    Assessment.objects.update(status={"activate": "Closed", "close": "Draft", "reopen": "Draft"}[action])

    answer = editor.post(f"/o/halden/assessments/{review.pk}/{action}/", {"confirmed": "on"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_status_set_on_the_subjects_page_ends_there(org, subject):
    editor = browser(org, Role.EDITOR)
    url = places(subject)[0]

    refused = editor.post(f"{url}status/", {"status": "Nonsense", "back": "subject"})
    answer = editor.post(f"{url}status/", {"status": "Done", "back": "subject"})

    assert refused.status_code == 422
    assert "Choose whether the subject is done." in refused.content.decode()
    assert answer["Location"] == url


def test_a_change_that_was_refused_stays_on_the_page_until_the_same_succeeds(org, review):
    editor = browser(org, Role.EDITOR)
    fields = {
        "org": org,
        "request": "setCustomRelationships",
        "target": "x",
        "title": "Relationships",
        "assessment_id": review.vendor_id,
        "expires_at": timezone.now(),
        "settled_at": timezone.now(),
    }
    Change.objects.create(state=Change.State.REFUSED, status_message="Mentor is in use.", **fields)
    url = f"/o/halden/assessments/{review.pk}/relationships/"

    assert "Mentor is in use." in editor.get(url).content.decode()
    Change.objects.create(state=Change.State.DONE, **fields)
    assert "Mentor is in use." not in editor.get(url).content.decode()


def test_bulk_done_shows_readiness_per_subject(org, review):
    editor = browser(org, Role.EDITOR)
    ready, thin, waiting, empty, *others = people(org, 12)
    made = subjects(review, [ready, thin, waiting, empty], completed=3, received=3)
    evaluations(made[0], others[:3], "Peer")
    evaluations(made[1], others[:2], "Peer")
    evaluations(made[2], others[:3], "Peer")
    evaluations(made[2], others[3:4], "DirectReport", status="NotStarted")
    evaluations(made[2], others[4:5], "DirectReport", status="InProgress")
    url = f"/o/halden/assessments/{review.pk}/subjects/status/"

    answer = editor.post(url, {"scope": "all", "status": "Done"}, follow=True)

    found = {each.line.key: each.details for each in answer.context["shown"]}
    assert [found[person.vendor_id].state for person in (ready, thin, waiting, empty)] == [
        "ready",
        "thin",
        "open",
        "empty",
    ]
    assert answer.context["unfinished"] == {"unanswered": 1, "begun": 1, "thin": 2}
    page = answer.content.decode()
    assert "1 evaluation is in progress." in page
    assert f"{others[4]} (Direct report)" in page
    assert f"{others[3]} (Direct report)" in page
    row = editor.get(f"/o/halden/assessments/{review.pk}/subjects/").content.decode()
    assert "1 evaluation is in progress." in row


def test_a_report_is_released_to_names_that_were_confirmed(org, subject):
    admin, coach = browser(org, Role.ADMIN), None
    browser(org, Role.COACH)
    coach = Member.objects.get(role=Role.COACH)
    Subject.objects.update(status="Done")
    report, _new = keep(subject, "Admin", b"%PDF-1.7", by=None)
    url = f"/o/halden/reports/{report.pk}/release/"

    first = admin.get(url).content.decode()
    none = admin.get(url, {"continue": "1"})
    names = admin.get(url, {"member": str(coach.pk), "continue": "1"}).content.decode()
    unconfirmed = admin.post(url, {"member": coach.pk})
    assert not Release.objects.exists()
    confirmed = admin.post(url, {"member": coach.pk, "confirmed": "on"})

    assert "checked" not in first
    assert (none.status_code, unconfirmed.status_code, confirmed.status_code) == (422, 422, 302)
    assert str(coach) in names
    assert "Can open the report of Amara Okoro in “Leadership review”, version 1, as administrators see it" in names
    assert Release.objects.get().member == coach
    assert AuditEntry.objects.filter(verb="report.released").count() == 1


def test_the_report_of_an_unfinished_subject_needs_more_than_the_names(org, subject):
    admin = browser(org, Role.ADMIN)
    browser(org, Role.COACH)
    coach = Member.objects.get(role=Role.COACH)
    report, _new = keep(subject, "Admin", b"%PDF-1.7", by=None)
    url = f"/o/halden/reports/{report.pk}/release/"

    names = admin.get(url, {"member": str(coach.pk), "continue": "1"}).content.decode()
    once = admin.post(url, {"member": coach.pk, "confirmed": "on"})
    assert not Release.objects.exists()
    twice = admin.post(url, {"member": coach.pk, "confirmed": "on", "unfinished": "on"})

    assert "is not done, so more answers may arrive." in names
    assert (once.status_code, twice.status_code) == (422, 302)
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    ("request_name", "key"), [("createPerson", "person_id"), ("createAssessment", "assessment_id")]
)
def test_creating_ends_on_the_new_thing(org, review, request_name, key):
    editor, [person] = browser(org, Role.EDITOR), people(org, 1)
    vendor_id, page = (
        (person.vendor_id, f"/o/halden/people/{person.pk}/")
        if request_name == "createPerson"
        else (review.vendor_id, f"/o/halden/assessments/{review.pk}/")
    )
    change = Change.objects.create(
        org=org,
        request=request_name,
        target="x",
        title="Add it",
        parameters={key: vendor_id},
        expires_at=timezone.now(),
    )
    url = f"/o/halden/changes/{change.pk}/created/"

    waiting = editor.get(url).content.decode()
    polled = editor.get(url, headers=HTMX).content.decode()
    Change.objects.update(state=Change.State.DONE)
    there, moved = editor.get(url), editor.get(url, headers=HTMX)
    Change.objects.update(state=Change.State.REFUSED, status_message="The address is taken.")
    refused = editor.get(url).content.decode()

    assert "every 1s" in waiting
    assert '<meta http-equiv="refresh"' in waiting
    assert polled.lstrip().startswith("<p") or "<html" not in polled
    assert there["Location"] == page
    assert moved["HX-Redirect"] == page
    assert "Not created." in refused
    assert "The address is taken." in refused
    assert request_name not in waiting + refused


def test_adding_a_person_leads_to_where_the_new_person_opens(org):
    editor = browser(org, Role.EDITOR)
    form = {
        "intent": "6a9d3f0e-6a76-4b5c-9a9f-64c9a1c1f3b1",
        "first_name": "Ada",
        "last_name": "Ek",
        "email": "ada@halden.example",
    }

    answer = editor.post("/o/halden/people/new/", form)

    assert answer["Location"] == f"/o/halden/changes/{form['intent']}/created/"


@pytest.mark.parametrize("where", ["", "assessments/", "people/", "assessments/{}/"])
def test_a_refresh_that_failed_says_so_where_its_button_is(org, review, where):
    reader = browser(org, Role.READER)
    one = {"kind": SYNC_ASSESSMENT.name, "target": review.vendor_id} if "{}" in where else {"kind": SYNC.name}
    url = f"/o/halden/{where.format(review.pk)}"
    ended = {"org": org, "finished_at": timezone.now(), **one}

    Job.objects.create(state=Job.State.FAILED, outcome="The host name is not known.", **ended)
    failed = reader.get(url).content.decode()
    Job.objects.create(state=Job.State.DONE, failed=1, outcome="1 of 3 could not be read.", **ended)
    partly = reader.get(url).content.decode()
    Job.objects.create(state=Job.State.DONE, outcome="Everything is up to date.", **ended)
    fine = reader.get(url).content.decode()

    assert "The last refresh failed: The host name is not known." in " ".join(failed.split())
    assert "The last refresh was incomplete: 1 of 3 could not be read." in " ".join(partly.split())
    assert "The last refresh" not in fine


def test_a_refresh_that_is_not_started_says_why_in_its_line(org, review):
    reader = browser(org, Role.READER)
    for number in range(200):
        Job.objects.create(org=org, kind=FETCH_REPORT.name, target=str(number))

    answer = reader.post("/o/halden/refresh/", {"back": "/o/halden/"}, headers=HTMX)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert "Refresh" in answer.content.decode()
