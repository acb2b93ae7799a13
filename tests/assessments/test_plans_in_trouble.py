"""Plans that are disturbed: by another member or tab, by a worker that ends, or by somebody whom they are about."""

import uuid

import pytest
from django.utils import timezone

from assessments import plans_of_people
from assessments.leaving import leaver_rows
from assessments.models import Editions, Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations
from assessments.plans_of_statuses import plan_statuses
from directory.models import Person
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import cancel, retry
from qxportal.ledger.models import Change, Job, Plan
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans import apply, make
from qxportal.ledger.plans.apply import apply_plan, record_plan, retry_plan, undo_plan
from qxportal.ledger.plans.make import make_plan, validate_again
from qxportal.ledger.plans.sources import SourceRow
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


def test_form_that_was_sent_with_other_choices_is_another_plan(org, review, editor):
    made = subjects(review, people(org, 3))
    form = {"status": "Done", "intent": str(uuid.uuid4()), "subject": [made[0].pk]}
    page = f"/o/halden/assessments/{review.pk}/subjects/status/"

    first = editor.post(page, form)["Location"]
    again = editor.post(page, form)["Location"]
    other = editor.post(page, {**form, "subject": [one.pk for one in made]}, follow=True)  # after going back

    assert first == again
    assert Plan.objects.count() == 2
    assert "Mark 3 subjects as done" in text(other)


def test_recording_begun_anew_leaves_recorded_lines_alone(org, review, by, monkeypatch):
    monkeypatch.setattr(apply, "INLINE", 1)
    made = subjects(review, people(org, 3))
    plan = marked_done(review, by)
    job = apply_plan(plan, by=by, typed=None)
    record_plan(job)
    changed(made[0], status="Done")  # the first line was sent and its change read

    record_plan(job)  # the worker was killed before the job ended

    assert set(plan.lines.values_list("state", flat=True)) == {"sent"}
    assert plan.lines.exclude(change=None).count() == 3


def test_recording_cancelled_meanwhile_sends_nothing(org, review, by, monkeypatch):
    monkeypatch.setattr(apply, "INLINE", 1)
    subjects(review, people(org, 3))
    plan = marked_done(review, by)
    job = apply_plan(plan, by=by, typed=None)
    monkeypatch.setattr(apply, "expect", lambda row, _total: cancel(row, by=by))

    record_plan(job)

    plan.refresh_from_db()
    assert (plan.state, Change.objects.count()) == (Plan.State.READY, 0)


def test_recording_that_was_tried_again_is_done(org, review, by, monkeypatch):
    monkeypatch.setattr(apply, "INLINE", 1)
    subjects(review, people(org, 3))
    plan = marked_done(review, by)
    job = apply_plan(plan, by=by, typed=None)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED)

    record_plan(retry(job, by=by))

    assert Change.objects.count() == 3


def test_own_record_is_changed_by_another_member(org, editor, by):
    [one, _other] = people(org, 2)
    Person.objects.filter(pk=one.pk).update(email=by.user.email)
    admin = browser(org, Role.ADMIN)
    maker = Member.objects.get(role=Role.ADMIN)
    rows = [SourceRow(2, {"email": by.user.email, "first_name": "Boss"})]
    plan = make_plan(org, "people", rows, by=maker, title="People", source=SELECTED)
    admin.post(f"/o/halden/plans/{plan.pk}/share/", {"member": by.pk})

    answer = editor.post(f"/o/halden/plans/{plan.pk}/apply/")

    assert answer.status_code == 422
    assert not Change.objects.exists()


def test_large_plan_is_shown_while_its_lines_wait(org, review, editor, by, monkeypatch):
    monkeypatch.setattr(apply, "INLINE", 1)
    subjects(review, people(org, 3))
    plan = marked_done(review, by)
    shown = editor.post(f"/o/halden/plans/{plan.pk}/apply/", follow=True)
    assert shown.status_code == 200
    assert "Applying" in text(shown)
    assert editor.get(f"/o/halden/plans/{plan.pk}/progress/").status_code == 200
    assert editor.get(f"/o/halden/jobs/{Job.objects.get().pk}/").status_code == 200


