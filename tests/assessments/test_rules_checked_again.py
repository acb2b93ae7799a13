"""Plans that a rule made take their rows from the rule anew when they are checked again."""

import pytest
from django.utils import timezone

from assessments.critical import name_evaluators
from assessments.models import Editions, Evaluation, Subject
from assessments.plans_of_statuses import plan_by_rule, plan_statuses
from directory.models import Person
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.plans.make import moved, validate_again
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text


@pytest.fixture
def org(db):
    made = organisation()
    Credential.objects.create(org=made, host="https://engine.example", version="2.5")
    return made


@pytest.fixture
def team(org):
    """A manager and six people below."""
    crew = people(org, 7)
    Person.objects.filter(pk__in=[one.pk for one in crew[1:]]).update(manager_email=crew[0].email)
    return list(Person.objects.order_by("pk"))


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.get(role=Role.EDITOR)


def checked_again(editor):
    plan = Plan.objects.get()
    return text(editor.post(f"/o/halden/plans/{plan.pk}/validate/", follow=True))


def lines():
    return list(Plan.objects.get().lines.exclude(state="").order_by("number").values_list("action", "about"))


def single(org, review, subject):
    """The server removes single evaluators of the subject's assessment."""
    Editions.objects.create(org=org, assessment=review, subject=subject, seen_at=timezone.now(), facts={"edition": 0})


def test_hierarchy_chooses_evaluators_of_who_came_since(review, team, editor):
    first, second = team[1:3]
    subjects(review, [first])
    form = {"manager": "on", "peers": 0, "seed": "A"}
    editor.post(f"/o/halden/assessments/{review.pk}/evaluators/hierarchy/", form)
    assert lines() == [("add", first.vendor_id)]
    assert not moved(Plan.objects.get())
    subjects(review, [second])
    assert moved(Plan.objects.get())

    shown = checked_again(editor)

    assert "1 line is different now." in shown
    assert lines() == [("add", first.vendor_id), ("add", second.vendor_id)]
    assert "every line is as before" in checked_again(editor)


def test_earlier_evaluators_are_taken_for_who_came_since(org, review, team, editor):
    earlier = assessment(org, "Last year")
    for one in subjects(earlier, team[1:3]):
        evaluations(one, team[4:5], "Peer")
    subjects(review, team[1:2])
    editor.post(f"/o/halden/assessments/{review.pk}/evaluators/earlier/", {"earlier": earlier.pk})
    subjects(review, team[2:3])

    shown = checked_again(editor)

    assert "2 lines are different now." in shown
    assert [about for _action, about in lines()] == [one.vendor_id for one in (team[1], team[1], team[2], team[2])]


def test_leaver_leaves_what_was_asked_since_too(org, review, team, editor):
    first, second = subjects(review, team[1:3])
    single(org, review, first)
    evaluations(first, team[4:5], "Peer", "NotStarted")
    form = {"replacement": team[5].email, "relationships": ["Peer"]}
    editor.post(f"/o/halden/people/{team[4].pk}/leaves/", form)
    assert [action for action, _about in lines()] == ["add", "remove"]
    evaluations(second, team[4:5], "Peer", "NotStarted")

    shown = checked_again(editor)

    assert "2 lines are different now." in shown
    assert [action for action, _about in lines()] == ["add", "remove", "add", "remove"]


