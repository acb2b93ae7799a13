"""Late additions: the people, the plan of their deadline and reminders, and its undo."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import came_late
from assessments.brand import mirror_brand
from assessments.models import Evaluation, Mail, Schedule, Subject
from assessments.plans_of_late_additions import intents, plan_late_additions, undo
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Plan, PlanLine
from qxportal.ledger.plans import selectors
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.make import moved
from qxportal.threesixty.records.mailings import BrandRecord
from tests.support.mirrored_rows import (
    assessment,
    browser,
    credential,
    evaluations,
    organisation,
    people,
    subjects,
    text,
)

NOW = timezone.now().replace(microsecond=0)
CLOSES, UNTIL, REMIND = (NOW + timedelta(days=days) for days in (5, 10, 8))


@pytest.fixture
def org(db, key_ring):
    made = organisation()
    credential(made)
    mirror_brand(made, BrandRecord(name="halden", title="Halden", language="EN", mail="on"), as_of=NOW)
    return made


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.get(role=Role.EDITOR)


@pytest.fixture
def review(org):
    """A subject with a peer invited a week ago, one invited yesterday, one invited never, and one who is finished."""
    made = assessment(org)
    staff = people(org, 5)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:4], "Peer", "NotStarted")
    evaluations(subject, staff[4:5], "Peer", "Completed")
    for person, days in ((staff[1], 7), (staff[2], 1), (staff[4], 1)):
        invited(made, person, days)
    dates = dict.fromkeys(("opens_at", "report_at", "opened_at", "closed_at", "reported_at"))
    switches = dict.fromkeys(("close_sessions", "delete_mailings", "ready_reports"), False)
    facts: dict[str, Any] = {
        **dates,
        **switches,
        "closes_at": CLOSES.isoformat(),
        "remind_at": [],
        "problem": "",
        "time_zone": "UTC",
    }
    Schedule.objects.create(org=org, assessment=made, seen_at=NOW, facts={**facts, "extensions": {}})
    return made


def invited(made, person: Person, days: int) -> None:
    Mail.objects.create(
        org=made.org,
        assessment=made,
        vendor_id=f"M_{person.vendor_id}",
        kind="Invite",
        state="sent",
        person_key=person.vendor_id,
        created_at=NOW - timedelta(days=days),
    )


def url(review: Any) -> str:
    return f"/o/halden/assessments/{review.pk}/late/"


def late(review, by) -> list[str]:
    return [one.key for one in came_late(by, review)]


def extended(**extensions: str) -> None:
    row = Schedule.objects.get()
    Schedule.objects.update(facts={**row.facts, "extensions": extensions})


def test_late_people_were_invited_later_or_never(review, by):
    keys = list(Person.objects.order_by("pk").values_list("vendor_id", flat=True))

    assert sorted(late(review, by)) == sorted(keys[2:4])
    Mail.objects.all().delete()
    assert late(review, by) == []


def test_page_plans_deadline_and_reminders_of_selected_people(review, by):
    keys, client = late(review, by), browser(review.org, Role.ADMIN)
    typed = {"person": keys[:1], "until": f"{UNTIL:%Y-%m-%dT%H:%M}", "remind_1": f"{REMIND:%Y-%m-%dT%H:%M}"}

    shown = text(client.get(url(review)))
    answer = client.post(url(review), typed)

    assert all(str(one.name) in shown for one in came_late(by, review))
    plan = Plan.objects.get()
    assert answer.headers["Location"] == f"/o/halden/plans/{plan.pk}/"
    assert [(line.action, line.key.partition(":")[0]) for line in plan.lines.order_by("number")] == [
        ("change", "until"),
        ("add", "remind"),
    ]
    assert plan.lines.get(action="add").data["people"] == keys[:1]
    assert text(client.get(answer.headers["Location"])).count("May answer until") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Enter a deadline or a reminder."),
        ({"until": f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M}"}, "after the closing time"),
        ({"remind_1": f"{CLOSES + timedelta(days=1):%Y-%m-%dT%H:%M}"}, "before the deadline of these people"),
        ({"until": f"{UNTIL:%Y-%m-%dT%H:%M}", "person": []}, "No people are selected."),
    ],
)
def test_form_refuses_beside_the_field(review, by, fields, words):
    answer = browser(review.org, Role.ADMIN).post(url(review), {"person": late(review, by), **fields})

    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not Plan.objects.exists()


def test_applying_sends_a_request_for_each_person_and_reminder(review, by):
    keys = late(review, by)
    plan = plan_late_additions(review, keys, by=by, until=UNTIL, remind_at=[REMIND], message_id="MS_1")

    apply_plan(plan, by=by, typed=None)

    sent = {change.target: change for change in Change.objects.all()}
    assert sorted(change.request for change in sent.values()) == ["qxCreateMailing", *["qxSetExtension"] * 2]
    times = {change.parameters["until"] for change in sent.values() if change.request == "qxSetExtension"}
    assert times == {UNTIL.astimezone(UTC).isoformat()}
    [mailing] = [change for change in sent.values() if change.request == "qxCreateMailing"]
    assert sorted(mailing.parameters["person_ids"]) == sorted(keys)
    assert (mailing.parameters["kind"], mailing.parameters["message_id"]) == ("Reminder", "MS_1")
    assert datetime.fromisoformat(mailing.parameters["scheduled_at"]) == REMIND
    assert all(change.parameters["idempotency_key"] for change in sent.values())


def test_undo_restores_times_and_stops_reminders(review, by):
    first, second = late(review, by)
    plan = plan_late_additions(review, [first, second], by=by, until=UNTIL, remind_at=[REMIND])
    apply_plan(plan, by=by, typed=None)
    Change.objects.filter(request="qxCreateMailing").update(vendor_id="MLG_1")
    Change.objects.update(state=Change.State.DONE, settled_at=NOW)
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)
    extended(**{first: UNTIL.isoformat(), second: (UNTIL + timedelta(days=1)).isoformat()})

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)
    apply_plan(undoing, by=by, typed=undoing.acting)

    told = {line.key: (line.action, str(line.reason)) for line in undoing.lines.all()}
    assert told[f"until:{first}"] == ("change", "")
    assert told[f"until:{second}"] == ("skip", "The deadline has changed since then.")
    back = Change.objects.get(request="qxSetExtension", state=Change.State.PENDING)
    assert (back.parameters["person_id"], back.parameters.get("until")) == (first, None)
    assert Change.objects.get(request="qxCancelMailing").parameters["mailing_id"] == "MLG_1"


def test_undo_ends_an_extension_whose_time_before_has_passed(review, by, monkeypatch):
    key, before = late(review, by)[0], NOW + timedelta(days=7)
    extended(**{key: before.isoformat()})
    plan = plan_late_additions(review, [key], by=by, until=UNTIL, remind_at=[])
    extended(**{key: UNTIL.isoformat()})
    done = list(plan.lines.all())

    [open_still] = undo(plan, done)
    monkeypatch.setattr(timezone, "now", lambda: before)
    [over] = undo(plan, done)

    assert datetime.fromisoformat(str(open_still.data["until"])) == before
    assert (over.data["until"], over.new) == ("", {"until": ""})


def test_person_without_open_evaluations_gets_no_extension(review, by):
    first, second = late(review, by)
    plan = plan_late_additions(review, [first, second], by=by, until=UNTIL, remind_at=[])
    Evaluation.objects.filter(evaluator_key=first).update(status="Completed")
    extended(**{second: UNTIL.isoformat()})

    again = plan_late_additions(review, [first, second], by=by, until=UNTIL, remind_at=[REMIND])

    assert plan.acting == 2
    told = {line.key.partition(":")[2]: (line.action, str(line.reason)) for line in again.lines.all()}
    assert told[first] == ("skip", "Has no open evaluations any more.")
    assert told[second] == ("skip", "Already has this deadline.")
    assert again.lines.get(action="add").data["people"] == [second]


def test_times_that_passed_before_the_plan_was_applied_do_nothing(review, by, monkeypatch):
    keys = late(review, by)
    plan = plan_late_additions(review, keys, by=by, until=UNTIL, remind_at=[REMIND])
    assert not moved(plan)
    monkeypatch.setattr(timezone, "now", lambda: REMIND + timedelta(hours=1))

    assert moved(plan)
    with pytest.raises(ActionRefused):
        apply_plan(plan, by=by, typed=None)

    assert not Change.objects.exists()
    plan.refresh_from_db()
    assert str(plan.lines.get(key__startswith="remind:").reason) == "This time has passed."
    apply_plan(plan, by=by, typed=None)
    assert {change.request for change in Change.objects.all()} == {"qxSetExtension"}


def test_a_reminder_whose_time_passed_is_not_sent_by_a_second_attempt(review, by, monkeypatch):
    plan = plan_late_additions(review, late(review, by), by=by, until=None, remind_at=[REMIND])
    lines = list(plan.lines.all())
    monkeypatch.setattr(timezone, "now", lambda: REMIND)

    with pytest.raises(ActionRefused, match="has passed"):
        list(intents(plan, lines))


def test_evaluation_added_since_the_preview_is_noticed(review, by):
    plan = plan_late_additions(review, late(review, by), by=by, until=UNTIL, remind_at=[])
    assert not moved(plan)

    evaluations(Subject.objects.get(), people(review.org, 1, start=30), "Peer", "NotStarted")

    assert moved(plan)


def test_subjects_of_the_assessment_see_and_plan_nothing(review, by):
    plan = plan_late_additions(review, late(review, by), by=by, until=UNTIL, remind_at=[])
    client = browser(review.org, Role.ADMIN)
    admin = Member.objects.select_related("user", "org").get(role=Role.ADMIN)
    Person.objects.filter(vendor_id=Subject.objects.get().vendor_id).update(email=admin.user.email)
    Subject.objects.update(email=admin.user.email)
    named = [line.label for line in plan.lines.all()]

    page, form = text(client.get(f"/o/halden/plans/{plan.pk}/")), text(client.get(url(review)))

    assert not any(name in page + form for name in named)
    assert list(selectors.lines(admin, plan)) == []
    with pytest.raises(ActionRefused, match="is about you"):
        apply_plan(Plan.objects.get(pk=plan.pk), by=admin, typed=None)
    with pytest.raises(ActionRefused, match="This is about you"):
        plan_late_additions(review, named, by=admin, until=UNTIL, remind_at=[])


def test_readers_and_others_plan_nothing(review):
    other = organisation("rival", "Rival")

    assert browser(review.org, Role.READER).get(url(review)).status_code == 403
    assert browser(other, Role.OWNER).get(url(review)).status_code == 404