def post_all(client, plan, **posted):
    verbs = ("apply", "validate", "discard", "undo", "retry", "share")
    return {verb: client.post(f"/o/halden/plans/{plan.pk}/{verb}/", posted).status_code for verb in verbs}


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_roles_below_editors_post_nothing(org, review, by, role):
    subjects(review, people(org, 2))
    plan = marked_done(review, by)
    assert set(post_all(browser(org, role), plan).values()) == {403}
    assert Plan.objects.get(pk=plan.pk).state == "ready"


def test_other_organisation_posts_nothing_and_is_not_shared_with(org, review, editor, by):
    subjects(review, people(org, 2))
    plan = marked_done(review, by)
    rival = organisation("rival", "Rival")
    foreign = browser(rival, Role.OWNER)
    other = Member.objects.get(org=rival)
    assert set(post_all(foreign, plan).values()) == {404}
    verbs = ("apply", "validate", "discard", "undo", "retry", "share", "rows")
    assert {foreign.post(f"/o/rival/plans/{plan.pk}/{verb}/").status_code for verb in verbs} == {404}
    editor.post(f"/o/halden/plans/{plan.pk}/share/", {"member": other.pk})
    assert not Plan.objects.get(pk=plan.pk).shared_with.exists()


def test_list_shows_plans_that_were_applied_in_part(org, review, editor, by):
    subjects(review, people(org, 2))
    plan = marked_done(review, by)
    apply_plan(plan, by=by, typed=None)
    first, second = Change.objects.order_by("number")
    transition(first, Change.State.DONE, sent_at=timezone.now())
    transition(second, Change.State.REFUSED, status_message="No such subject.", sent_at=timezone.now())

    rows = editor.get("/o/halden/plans/").content.decode().split("<tbody")[1].split("</tbody>")[0]

    assert "Applied in part" in rows


def test_checking_again_does_not_take_a_plan_back_that_is_applied(org, review, by, monkeypatch):
    subjects(review, people(org, 3))
    plan = marked_done(review, by)
    seen_earlier = Plan.objects.get(pk=plan.pk)
    apply_plan(plan, by=by, typed=None)
    monkeypatch.setattr(make, "INLINE", 1)

    with pytest.raises(ActionRefused):
        validate_again(seen_earlier, by=by)

    assert Plan.objects.get(pk=plan.pk).state == "applying"


def test_lines_that_another_member_changed_are_shown_first(org, review, editor, by):
    made = subjects(review, people(org, 3))
    plan = marked_done(review, by)
    page = editor.get(f"/o/halden/plans/{plan.pk}/").content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    changed(made[0], status="Done")
    validate_again(Plan.objects.get(pk=plan.pk), by=by)  # in another tab

    stopped = editor.post(f"/o/halden/plans/{plan.pk}/apply/", {"seen": seen})

    assert stopped.status_code == 422
    assert not Change.objects.exists()
    now = stopped.content.decode().split('name="seen" value="')[1].split('"')[0]
    assert editor.post(f"/o/halden/plans/{plan.pk}/apply/", {"seen": now}).status_code == 302


@pytest.fixture
def leaver(org, review):
    """A plan's rows: somebody is replaced as the evaluator of two subjects."""
    Credential.objects.create(org=org, host="https://engine.example", version="2.5")
    crew = people(org, 4)
    for one in subjects(review, crew[:2]):
        Editions.objects.create(org=org, assessment=review, subject=one, seen_at=timezone.now(), facts={"edition": 0})
        evaluations(one, [crew[2]], "Peer", "NotStarted")
    return list(leaver_rows(Evaluation.objects.order_by("pk"), replacement=crew[3], replaced=["Peer"]))