def test_new_manager_takes_over_from_who_is_the_manager_now(org, review, team, editor):
    [subject] = subjects(review, team[1:2])
    single(org, review, subject)
    form = {"manager": team[0].email, "choice": "replace", "relationship": "Peer"}
    editor.post(f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/new-manager/", form)
    assert [action for action, _about in lines()] == ["add"]
    evaluations(subject, team[3:4], "Manager", "NotStarted")

    checked_again(editor)

    assert [action for action, _about in lines()] == ["add", "remove"]


def test_load_is_counted_anew_over_other_assessments(org, review, team, editor):
    first, second = subjects(review, team[1:3])
    single(org, review, first)
    for one in (first, second):
        evaluations(one, team[4:5], "Peer", "NotStarted")
    editor.post("/o/halden/people/load/move/", {"most": 1, "seed": "a"})
    assert len(lines()) == 2
    other = assessment(org, "Other review")
    for one in subjects(other, [team[3], team[5]]):
        single(org, other, one)
        evaluations(one, team[4:5], "Peer", "NotStarted")

    checked_again(editor)

    assert len(lines()) == 6
    assert set(Plan.objects.get().options["assessments"]) == {review.vendor_id, other.vendor_id}


def test_rule_for_done_looks_at_subjects_who_came_since(review, team, by):
    [first] = subjects(review, team[1:2])
    evaluations(first, team[3:4], "Peer")
    plan = plan_by_rule(review, {"Peer": 1}, by=by)
    [second] = subjects(review, team[2:3])
    evaluations(second, team[3:4], "Peer")

    differing = validate_again(plan, by=by)

    assert differing == 1
    assert {about for _action, about in lines()} == {first.vendor_id, second.vendor_id}


def test_rule_for_done_leaves_out_who_waits_for_a_named_evaluator(review, team, by):
    first, second = subjects(review, team[1:3])
    evaluations(first, team[3:4], "Peer")
    evaluations(first, team[4:5], "Peer", "InProgress")
    evaluations(second, team[3:4], "Peer")
    plan = plan_by_rule(review, {"Peer": 1}, by=by)
    assert [action for action, _about in lines()] == ["change", "change"]
    name_evaluators(first, [team[4].vendor_id], by=by)
    assert moved(plan)

    validate_again(plan, by=by)

    kept = {line.about: (line.action, str(line.reason)) for line in plan.lines.exclude(state="")}
    assert kept[second.vendor_id][0] == "change"
    skipped = plan.lines.get(action="skip")
    assert (skipped.about, str(skipped.reason)) == (first.vendor_id, "0 of 1 named evaluator finished.")


def test_selection_stays_what_was_selected(review, team, by):
    subjects(review, team[1:2])
    plan = plan_statuses(review, Subject.objects.all(), by=by, status="Done", source={"from": "selection"})
    subjects(review, team[2:3])

    assert validate_again(plan, by=by) == 0
    assert len(lines()) == 1


def test_rule_about_an_erased_person_keeps_its_rows(org, review, team, editor):
    [subject] = subjects(review, team[1:2])
    single(org, review, subject)
    evaluations(subject, team[4:5], "Peer", "NotStarted")
    editor.post(f"/o/halden/people/{team[4].pk}/leaves/", {"replacement": "", "relationships": []})
    Evaluation.objects.update(evaluator=None)
    Person.objects.filter(pk=team[4].pk).delete()

    checked_again(editor)

    assert [action for action, _about in lines()] == ["remove"]


def test_another_admin_gets_the_rows_of_who_made_the_plan(org, review, team, editor, by):
    Person.objects.filter(pk=team[1].pk).update(email=by.user.email)
    subjects(review, list(Person.objects.filter(pk__in=[team[1].pk, team[2].pk])))
    form = {"manager": "on", "peers": 0, "seed": "A"}
    editor.post(f"/o/halden/assessments/{review.pk}/evaluators/hierarchy/", form)

    checked_again(browser(org, Role.ADMIN))

    assert lines() == [("add", team[2].vendor_id)]


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_check_nothing_again(org, review, team, editor, role, code):
    subjects(review, team[1:2])
    form = {"manager": "on", "peers": 0, "seed": "A"}
    editor.post(f"/o/halden/assessments/{review.pk}/evaluators/hierarchy/", form)
    subjects(review, team[2:3])
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)

    assert client.post(f"/o/halden/plans/{Plan.objects.get().pk}/validate/").status_code == code
    assert len(lines()) == 1
    assert not Change.objects.exists()
