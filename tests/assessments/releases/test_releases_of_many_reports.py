"""Reports are released to many readers by one plan: by days, held, resumed, withdrawn, and by two people if many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.critical import name_evaluators
from assessments.gate import set_rule
from assessments.mailings import REPORT_REMINDER
from assessments.models import Mail, ReportAccess, Subject
from assessments.plans_of_releases import plan_ending, plan_release
from assessments.release_lines import HOLD, WITHDRAW
from assessments.release_steps import FIELD, RELATIONSHIP, Steps
from assessments.report_access import mirror_access
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.outbox.serialize import restored, stored
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, share_plan, undo_plan
from qxportal.threesixty.calls.report_access import SetReportAccesses
from qxportal.threesixty.records.report_access import ReportAccessRecord
from tests.assessments.releases.readers import BOSS, COACH, DAY
from tests.support.mirrored_rows import browser, credential, evaluations, people


@pytest.fixture
def admin(org):
    browser(org, Role.ADMIN)
    return Member.objects.select_related("user", "org").get(role=Role.ADMIN)


def steps(**fields: Any) -> Steps:
    return Steps(**{"first": timezone.localdate() + DAY, "days": 30, "subject": 5, "manager": 2, **fields})


def planned(review, by, **fields: Any) -> Plan:
    rows = Subject.objects.filter(assessment=review).select_related("person", "assessment").order_by("pk")
    return plan_release(review, rows, steps(**fields), by=by, source={"from": "selection"})


def lines(plan: Plan) -> list[tuple[str, str, str, str]]:
    """Action, subject, reader and first day of each line."""
    rows = plan.lines.order_by("label", "new__viewer", "pk")
    return [(one.action, one.label, one.new.get("reader", ""), one.new.get("from", "")) for one in rows]


def applied(plan: Plan, by: Member) -> Plan:
    apply_plan(Plan.objects.select_related("org", "job", "undo_of").get(pk=plan.pk), by=by, typed=plan.acting)
    Change.objects.filter(plan_lines__plan=plan).update(state="done", settled_at=timezone.now())
    plan.lines.filter(state="sent").update(state="done")
    Plan.objects.filter(pk=plan.pk).update(state="applied")
    return Plan.objects.select_related("org", "job", "undo_of").get(pk=plan.pk)


def as_sent(review) -> None:
    """The server has what was sent, and the mirror read it."""
    told: dict[tuple[str, str], ReportAccessRecord] = {}
    now = timezone.now()
    for sent in singly():
        key = (sent["subject_id"], sent["person_id"])
        before = told.get(key)
        until = datetime.fromisoformat(sent["until_at"]) if sent.get("until_at") else None
        from_at = (
            datetime.fromisoformat(sent["from_at"]) if sent.get("from_at") else (before.from_at if before else None)
        )
        state = "Ended" if until and until <= now else "Planned" if from_at and from_at > now else "Open"
        told[key] = ReportAccessRecord(
            subject_id=key[0],
            person_id=key[1],
            first_name="Reader",
            last_name=key[1][-2:],
            viewer=sent["viewer"],
            from_at=from_at,
            until_at=until,
            edition=sent.get("edition") or 0,
            state=state,
        )
    mirror_access(review, list(told.values()), as_of=timezone.now())


def singly() -> list[dict[str, Any]]:
    """What was sent for each reader, also where one request is about many."""
    calls = [restored(change) for change in Change.objects.order_by("created_at", "pk")]
    every = [one for call in calls for one in (call.singles() if isinstance(call, SetReportAccesses) else (call,))]
    return [stored(one) for one in every]


def sent() -> list[dict[str, Any]]:
    return [change.parameters for change in Change.objects.order_by("created_at", "pk")]


def test_plan_names_each_reader_with_days_and_why_there_is_none(review, admin):
    plan = planned(review, admin)
    first = timezone.localdate() + DAY
    manager, subject = (first + 2 * DAY).isoformat(), (first + 5 * DAY).isoformat()

    assert lines(plan) == [
        ("add", "Amara Okoro", str(Person.objects.get(vendor_id=BOSS)), manager),
        ("add", "Amara Okoro", "Amara Okoro", subject),
        ("add", "Bastian Okoro", str(Person.objects.get(vendor_id=BOSS)), manager),
        ("add", "Bastian Okoro", "Bastian Okoro", subject),
        ("refuse", "Chiara Okoro", "", ""),
        ("add", "Chiara Okoro", "Chiara Okoro", subject),
    ]
    refused = plan.lines.get(action="refuse")
    assert str(refused.reason) == "The directory does not name exactly one manager."
    assert {one.new["until"] for one in plan.lines.filter(new__viewer="Subject", action="add")} == {
        (first + 34 * DAY).isoformat()
    }


def test_applying_sends_days_of_the_organisations_zone_by_vendor_ids(review, admin):
    Organisation.objects.update(time_zone="Europe/Vienna")
    review.org.refresh_from_db()
    first = datetime(2040, 1, 10).date()  # noqa: DTZ001

    applied(planned(review, admin, first=first, subject=None), admin)

    assert {(one["person_id"], one["viewer"], one["subject_id"]) for one in sent()} == {
        (BOSS, "Manager", f"P_{0:015}"),
        (BOSS, "Manager", f"P_{1:015}"),
    }
    times = {(datetime.fromisoformat(one["from_at"]), datetime.fromisoformat(one["until_at"])) for one in sent()}
    assert times == {(datetime(2040, 1, 11, 23, tzinfo=UTC), datetime(2040, 2, 10, 23, tzinfo=UTC))}
    assert len({one["idempotency_key"] for one in sent()}) == 2
    entry = AuditEntry.objects.get(verb="reports.released")
    assert sorted(entry.details["about"]) == [f"P_{0:015}", f"P_{1:015}"]


def test_nobody_gets_a_report_that_cannot_be_released(review, admin):
    one, two, three = Subject.objects.order_by("pk")
    Subject.objects.filter(pk=one.pk).update(status="Waiting")
    evaluations(two, people(review.org, 1, start=40), "Peer")
    set_rule(review, {"Peer": 1}, by=admin)

    plan = planned(review, admin)
    plan.lines.filter(new__viewer="Manager").delete()

    reasons = {line.label: (line.action, str(line.reason)) for line in plan.lines.all()}
    assert reasons == {
        str(one): ("refuse", "Not done."),  # one line, whoever would have read it
        str(two): ("add", ""),
        str(three): ("refuse", "Requirements not met. Peer: 0 of 1 finished."),
    }


def test_evaluator_named_since_the_preview_stops_a_release(review, admin):
    one, *_rest = Subject.objects.order_by("pk")
    [late] = people(review.org, 1, start=40)
    evaluations(one, [late], "Peer", "NotStarted")
    plan = planned(review, admin)
    name_evaluators(one, [late.vendor_id], by=admin)

    with pytest.raises(PlanMoved):
        apply_plan(plan, by=admin, typed=plan.acting)

    refused = plan.lines.get(about=one.vendor_id)
    assert (refused.action, str(refused.reason)) == (
        "refuse",
        "Requirements not met. 0 of 1 named evaluator finished.",
    )
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("said", "action", "reason"),
    [
        (COACH, "add", ""),
        ("K-7", "add", ""),
        ("coach@halden.example", "refuse", "The field holds an e-mail address. It has to hold the coach’s identifier."),
        ("K-8", "refuse", "No one in the directory has the identifier K-8."),
        ("", "refuse", "No coach is named."),
    ],
)
def test_coach_by_a_field_is_an_identifier_never_an_address(review, admin, said, action, reason):
    Person.objects.filter(vendor_id=COACH).update(email="coach@halden.example", raw={"ExternalDataReference": "K-7"})
    Person.objects.filter(vendor_id=f"P_{0:015}").update(metadata={"Coach": said})
    rows = Subject.objects.filter(vendor_id=f"P_{0:015}").select_related("person", "assessment")
    wanted = steps(subject=None, manager=None, coach=0, coaches_by=FIELD, coaches_in="Coach")

    plan = plan_release(review, rows, wanted, by=admin, source={"from": "selection"})

    line = plan.lines.get()
    assert (line.action, str(line.reason)) == (action, reason)
    if action == "add":
        assert line.data["reader"] == COACH


def test_coaches_are_named_for_all_or_evaluate_in_a_relationship(review, admin):
    first = Subject.objects.order_by("pk")[0]
    coach = Person.objects.get(vendor_id=COACH)
    evaluations(first, [coach], "Mentor")

    named = planned(review, admin, subject=None, manager=None, coach=0, coaches=(COACH,))
    related = planned(review, admin, subject=None, manager=None, coach=0, coaches_by=RELATIONSHIP, coaches_in="Mentor")

    assert [one[0] for one in lines(named)] == ["add"] * 3
    assert [one[0] for one in lines(related)] == ["add", "refuse", "refuse"]
    assert {one.data["viewer"] for one in named.lines.all()} == {"Other"}


def test_release_never_shortens_what_a_reader_has(review, admin):
    key = f"P_{0:015}"
    now = timezone.now()
    record = ReportAccessRecord(subject_id=key, person_id=key, viewer="Subject", from_at=now - DAY, until_at=None)
    mirror_access(review, [record], as_of=now)

    plan = planned(review, admin, manager=None)

    assert {line.key: (line.action, str(line.reason)) for line in plan.lines.filter(about=key)} == {
        f"{key}:{key}": ("skip", "Already released.")
    }


def test_hold_stops_what_has_not_begun_and_resuming_moves_the_days(review, admin):
    applied(planned(review, admin, first=timezone.localdate(), manager=0), admin)
    as_sent(review)
    held = plan_ending(review, HOLD, Subject.objects.filter(assessment=review), by=admin)
    assert {line.data["viewer"] for line in held.lines.all()} == {"Subject"}  # managers can open it since today

    held = applied(held, admin)
    ended = [one for one in sent() if one.get("until_at") and one.get("from_at") is None]
    assert len(ended) == 3
    as_sent(review)
    Plan.objects.filter(pk=held.pk).update(applied_at=timezone.now() - 3 * DAY)
    held.refresh_from_db()

    resumed = undo_plan(held, by=admin)

    day = (timezone.localdate() + 5 * DAY + 3 * DAY).isoformat()
    assert {(line.action, line.new["from"]) for line in resumed.lines.all()} == {("add", day)}


def test_many_readers_are_held_and_resume_in_one_request_each(review, admin, key_ring):
    credential(review.org)
    applied(planned(review, admin), admin)
    as_sent(review)
    before = {(one["subject_id"], one["person_id"]): one for one in singly()}
    held = applied(plan_ending(review, HOLD, Subject.objects.filter(assessment=review), by=admin), admin)
    assert held.acting == len(before) == 5
    as_sent(review)

    applied(undo_plan(held, by=admin), admin)

    assert [change.request for change in Change.objects.all()] == ["qxSetReportAccesses"] * 3
    resumed = singly()[-len(before) :]
    assert {(one["subject_id"], one["person_id"]) for one in resumed} == set(before)
    for one in resumed:
        was = before[one["subject_id"], one["person_id"]]
        assert (one["viewer"], one.get("edition")) == (was["viewer"], was.get("edition"))
        for name in ("from_at", "until_at"):  # later by the days that it was held
            assert datetime.fromisoformat(one[name]) >= datetime.fromisoformat(was[name])


def test_withdrawing_ends_every_access_and_undoing_gives_the_same_edition(review, admin):
    now, key = timezone.now(), f"P_{0:015}"
    readers = [
        ReportAccessRecord(subject_id=key, person_id=key, viewer="Subject", from_at=now - DAY, edition=2),
        ReportAccessRecord(subject_id=key, person_id=BOSS, viewer="Manager", from_at=now + DAY, state="Planned"),
        ReportAccessRecord(subject_id=key, person_id=COACH, from_at=now - DAY, until_at=now - timedelta(hours=1)),
    ]
    mirror_access(review, readers, as_of=now)

    plan = applied(plan_ending(review, WITHDRAW, Subject.objects.filter(assessment=review), by=admin), admin)

    assert {(one["person_id"], one.get("edition")) for one in sent()} == {(key, 2), (BOSS, None)}
    assert all(datetime.fromisoformat(one["until_at"]) <= timezone.now() for one in sent())
    as_sent(review)
    again = undo_plan(plan, by=admin)
    assert {line.data["edition"] for line in again.lines.filter(action="add", about=key, data__reader=key)} == {2}


@pytest.mark.parametrize(("tick", "notify"), [({"tell": "on"}, True), ({}, None)])
def test_readers_are_told_by_mail_where_the_plan_says_so(review, tick, notify):
    client = browser(review.org, Role.ADMIN)
    plan = planned(review, Member.objects.get(role=Role.ADMIN))
    page = client.get(f"/o/halden/plans/{plan.pk}/").content.decode()

    answer = client.post(f"/o/halden/plans/{plan.pk}/apply/", {"seen": Plan.objects.get().seen, **tick})

    assert "Tell readers by mail as soon as they can open it" in page
    assert answer.status_code == 302
    assert {one.get("notify") for one in sent()} == {notify}


def test_readers_of_a_week_who_opened_nothing_can_be_reminded(review, admin):
    now, key = timezone.now(), f"P_{0:015}"
    values: dict[str, Any] = {"subject_id": key, "first_name": "A", "from_at": now - 8 * DAY, "state": "Open"}
    readers = [
        ReportAccessRecord(person_id=BOSS, viewer="Manager", **values),
        ReportAccessRecord(person_id=COACH, opened_at=now, downloaded_at=now, **values),
        ReportAccessRecord(person_id=key, viewer="Subject", **{**values, "from_at": now - 6 * DAY}),
    ]
    mirror_access(review, readers, as_of=now)
    client = browser(review.org, Role.OWNER)

    audience = audience_of(admin, review, REPORT_REMINDER)
    page = " ".join(client.get(f"/o/halden/assessments/{review.pk}/reports/releases/").content.decode().split())

    assert [one.key for one in audience.recipients] == [BOSS]
    assert "1 reader could open a report for a week and has not." in page
    assert "PDF downloaded" in page
    Mail.objects.create(
        org=review.org,
        assessment=review,
        vendor_id="M_1",
        kind=REPORT_REMINDER,
        person_key=BOSS,
        state="sent",
        created_at=now - DAY,
    )
    assert not audience_of(admin, review, REPORT_REMINDER).recipients


def test_many_readers_need_a_second_admin(review, admin):
    Organisation.objects.update(release_alone=4)
    review.org.refresh_from_db()
    plan = planned(review, admin)
    assert plan.acting == 5

    with pytest.raises(ActionRefused, match="another member has to apply it"):
        apply_plan(plan, by=admin, typed=plan.acting)
    browser(review.org, Role.OWNER)
    second = Member.objects.select_related("user", "org").get(role=Role.OWNER)
    share_plan(plan, second, by=admin)
    apply_plan(Plan.objects.get(pk=plan.pk), by=second, typed=plan.acting)

    assert Change.objects.count() == 5


def test_withdrawing_needs_no_second_admin(review, admin):
    applied(planned(review, admin, first=timezone.localdate(), manager=0), admin)
    as_sent(review)
    Organisation.objects.update(release_alone=1)
    review.org.refresh_from_db()

    applied(plan_ending(review, WITHDRAW, Subject.objects.filter(assessment=review), by=admin), admin)

    assert ReportAccess.objects.count() == 3
    assert len([one for one in sent() if one.get("from_at") is None]) == 5


def test_own_report_is_released_by_another_member(review, admin):
    Person.objects.filter(vendor_id=f"P_{0:015}").update(email=admin.user.email)
    member = Member.objects.select_related("user", "org").get(pk=admin.pk)

    plan = planned(review, member)

    assert {line.label for line in plan.lines.all()} == {"Bastian Okoro", "Chiara Okoro"}
