"""Statuses: one subject's row, and a selection with its confirmation."""

import pytest
from django.utils import timezone

from assessments.models import Subject
from assessments.plans_of_statuses import plan_by_rule, plan_statuses
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job, Plan
from qxportal.ledger.outbox.serialize import restored
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db

State = Member.PersonState


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    return assessment(org)


def test_the_row_comes_back_with_its_change_and_polls(org, review):
    [subject] = subjects(review, people(org, 1))
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/status/"

    row = editor.post(url, {"status": "Done", "close_sessions": "on"}, headers={"HX-Request": "true"})

    change = Change.objects.get()
    assert change.parameters == {
        "assessment_id": review.vendor_id,
        "subject_id": subject.vendor_id,
        "status": "Done",
        "close_sessions": True,
    }
    assert 'hx-trigger="every 1s"' in row.content.decode()
    Change.objects.update(state=Change.State.DONE)
    settled = editor.get(f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/row/")
    assert "every 1s" not in settled.content.decode()


def test_page_of_a_subject_says_one_state_in_every_place(org, review):
    [subject] = subjects(review, people(org, 1))
    evaluations(subject, people(org, 1, start=10), "Peer", "NotStarted")

    page = browser(org, Role.EDITOR).get(f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/").content.decode()

    card = page.split('aria-labelledby="status"')[1].split("<form")[0]
    assert "Not started" in card
    assert "Waiting" not in card


def test_without_scripts_it_leads_back_to_the_list(org, review):
    [subject] = subjects(review, people(org, 1))
    url = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/status/"

    answer = browser(org, Role.EDITOR).post(url, {"status": "Done"})

    assert answer.status_code == 302
    assert Change.objects.get().parameters["close_sessions"] is False


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_readers_change_nothing(org, review, role):
    [subject] = subjects(review, people(org, 1))
    client = browser(org, role)
    base = f"/o/halden/assessments/{review.pk}/subjects"

    assert client.post(f"{base}/{subject.pk}/status/", {"status": "Done"}).status_code == 403
    assert client.post(f"{base}/status/", {"status": "Done", "scope": "all"}).status_code == 403
    assert not Change.objects.exists()


def test_all_that_match_reaches_beyond_the_page_and_the_number_is_typed(org, review):
    subjects(review, people(org, 60))
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{review.pk}/subjects/status/"
    wanted = {"scope": "all", "status": "Done"}

    asked = editor.post(url, wanted, follow=True).content.decode()
    apply = f"/o/halden/plans/{Plan.objects.get().pk}/apply/"
    untyped = editor.post(apply)
    applied = editor.post(apply, {"typed": "60"})

    assert "Mark 60 subjects as done" in asked
    assert untyped.status_code == 422
    assert applied.status_code == 302
    assert Change.objects.count() == 60
    assert Job.objects.get(kind=APPLY.name).total == 60


def test_a_selection_is_what_was_ticked_or_shown(org, review):
    made = subjects(review, people(org, 4))
    Subject.objects.filter(pk=made[0].pk).update(status="Done")
    editor = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{review.pk}/subjects/status/"
    shown = [subject.pk for subject in made]

    chosen = {"status": "Done", "subject": shown[:2], "shown": shown}
    ticked = editor.post(url, {"scope": "ticked", **chosen}, follow=True)
    page = editor.post(url, {"scope": "page", **chosen}, follow=True)

    assert {name: ticked.context["counts"][name] for name in ("change", "skip")} == {"change": 1, "skip": 1}
    assert page.context["counts"]["change"] == 3


def test_reason_of_a_status_is_kept_and_shown_and_never_sent(org, review):
    [subject] = subjects(review, people(org, 1))
    editor = browser(org, Role.EDITOR)
    base = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/"

    long = editor.post(f"{base}status/", {"status": "Done", "back": "subject", "reason": "x" * 501})
    editor.post(f"{base}status/", {"status": "Done", "back": "subject", "reason": "Agreed with <the> manager"})

    change = Change.objects.get()
    assert long.status_code == 422
    assert (change.reason, "reason" in change.parameters) == ("Agreed with <the> manager", False)
    assert "Agreed" not in str(restored(change))
    for page in (base, "/o/halden/changes/", f"/o/halden/changes/{change.pk}/"):
        assert "Agreed with &lt;the&gt; manager" in editor.get(page).content.decode()


@pytest.mark.parametrize("by_rule", [False, True])
def test_reason_of_many_statuses_is_kept_with_each(org, review, by_rule):
    made = subjects(review, people(org, 2))
    editor = browser(org, Role.EDITOR)
    if by_rule:
        for subject in made:
            evaluations(subject, people(org, 1, start=5 + subject.pk % 2), "Peer")
        plan = plan_by_rule(review, {"Peer": 1}, by=Member.objects.get())
    else:
        plan = plan_statuses(review, made, by=Member.objects.get(), status="Done", source={"from": "selection"})

    editor.post(f"/o/halden/plans/{plan.pk}/apply/", {"reason": "End of the round"})

    assert list(Change.objects.values_list("reason", flat=True)) == ["End of the round"] * 2
    assert all("reason" not in change.parameters for change in Change.objects.all())


def test_a_rule_that_nobody_meets_says_for_what(org, review):
    made = subjects(review, people(org, 3))
    editor, other = browser(org, Role.EDITOR), browser(org, Role.ADMIN)
    maker, admin = Member.objects.get(role=Role.EDITOR), Member.objects.get(role=Role.ADMIN)
    Member.objects.filter(pk=maker.pk).update(person_key=made[0].vendor_id, person_state=Member.PersonState.PROVEN)
    page = f"/o/halden/plans/{plan_by_rule(review, {'Peer': 1}, by=Member.objects.get(pk=maker.pk)).pk}/"
    own = f"{maker}, in whose name the rule is applied, is a subject and left out."

    shown = text(editor.get(page))

    assert "No subject meets the rule. 2 subjects do not have enough finished evaluations (Peer: 2)." in shown
    assert own in shown
    Member.objects.filter(pk=admin.pk).update(person_key=made[1].vendor_id, person_state=Member.PersonState.PROVEN)
    assert "1 subject does not have enough finished evaluations (Peer: 1)." in text(other.get(page))


@pytest.mark.parametrize("status", ["Waiting", "Done"])
def test_a_rule_does_not_say_whether_its_reader_is_done(org, review, status):
    made = subjects(review, people(org, 3))
    Subject.objects.update(status="Done")
    editor, other = browser(org, Role.EDITOR), browser(org, Role.ADMIN)
    maker, admin = Member.objects.get(role=Role.EDITOR), Member.objects.get(role=Role.ADMIN)
    for member, subject in ((maker, made[0]), (admin, made[1])):
        Member.objects.filter(pk=member.pk).update(person_key=subject.vendor_id, person_state=State.PROVEN)
    page = f"/o/halden/plans/{plan_by_rule(review, {'Peer': 1}, by=Member.objects.get(pk=maker.pk)).pk}/"
    left_out = f"{maker}, in whose name the rule is applied, is a subject and left out."

    Subject.objects.filter(pk=made[0].pk).update(status=status)
    assert f"No subject meets the rule. {left_out} Every other subject is done already." in text(editor.get(page))

    Subject.objects.filter(pk=made[0].pk).update(status="Done")
    Subject.objects.filter(pk=made[1].pk).update(status=status)
    assert f"No subject meets the rule. {left_out} Every other subject is done already." in text(other.get(page))
    Subject.objects.exclude(pk=made[1].pk).update(gone_at=timezone.now())
    assert "done already" not in text(other.get(page))
