"""Plans: previewed, applied as one job, followed line by line, and undone by a plan of their own."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from assessments.models import Evaluation, Subject
from assessments.plans_of_statuses import plan_statuses
from assessments.plans_of_subjects import plan_subjects
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.core.failpoints import FailpointError, hits
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import cancel
from qxportal.ledger.models import Change, Job, Plan, PlanLine
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, retry_plan, undo_plan
from qxportal.ledger.plans.retention import purge_plans
from tests.support.mirrored_rows import assessment, browser, changed, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
SELECTED = {"from": "selection"}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.get(role=Role.EDITOR)


def marked_done(review, by, status="Done"):
    return plan_statuses(review, Subject.objects.order_by("pk"), by=by, status=status, source=SELECTED)


def end(change, state=Change.State.DONE, **details):
    """The change has come to its end, and the mirror shows it."""
    transition(change, state, sent_at=timezone.now(), **details)
    if state == Change.State.DONE and change.request == "setSubjectStatus":
        there = Subject.objects.filter(vendor_id=change.parameters["subject_id"])
        there.update(status=change.parameters["status"])


def states(plan):
    return list(plan.lines.order_by("number").values_list("action", "state"))


def test_a_preview_says_what_becomes_of_each_and_why(org, review, editor, by):
    made = subjects(review, people(org, 4))
    evaluations(made[0], people(org, 3, start=10), "Peer", "NotStarted")
    Subject.objects.filter(pk=made[1].pk).update(status="Done")
    Subject.objects.filter(pk=made[2].pk).update(gone_at=timezone.now())

    plan = marked_done(review, by)

    assert plan.counts == {"change": 2, "skip": 1, "refuse": 1, "staying": 0, "warned": 2, "requests": 2}
    shown = text(editor.get(f"/o/halden/plans/{plan.pk}/"))
    assert "3 evaluations have not been started." in shown
    assert "Too few answers to be shown: Peer." in shown
    assert "Already done." in shown
    assert "No longer a subject of the assessment." in shown
    assert not Change.objects.exists()
    refused = text(editor.get(f"/o/halden/plans/{plan.pk}/?action=refuse"))
    assert "1 line" in refused


def test_lines_follow_their_changes_and_the_last_one_ends_the_plan(org, review, editor, by):
    subjects(review, people(org, 3))
    plan = marked_done(review, by)

    job = apply_plan(plan, by=by, typed=None)
    assert apply_plan(plan, by=by, typed=None) == job
    first, second, third = Change.objects.order_by("number")
    end(first)
    end(second, Change.State.REFUSED, status_message="No such subject.")
    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLYING
    end(third)

    plan.refresh_from_db()
    assert (plan.state, plan.applied_by) == (Plan.State.APPLIED, by)
    assert states(plan) == [("change", "done"), ("change", "failed"), ("change", "done")]
    assert str(plan.lines.get(state="failed").outcome) == "No such subject."
    assert "Applied in part" in text(editor.get(f"/o/halden/plans/{plan.pk}/"))
    again = retry_plan(plan, by=by)
    end(again.changes.get())
    assert {state for _action, state in states(plan)} == {"done"}


@pytest.mark.parametrize(("page", "name"), [("jobs", "started"), ("plans", "made"), ("changes", "made")])
def test_lists_are_sorted_by_time_both_ways(org, review, editor, by, page, name):
    subjects(review, people(org, 2))
    for status in ("Done", "Waiting"):
        plan = marked_done(review, by, status)
        if plan.acting:
            apply_plan(plan, by=by, typed=None)
    Job.objects.create(org=org, kind="sync", title="A later job")

    down, up = (rows_of(editor.get(f"/o/halden/{page}/{query}")) for query in ("", f"?sort={name}"))

    assert len(down) == 2
    assert up == down[::-1]
    assert f'href="?sort={name}"' in editor.get(f"/o/halden/{page}/").content.decode()


def rows_of(page):
    return re.findall(r'<a class="row-link" href="([^"]+)"', page.content.decode())


def test_undo_sets_back_what_still_stands(org, review, editor, by):
    made = subjects(review, people(org, 3))
    plan = marked_done(review, by)
    apply_plan(plan, by=by, typed=None)
    for change in Change.objects.all():
        end(change)
    plan.refresh_from_db()
    changed(made[2], status="Waiting")

    assert "Undo…" in text(editor.get(f"/o/halden/plans/{plan.pk}/"))
    undoing = undo_plan(plan, by=by)

    assert undo_plan(plan, by=by) == undoing
    assert (undoing.undo_of, undoing.counts["change"], undoing.counts["skip"]) == (plan, 2, 1)
    apply_plan(undoing, by=by, typed=None)
    for change in Change.objects.filter(state=Change.State.PENDING):
        assert change.parameters["status"] == "Waiting"
        end(change)
    assert set(Subject.objects.values_list("status", flat=True)) == {"Waiting"}


def test_a_plan_whose_lines_changed_stops_and_shows_the_new_ones(org, review, editor, by):
    made = subjects(review, people(org, 3))
    plan = marked_done(review, by)
    changed(made[0], status="Done")

    assert "The data changed since this preview was made." in text(editor.get(f"/o/halden/plans/{plan.pk}/"))
    stopped = editor.post(f"/o/halden/plans/{plan.pk}/apply/")

    assert stopped.status_code == 422
    assert "1 line is different now" in text(stopped)
    assert not Change.objects.exists()
    assert plan.lines.filter(action="change").count() == 2
    assert editor.post(f"/o/halden/plans/{plan.pk}/apply/").status_code == 302
    assert Change.objects.count() == 2


def test_answers_that_come_in_do_not_stop_a_plan(org, review, by):
    made = subjects(review, people(org, 1), received=3, completed=1)
    plan = marked_done(review, by)
    changed(made[0], completed=2)

    apply_plan(plan, by=by, typed=None)

    assert Change.objects.count() == 1


def test_recording_what_is_in_progress_asks_for_the_number(org, review, editor, by):
    made = subjects(review, people(org, 2))
    evaluations(made[0], people(org, 1, start=10), "Peer", "InProgress")
    url = f"/o/halden/plans/{marked_done(review, by).pk}/apply/"

    assert editor.post(url, {"close_sessions": "on"}).status_code == 422
    assert editor.post(url, {"close_sessions": "on", "typed": "2"}).status_code == 302

    assert all(change.parameters["close_sessions"] for change in Change.objects.all())
    assert str(PlanLine.objects.get(undoable="partly").undo_note).startswith("Evaluations that are recorded")


def test_lines_of_a_cancelled_job_are_not_sent(org, review, by):
    subjects(review, people(org, 2))
    plan = marked_done(review, by)
    job = apply_plan(plan, by=by, typed=None)
    end(Change.objects.earliest("number"))

    cancel(job, by=by)

    plan.refresh_from_db()
    assert states(plan) == [("change", "done"), ("change", "not-sent")]
    assert plan.state == Plan.State.APPLIED


def test_a_plan_that_was_killed_while_recorded_leaves_nothing(org, review, by, monkeypatch):
    subjects(review, people(org, 2))
    plan = marked_done(review, by)
    monkeypatch.setenv("QXP_FAILPOINT", "plan.recorded:raise")
    hits.clear()

    with pytest.raises(FailpointError), transaction.atomic():
        apply_plan(plan, by=by, typed=None)

    plan.refresh_from_db()
    assert (plan.state, Change.objects.count(), Job.objects.count()) == (Plan.State.READY, 0, 0)
    monkeypatch.delenv("QXP_FAILPOINT")
    apply_plan(plan, by=by, typed=None)
    assert Change.objects.count() == 2


def test_only_the_maker_admins_and_whom_it_was_shared_with_apply_it(org, review, editor, by):
    subjects(review, people(org, 1))
    plan = marked_done(review, by)
    user = Member.objects.create(org=org, user=by.user.__class__.objects.create_user("x@h.example"), role=Role.EDITOR)
    url = f"/o/halden/plans/{plan.pk}/"
    with pytest.raises(ActionRefused, match="Only the member who made this plan"):
        apply_plan(plan, by=user, typed=None)

    editor.post(f"{url}share/", {"member": user.pk})

    assert AuditEntry.objects.filter(verb="plan.shared", target=str(user)).exists()
    assert browser(org, Role.READER).get(url).status_code == 404
    assert browser(org, Role.ADMIN).get(url).status_code == 200
    apply_plan(plan, by=user, typed=None)
    plan.refresh_from_db()
    assert plan.applied_by == user


def test_an_export_is_inert_in_spreadsheets_and_noted(org, review, editor, by):
    [made] = subjects(review, people(org, 1))
    Subject.objects.filter(pk=made.pk).update(first_name="=HYPERLINK(1)")
    plan = marked_done(review, by)

    file = b"".join(editor.get(f"/o/halden/plans/{plan.pk}/export/").streaming_content).decode()

    assert "'=HYPERLINK(1)" in file
    assert ",Status,Waiting,Done," in file
    assert AuditEntry.objects.get(verb="plan.exported").details["rows"] == 1


def test_subjects_added_leave_again_where_nobody_answered(org, review, by):
    persons = people(org, 3)
    subjects(review, persons[:1])
    plan = plan_subjects(review, persons, by=by, source=SELECTED)
    assert (plan.counts["add"], plan.counts["skip"]) == (2, 1)

    apply_plan(plan, by=by, typed=None)
    for change in Change.objects.all():
        end(change)
    _one, answered = subjects(review, persons[1:])
    evaluations(answered, people(org, 1, start=20), "Peer", "InProgress")
    plan.refresh_from_db()
    undoing = undo_plan(plan, by=by)

    assert [(line.action, line.key) for line in undoing.lines.all()] == [
        ("remove", persons[1].vendor_id),
        ("skip", persons[2].vendor_id),
    ]
    apply_plan(undoing, by=by, typed=None)
    assert Change.objects.get(request="removePerson").parameters["person_id"] == persons[1].vendor_id
    assert Evaluation.objects.filter(gone_at=None).count() == 1


def test_nothing_is_added_to_an_assessment_that_was_closed_meanwhile(org, review, by):
    plan = plan_subjects(review, people(org, 1), by=by, source=SELECTED)
    changed(review, status="Closed")

    with pytest.raises(ActionRefused, match="is closed"):
        apply_plan(plan, by=by, typed=None)
    assert not Change.objects.exists()


def test_old_plans_are_purged(org, review, by, settings):
    subjects(review, people(org, 1))
    waiting, applied = marked_done(review, by), marked_done(review, by)
    long_ago = timezone.now() - timedelta(days=100)
    Plan.objects.update(made_at=long_ago)
    Plan.objects.filter(pk=applied.pk).update(state=Plan.State.APPLIED, applied_at=long_ago)

    assert purge_plans() == 1
    assert not Plan.objects.filter(pk=waiting.pk).exists()
    Plan.objects.update(applied_at=timezone.now() - settings.HISTORY_KEEP - timedelta(days=1))
    assert purge_plans() == 1


def test_moved_says_how_many_lines(org, review, by):
    made = subjects(review, people(org, 2))
    plan = marked_done(review, by)
    for subject in made:
        changed(subject, status="Done")

    with pytest.raises(PlanMoved, match="2 lines are different now"):
        apply_plan(plan, by=by, typed=None)


def test_a_rule_marks_those_as_done_who_have_enough_answers(org, review, editor):
    ready, thin, *raters = people(org, 8)
    made = subjects(review, [ready, thin])
    evaluations(made[0], raters[:3], "Peer")
    evaluations(made[0], raters[3:4], "Manager")
    evaluations(made[1], raters[:2], "Peer")
    url = f"/o/halden/assessments/{review.pk}/subjects/rule/"
    none = {f"least_{place}": "0" for place in range(4)}

    assert "Ask for at least one finished evaluation." in text(editor.post(url, none))
    shown = text(editor.post(url, {**none, "least_1": "1", "least_2": "3"}, follow=True))

    assert "Manager: 0 of 1 finished. Peer: 2 of 3 finished." in shown
    assert "Mark 1 subject as done" in shown
    [met] = PlanLine.objects.filter(action="change")
    assert met.key == ready.vendor_id
