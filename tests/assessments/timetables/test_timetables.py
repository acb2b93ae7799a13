"""Timetables of a rule: carried out by workers, held, stopped, and never more than was announced."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from assessments import timetable_runs
from assessments.critical import name_evaluators
from assessments.models import Evaluation, Subject, Timetable, TimetableRun
from assessments.timetables import next_time, open_runs
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.portal_mail import send_due
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Change, Job, Plan
from tests.assessments.timetables.due import DAY, due
from tests.support.mirrored_rows import browser, evaluations, people, subjects, text

pytestmark = pytest.mark.django_db
State = TimetableRun.State


def ready(review, count, *, start=0, peers=3):
    """Subjects with themselves, a manager and some peers in."""
    made = subjects(review, people(review.org, count, start=start))
    for place, subject in enumerate(made):
        first = 1000 + (start + place) * 10
        raters = people(review.org, peers + 1, start=first)
        evaluations(subject, [Person.objects.get(vendor_id=subject.vendor_id)], "Self")
        evaluations(subject, raters[:1], "Manager")
        evaluations(subject, raters[1:], "Peer")
    return made


def work():
    """What beat and a worker do."""
    timetable_runs.start_due_timetables()
    for job in Job.objects.filter(kind="run-timetable", state=Job.State.WAITING):
        run(job.pk, timetable_runs.run_timetable)
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.outcome
    send_due()


def hold_over():
    TimetableRun.objects.filter(state=State.HELD).update(applies_at=timezone.now() - timedelta(seconds=1))


def last():
    return TimetableRun.objects.select_related("plan").first()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-27T12:00+00:00", "2026-03-28T02:30+01:00"),
        ("2026-03-28T01:30+00:00", "2026-03-29T02:30+01:00"),  # an hour that this night does not have
        ("2026-03-30T00:29+00:00", "2026-03-30T02:30+02:00"),
        ("2026-03-30T00:30+00:00", None),
        ("2020-01-01T00:00+00:00", "2026-03-28T02:30+01:00"),
    ],
)
def test_next_time_is_that_of_the_organisation(org, after, expected):
    timetable = Timetable(org=org, first_on=date(2026, 3, 28), last_on=date(2026, 3, 30), at=time(2, 30))

    found = next_time(timetable, datetime.fromisoformat(after))

    zone = ZoneInfo("UTC")
    assert (found and found.astimezone(zone)) == (expected and datetime.fromisoformat(expected).astimezone(zone))


def test_a_plan_is_held_told_and_then_applies_itself(org, review, editor, by):
    ready(review, 2)
    subjects(review, people(org, 1, start=50))
    admin = browser(org, Role.ADMIN)
    browser(org, Role.READER)
    timetable = due(review, by)

    work()

    held = last()
    timetable.refresh_from_db()
    assert (held.state, held.plan.counts["change"], held.plan.counts["skip"]) == (State.HELD, 2, 1)
    assert timetable.next_run_at > timezone.now()
    assert {to for letter in mail.outbox for to in letter.to} == {"editor@halden.example", "admin@halden.example"}
    assert f"/o/halden/plans/{held.plan_id}/" in mail.outbox[0].body
    assert "2 subjects" in mail.outbox[0].body
    assert "Applies itself" in text(admin.get("/o/halden/"))
    assert "unless someone stops it" in text(admin.get(f"/o/halden/plans/{held.plan_id}/"))
    work()
    assert not Change.objects.exists()

    hold_over()
    work()

    assert last().state == State.APPLIED
    assert Change.objects.filter(request="setSubjectStatus").count() == 2
    assert len(mail.outbox) == 2
    work()
    assert (Plan.objects.count(), Change.objects.count()) == (1, 2)


def test_without_a_hold_it_is_applied_at_once(review, by):
    ready(review, 1)
    due(review, by, hold=0, repeats="once", last_on=timezone.localdate() + DAY, first_on=timezone.localdate() + DAY)

    work()

    assert (last().state, Change.objects.count(), Timetable.objects.get().state) == (State.APPLIED, 1, "active")


def test_after_its_last_time_it_has_ended(review, by):
    ready(review, 1)
    timetable = due(review, by)
    Timetable.objects.filter(pk=timetable.pk).update(last_on=timezone.localdate() - DAY)

    work()
    hold_over()
    work()

    assert (last().state, Timetable.objects.get().state) == (State.APPLIED, "ended")


def test_more_than_was_announced_waits_for_a_person(org, review, editor, by):
    made = ready(review, 1)
    late = ready(review, 1, start=1, peers=2)[0]
    due(review, by)
    work()
    evaluations(late, people(org, 1, start=900), "Peer")

    hold_over()
    work()

    waiting = last()
    assert (waiting.state, Change.objects.count()) == (State.WAITING, 0)
    assert "1 line was not in the plan" in str(waiting.outcome)
    assert "1 line was not in the plan" in text(editor.get("/o/halden/"))
    assert "1 line was not in the plan" in mail.outbox[-1].body
    shown = editor.get(f"/o/halden/plans/{waiting.plan_id}/")
    assert "does not apply itself" in text(shown)
    assert editor.post(f"/o/halden/plans/{waiting.plan_id}/apply/").status_code == 302
    assert Change.objects.count() == 2
    assert {made[0].vendor_id, late.vendor_id} == {change.parameters["subject_id"] for change in Change.objects.all()}


def test_fewer_lines_apply_themselves(review, by):
    made = ready(review, 2)
    due(review, by)
    work()
    Subject.objects.filter(pk=made[0].pk).update(status="Done")

    hold_over()
    work()

    assert (last().state, Change.objects.get().parameters["subject_id"]) == (State.APPLIED, made[1].vendor_id)


def test_small_groups_and_begun_evaluations_are_left_out(org, review, by):
    small, begun, whole = ready(review, 3)
    evaluations(small, people(org, 2, start=700), "DirectReport")
    evaluations(begun, people(org, 1, start=710), "Peer", "InProgress")
    due(review, by)

    work()

    assert [line.key for line in last().plan.lines.filter(action="change")] == [whole.vendor_id]
    reasons = {line.key: str(line.reason) for line in last().plan.lines.filter(action="skip")}
    assert reasons[small.vendor_id] == "Too few answers to be shown: Direct report."
    assert reasons[begun.vendor_id] == "1 evaluation is in progress."


def test_too_many_subjects_wait_for_a_person(review, by):
    ready(review, 2)
    due(review, by, hold=0, most=1)

    work()

    assert (last().state, Change.objects.count()) == (State.WAITING, 0)


def test_nothing_to_do_keeps_no_plan(review, by):
    due(review, by)

    work()

    outcome = "No subject meets the rule. The assessment has no subjects."
    assert (last().state, str(last().outcome)) == (State.NOTHING, outcome)
    assert not Plan.objects.exists()
    assert not AuditEntry.objects.filter(verb="plan.made").exists()


def test_a_rule_that_leaves_all_out_says_for_what(org, review, editor, by):
    lacking = [*ready(review, 2, peers=2), *subjects(review, people(org, 1, start=50))]
    awaited, small, begun, mine = ready(review, 4, start=60)
    name_evaluators(awaited, [lacking_evaluator(org, awaited)], by=by)
    evaluations(small, people(org, 2, start=700), "DirectReport")
    evaluations(begun, people(org, 1, start=710), "Peer", "InProgress")
    Member.objects.filter(pk=by.pk).update(person_key=mine.vendor_id, person_state=Member.PersonState.PROVEN)
    admin = browser(org, Role.ADMIN)
    due(review, by)

    work()

    assert (last().state, Plan.objects.count(), len(lacking)) == (State.NOTHING, 0, 3)
    shown = text(admin.get(f"/o/halden/assessments/{review.pk}/timetables/"))
    for words in (
        "No subject meets the rule.",
        "3 subjects do not have enough finished evaluations (Peer: 3, Self: 1, Manager: 1).",
        "The report of 1 subject waits for evaluators who have to finish.",
        "1 subject has a group with too few answers to be shown (Direct report: 1).",
        "1 subject has evaluations in progress.",
        f"{by}, in whose name the rule is applied, is a subject and left out.",
    ):
        assert words in shown
    assert "enough finished" not in text(editor.get(f"/o/halden/assessments/{review.pk}/timetables/"))


def lacking_evaluator(org, subject):
    """The key of somebody who is asked and has not begun."""
    evaluations(subject, people(org, 1, start=720), "Mentor", "NotStarted")
    return Evaluation.objects.get(subject=subject, relationship="Mentor").evaluator_key


def test_all_done_meanwhile_is_what_a_held_plan_says(review, by):
    made = ready(review, 2)
    due(review, by)
    work()
    Subject.objects.filter(pk=made[0].pk).update(status="Done")
    Subject.objects.filter(pk=made[1].pk).update(gone_at=timezone.now())

    hold_over()
    work()

    sentences = (
        "No subject meets the rule any more.",
        "1 subject is done already.",
        "1 person is no longer a subject of the assessment.",
    )
    assert (last().state, str(last().outcome)) == (State.NOTHING, " ".join(sentences))


def test_all_done_before_is_what_it_says(review, by):
    ready(review, 2)
    Subject.objects.update(status="Done")
    due(review, by)

    work()

    assert str(last().outcome) == "No subject meets the rule. Every subject is done already."


def test_the_members_own_line_is_never_in_it(org, review, editor, by):
    mine, other = ready(review, 2)
    Member.objects.filter(pk=by.pk).update(person_key=mine.vendor_id, person_state=Member.PersonState.PROVEN)
    due(review, by, hold=0)

    work()

    assert list(last().plan.lines.values_list("key", flat=True)) == [other.vendor_id]
    assert mine.vendor_id not in str(last().shown)
    listed = text(editor.get(f"/o/halden/assessments/{review.pk}/timetables/"))
    assert "Every day at 06:00" in listed
    assert "Applied Applied" not in listed
    assert "The plan was applied" not in str(last().outcome)


def test_who_became_the_subject_meanwhile_leaves_it_to_others(review, by):
    made = ready(review, 1)
    due(review, by)
    work()
    Member.objects.filter(pk=by.pk).update(person_key=made[0].vendor_id, person_state=Member.PersonState.PROVEN)

    hold_over()
    work()

    assert (last().state, Change.objects.count()) == (State.WAITING, 0)
    assert open_runs(Member.objects.get(pk=by.pk)) == []


@pytest.mark.parametrize("how", ["reader", "removed"])
def test_a_lost_right_pauses_it_and_says_so(org, review, by, how):
    ready(review, 1)
    admin = browser(org, Role.ADMIN)
    due(review, by, hold=0)
    rows = Member.objects.filter(pk=by.pk)
    rows.update(role=Role.READER) if how == "reader" else rows.delete()

    work()

    timetable = Timetable.objects.get()
    assert (timetable.state, last().state, Plan.objects.count()) == ("paused", State.STOPPED, 0)
    assert "may no longer mark subjects as done" in text(admin.get("/o/halden/"))
    resumed = admin.post(f"/o/halden/assessments/{review.pk}/timetables/{timetable.pk}/resume/", follow=True)
    assert "It acts in your name now." in text(resumed)
    assert Timetable.objects.get(set_by__role=Role.ADMIN).state == "active"


def test_a_right_lost_on_hold_is_not_used(review, by):
    ready(review, 1)
    due(review, by)
    work()
    Member.objects.filter(pk=by.pk).update(role=Role.READER)

    hold_over()
    work()

    assert (last().state, Change.objects.count()) == (State.WAITING, 0)


def test_stopping_discarding_pausing_and_deleting_end_the_hold(org, review, editor, by):
    ready(review, 1)
    at = f"/o/halden/assessments/{review.pk}/timetables"
    for how in ("stop", "discard", "pause", "delete"):
        timetable = due(review, by)
        work()
        plan = last().plan_id
        page = f"/o/halden/plans/{plan}/discard/" if how == "discard" else f"{at}/{timetable.pk}/{how}/"
        assert editor.post(page).status_code == 302

        hold_over()
        work()

        assert not Change.objects.exists(), how
        Timetable.objects.all().delete()
        Plan.objects.all().delete()
    assert AuditEntry.objects.filter(verb__startswith="timetable.").count() == 7


def test_an_undecided_plan_keeps_later_ones_away(review, editor, by):
    ready(review, 1)
    timetable = due(review, by)
    work()
    editor.post(f"/o/halden/assessments/{review.pk}/timetables/{timetable.pk}/stop/")
    Timetable.objects.filter(pk=timetable.pk).update(next_run_at=timezone.now())

    work()

    assert (last().state, Plan.objects.count()) == (State.NOTHING, 1)
    listed = editor.get(f"/o/halden/assessments/{review.pk}/timetables/")
    assert "neither applied nor discarded" in text(listed)
    assert f"/o/halden/plans/{Plan.objects.get().pk}/" in listed.content.decode()


def test_a_failed_job_is_not_begun_again_each_minute(review, by):
    timetable = due(review, by)
    Job.objects.create(
        org=review.org, kind="run-timetable", target=str(timetable.pk), state="failed", finished_at=timezone.now()
    )

    assert timetable_runs.start_due_timetables() == 0
    Job.objects.update(finished_at=timezone.now() - timedelta(hours=2))
    assert timetable_runs.start_due_timetables() == 1
    Timetable.objects.update(next_run_at=timezone.now())
    type(review.org).objects.update(paused=True)
    assert timetable_runs.start_due_timetables() == 0