def test_leaver_stays_where_the_replacement_was_not_taken(org, leaver, by):
    plan = plan_evaluations(org, leaver, by=by, title="Leaves", source=SELECTED)
    apply_plan(plan, by=by, typed=None)
    asked, first, second = Change.objects.order_by("number")
    assert {first.depends_on, second.depends_on} == {asked}

    left = {"ignored_count": 1, "ignored": [{"row": 3, "reason": "Taken."}]}
    transition(asked, Change.State.DONE, sent_at=timezone.now(), result=left)

    states = dict(plan.lines.values_list("key", "state"))
    assert list(states.values()) == ["done", "sent", "failed", "not-sent"]
    assert Change.objects.get(pk=second.pk).state == Change.State.REFUSED
    first.refresh_from_db()
    transition(first, Change.State.DONE, sent_at=timezone.now())
    again = retry_plan(Plan.objects.get(pk=plan.pk), by=by)
    asked, removed = again.changes.order_by("number")
    assert removed.depends_on == asked


def test_leaver_stays_where_nobody_tells_which_replacement_was_taken(org, leaver, by):
    plan = plan_evaluations(org, leaver, by=by, title="Leaves", source=SELECTED)
    apply_plan(plan, by=by, typed=None)

    transition(
        Change.objects.earliest("number"), Change.State.DONE, sent_at=timezone.now(), result={"ignored_count": 1}
    )

    assert list(plan.lines.values_list("state", flat=True)) == ["done", "not-sent", "done", "not-sent"]


def test_undo_takes_the_replacement_out_after_the_leaver_is_back(org, leaver, by):
    plan = plan_evaluations(org, leaver, by=by, title="Leaves", source=SELECTED)
    apply_plan(plan, by=by, typed=None)
    for change in Change.objects.order_by("number"):
        transition(change, Change.State.DONE, sent_at=timezone.now())
    for line in plan.lines.filter(action="add"):
        person = Person.objects.get(vendor_id=line.data["evaluator"])
        evaluations(Subject.objects.get(vendor_id=line.about), [person], "Peer", "NotStarted")
    Evaluation.objects.filter(evaluator_key=plan.lines.filter(action="remove")[0].data["evaluator"]).delete()
    plan.refresh_from_db()

    undoing = undo_plan(plan, by=by)
    job = apply_plan(undoing, by=by, typed=None)

    asked, first, second = job.changes.order_by("number")
    assert (asked.request, {first.depends_on, second.depends_on}) == ("importPersons", {asked})


def test_lines_about_what_was_forgotten_are_not_sent(org, leaver, by):
    plan = plan_evaluations(org, leaver, by=by, title="Leaves", source=SELECTED)
    apply_plan(plan, by=by, typed=None)
    transition(Change.objects.earliest("number"), Change.State.REFUSED, status_message="No.", sent_at=timezone.now())
    Person.objects.filter(vendor_id=plan.lines.filter(action="add")[0].data["evaluator"]).delete()

    again = retry_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert not again.changes.exists()
    assert set(plan.lines.values_list("state", flat=True)) == {"not-sent"}
    assert Plan.objects.get(pk=plan.pk).state == "applied"


def test_undo_removes_nobody_whose_address_two_people_have(org, by, key_ring, monkeypatch):
    monkeypatch.setattr(plans_of_people, "why_not_removable", lambda _org: "")
    rows = [SourceRow(2, {"email": "new@halden.example", "first_name": "Nia", "last_name": "New"})]
    plan = make_plan(org, "people", rows, by=by, title="People", source=SELECTED)
    apply_plan(plan, by=by, typed=None)
    transition(Change.objects.get(), Change.State.DONE, sent_at=timezone.now())
    for person in people(org, 2):
        Person.objects.filter(pk=person.pk).update(email="new@halden.example")
    plan.refresh_from_db()

    undoing = undo_plan(plan, by=by)

    assert undoing.acting == 0
