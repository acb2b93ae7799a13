"""What members see of editions, and what they may do about them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.edition_commands import confirm_manager
from assessments.editions import facts_of_one, mirror_edition, mirror_editions
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Editions, Release, Subject
from assessments.reports import keep
from assessments.selectors import relationship_counts
from assessments.subject_selectors import in_state, subject_rows, subjects_of
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, ResourceSync, Version
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.security.key_ring import add_key, keys
from qxportal.threesixty.records.editions import EditionRecord, LineRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 27, 9, tzinfo=UTC)
PEERS = LineRecord(line="Peer", answered=5, shown=3, waiting=2)
REPORTS = LineRecord(line="DirectReport", kind="group", answered=2, shown=0, waiting=2)


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
    subjects(review, people(org, 1))
    return Subject.objects.select_related("assessment__org", "org", "person").get()


def record(subject, **fields):
    values: dict[str, Any] = {"minimum": 3, "lines": (PEERS, REPORTS), **fields}
    return EditionRecord(subject_id=subject.vendor_id, **values)


def told(subject, **fields):
    mirror_editions(subject.assessment, [record(subject, **fields)], as_of=timezone.now())


def page(org, subject, role=Role.EDITOR, path="", **query):
    client = browser(org, role)
    place = f"/o/halden/assessments/{subject.assessment_id}/"
    return client.get(f"{place}{path or f'subjects/{subject.pk}/'}", query).content.decode()


# -- the mirror


def test_editions_are_merged_at_once_and_unchanged_ones_write_nothing(org, review):
    made = subjects(review, people(org, 30))
    records = [record(subject, edition=1, made_at=MADE) for subject in made]
    mirror_editions(review, records, as_of=timezone.now())
    stamps = list(Editions.objects.order_by("pk").values_list("seen_at", flat=True))

    with CaptureQueriesContext(connection) as captured:
        mirror_editions(review, records, as_of=timezone.now())

    assert Editions.objects.count() == 30
    assert list(Editions.objects.order_by("pk").values_list("seen_at", flat=True)) == stamps
    assert len(captured) < 12
    assert not Version.objects.exists()  # counts over time would tell who answered when
    assert ResourceSync.objects.get(resource=f"editions:{review.vendor_id}").rows == 30


def test_an_older_answer_overwrites_no_newer_one(subject):
    early, late = timezone.now() - timedelta(minutes=1), timezone.now()
    mirror_edition(subject, record(subject, edition=2), as_of=late)

    mirror_editions(subject.assessment, [record(subject, edition=1)], as_of=early)

    facts = facts_of_one(subject)
    assert facts is not None
    assert facts.edition == 2


def test_of_whom_nothing_is_told_nothing_is_kept(subject):
    told(subject, edition=1)

    mirror_editions(subject.assessment, [], as_of=timezone.now())

    assert facts_of_one(subject) is None


def test_without_editions_the_pages_show_nothing_of_them(org, subject):
    shown = page(org, subject)

    assert "What the report shows" not in shown
    assert "Fetch report" in shown


# -- what is said


def test_waiting_with_an_edition_says_that_what_was_shown_stays(org, subject):
    told(subject, edition=2, made_at=MADE)

    shown = page(org, subject, Role.READER)

    assert "Edition 2" in shown
    assert "27 November 2026" in shown
    assert "fetching gives edition 2 until the subject is done" in shown
    assert "4 answers are waiting." in shown
    assert "They are shown when 3 answers of one group have arrived, or 3 of several groups." in shown
    assert "Hide permanently" not in shown


def test_before_the_first_edition_it_is_said_who_is_open_and_what_is_combined(org, subject):
    told(subject, merge_for_good=("Peer", "DirectReport"), withheld=("Customer",), open=2, in_progress=1, pending=True)
    Subject.objects.update(status="Done")

    shown = page(org, subject)
    row = page(org, subject, Role.ADMIN, "reports/")
    bulk = plan_page(org, replace_status(subject, "Waiting"), "Done", Role.OWNER)

    for text in (shown, row, bulk):
        assert "Peer, Direct report" in text
        assert "permanently combine" in text
        assert "Customer" in text
    assert "2 evaluations are still open." in shown
    assert "1 of them is in progress." in shown
    assert "Check first: " in row


def plan_page(org, subject, status, role=Role.EDITOR):
    url = f"/o/{org.slug}/assessments/{subject.assessment_id}/subjects/status/"
    return browser(org, role).post(url, {"scope": "all", "status": status}, follow=True).content.decode()


def replace_status(subject, status):
    Subject.objects.update(status=status)
    return subject


def test_nothing_is_fetched_before_the_subject_is_done(org, subject):
    told(subject)

    assert "There is no report until the subject is done." in page(org, subject)
    assert "Fetching creates the first edition." in page(org, replace_status(subject, "Done"), Role.ADMIN)


def test_back_to_waiting_says_that_editions_stay(org, subject):
    told(subject, edition=1, made_at=MADE)
    Subject.objects.update(status="Done")

    bulk = plan_page(org, subject, "Waiting")
    row = page(org, subject, Role.ADMIN, "subjects/")

    assert "1 of them has an edition. What it shows does not change" in bulk
    assert "What edition 1 shows does not change." in row


def test_readers_of_a_report_see_its_editions_day(org, subject):
    coach = browser(org, Role.COACH)
    report, _new = keep(subject, "Admin", b"%PDF-1.7", by=None, shows=record(subject, edition=3, made_at=MADE))
    Release.objects.create(org=org, report=report, member=Member.objects.get(role=Role.COACH))

    shown = coach.get("/o/halden/my-reports/").content.decode()

    assert "27 November 2026" in shown
    assert "edition 3" in shown


def test_the_same_bytes_get_their_edition_once_it_is_told(subject):
    keep(subject, "Admin", b"%PDF-1.7", by=None)

    kept, new = keep(subject, "Admin", b"%PDF-1.7", by=None, shows=record(subject, edition=1, made_at=MADE))

    assert (new, kept.edition, kept.edition_made_at) == (False, 1, MADE)


def test_a_release_shows_the_edition_and_whether_there_is_a_newer_one(org, subject):
    report, _new = keep(subject, "Admin", b"%PDF-1.7", by=None, shows=record(subject, edition=1, made_at=MADE))
    told(subject, edition=2, made_at=MADE)
    admin = browser(org, Role.ADMIN)
    browser(org, Role.COACH)
    coach = Member.objects.get(role=Role.COACH)

    shown = admin.get(f"/o/halden/reports/{report.pk}/release/", {"member": str(coach.pk)}).content.decode()

    assert "This version shows edition 1. The latest one is edition 2." in shown
    assert "4 answers are waiting." in shown


# -- the manager


def managed(org, subject, count, **fields):
    evaluations(subject, people(org, count, start=20), "Manager")
    told(subject, manager_id=f"P_{20:015}", **fields)


@pytest.mark.parametrize(
    ("count", "state", "alone"),
    [(1, "directory", True), (1, "confirmed", True), (1, "unconfirmed", False), (2, "several", False)],
)
def test_one_sure_manager_is_shown_alone_and_others_are_a_group(org, review, subject, count, state, alone):
    Subject.objects.update(completed=count, received=count)
    managed(org, subject, count, manager_state=state)
    browser(org, Role.READER)
    reader = Member.objects.get()

    [row] = subject_rows(reader, review, subjects_of(review))

    assert row.groups[0].exempt is alone
    assert row.state == ("Ready" if alone else "Thin")
    assert in_state(reader, subjects_of(review), row.state).count() == 1
    assert relationship_counts(reader, review)[0]["thin"] == int(not alone)


def test_two_managers_are_a_group_where_the_server_tells_nothing(org, review, subject):
    evaluations(subject, people(org, 2, start=20), "Manager")
    browser(org, Role.READER)

    [row] = subject_rows(Member.objects.get(), review, subjects_of(review))

    assert not row.groups[0].exempt
    assert row.groups[0].thin


def test_the_activation_page_lists_managers_to_confirm_and_several_managers(org, review):
    lone, pair, known = subjects(review, people(org, 3))
    records = [
        record(one, manager_state=state)
        for one, state in ((lone, "unconfirmed"), (pair, "several"), (known, "directory"))
    ]
    mirror_editions(review, records, as_of=timezone.now())
    evaluations(known, people(org, 1, start=30), "Manager")
    review.status = "Draft"
    review.save()

    shown = page(org, lone, Role.EDITOR, "activate/")

    assert "Managers to confirm" in shown
    assert "Several managers" in shown
    assert str(lone) in shown
    assert str(pair) in shown
    assert str(known) not in shown
    assert f"/subjects/{lone.pk}/manager/" in shown
    assert f"/subjects/{pair.pk}/manager/" not in shown


def test_an_editor_confirms_the_manager_once_and_it_is_audited(org, subject):
    managed(org, subject, 1, manager_state="unconfirmed")
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/manager/"
    name = str(subject.evaluations.get().evaluator_name)

    shown = editor.get(url).content.decode()
    unconfirmed = editor.post(url, {"person": f"P_{20:015}"})
    assert not Change.objects.exists()
    answer = editor.post(url, {"person": f"P_{20:015}", "confirmed": "on"})

    change = Change.objects.get()
    assert f"Is {name} the manager of {subject}?" in shown
    assert (unconfirmed.status_code, answer.status_code) == (422, 302)
    assert change.request == "qxConfirmManager"
    assert change.parameters["person_id"] == f"P_{20:015}"
    assert str(AuditEntry.objects.get(verb="manager.confirmed").words) == f"Confirm {name} as the manager of {subject}"
    assert browser(org, Role.READER).get(url).status_code == 403


@pytest.mark.parametrize(
    ("state", "edition", "why"),
    [
        ("directory", 0, "directory names"),
        ("several", 0, "Several"),
        ("none", 0, "no evaluation by a manager"),
        ("confirmed", 0, "already"),
        ("unconfirmed", 1, "first edition"),
    ],
)
def test_no_other_manager_is_confirmed(org, subject, state, edition, why):
    managed(org, subject, 1, manager_state=state, edition=edition)
    browser(org, Role.EDITOR)

    with pytest.raises(ActionRefused, match=why):
        confirm_manager(subject, by=Member.objects.get(), person_key=f"P_{20:015}")


# -- what cannot be undone


def test_a_line_is_hidden_once_its_name_was_typed(org, subject):
    told(subject, edition=1, made_at=MADE)
    admin, url = (
        browser(org, Role.ADMIN),
        f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/hide-line/",
    )

    wrong = admin.post(url, {"line": "DirectReport", "typed": "Peer"})
    nowhere = admin.post(url, {"line": "Nobody", "typed": "Nobody"})
    assert not Change.objects.exists()
    answer = admin.post(url, {"line": "DirectReport", "typed": " direct  report"})

    change = Change.objects.get()
    assert (wrong.status_code, nowhere.status_code, answer.status_code) == (422, 422, 302)
    assert (change.request, change.parameters["line"], change.expected_values) == (
        "qxHideReportLine",
        "DirectReport",
        {"edition": 1},
    )
    assert change.retry_policy == "destructive"
    assert AuditEntry.objects.filter(verb="report.line-hidden").count() == 1
    assert browser(org, Role.EDITOR).get(url, {"line": "Peer"}).status_code == 403


def test_an_evaluators_answers_are_taken_out_once_the_name_was_typed(org, subject):
    rater, open_one = people(org, 2, start=5)
    evaluations(subject, [rater], "Peer")
    evaluations(subject, [open_one], "Peer", status="NotStarted")
    told(subject, edition=1, made_at=MADE)
    admin, url = (
        browser(org, Role.ADMIN),
        f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/take-out/",
    )

    shown = admin.get(url).content.decode()
    wrong = admin.post(url, {"person": rater.vendor_id, "typed": "yes"})
    unanswered = admin.post(url, {"person": open_one.vendor_id, "typed": str(open_one)})
    assert not Change.objects.exists()
    answer = admin.post(url, {"person": rater.vendor_id, "typed": str(rater)})

    assert "checked" not in shown
    assert str(open_one) not in shown
    assert (wrong.status_code, unanswered.status_code, answer.status_code) == (422, 422, 302)
    assert Change.objects.get().request == "qxTakeOutAnswers"


def test_what_cannot_be_undone_is_not_sent_once_another_edition_was_made(org, subject):
    told(subject, edition=1, made_at=MADE)
    admin = browser(org, Role.ADMIN)
    url = f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/hide-line/"
    admin.post(url, {"line": "Peer", "typed": "Peer"})
    change, handler = Change.objects.get(), CHANGE_HANDLERS["qxHideReportLine"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []

    told(subject, edition=2, made_at=MADE)

    assert [row["field"] for row in find_conflict(change, handler, handler.mirrored_values(change))] == ["edition"]
