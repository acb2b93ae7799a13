"""A release to many readers is one request, at a server that takes it; what it refuses is told reader by reader."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.models import ReportAccess, Subject
from assessments.plans_of_releases import plan_ending, plan_release
from assessments.release_lines import WITHDRAW
from assessments.release_steps import Steps
from qxportal.accounts.models import Credential
from qxportal.engine.models import Evaluation, Participant
from qxportal.engine.models import ReportAccess as EngineAccess
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.plans.apply import apply_plan

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

MANY, ONE = "qxSetReportAccesses", "qxSetReportAccess"


@pytest.fixture
def ready(connected, scene):
    """Four subjects who are done; one has a manager."""
    engine = connected.engine
    for person in engine.people(3):
        engine.subject(scene, person)
    engine.run(Participant.objects.filter(assessment=scene).update, status="Done", report_ready=True)
    connected.sync()
    return scene


def chosen(connected):
    rows = Subject.objects.filter(assessment=connected.assessment()).select_related("person", "assessment")
    return list(rows.order_by("pk"))


def planned(connected) -> Plan:
    steps = Steps(first=timezone.localdate() + timedelta(days=1), days=30, subject=3, manager=0, unchecked=True)
    assessment = connected.assessment()
    return plan_release(assessment, chosen(connected), steps, by=connected.admin, source={"from": "selection"})


def applied(connected, plan: Plan) -> Plan:
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    for _time in range(4):
        connected.send()
    return Plan.objects.get(pk=plan.pk)


def executed(connected) -> list[str]:
    return [one.request for one in connected.engine.writes(executed=True) if one.request in (MANY, ONE)]


def states(plan: Plan) -> set[str]:
    return set(plan.lines.filter(change__isnull=False).values_list("state", flat=True))


def test_release_and_withdrawal_are_one_request_each(connected, ready):
    plan = applied(connected, planned(connected))

    assert plan.acting == 5
    assert (plan.state, states(plan)) == ("applied", {"done"})
    assert executed(connected) == [MANY]
    assert connected.engine.run(EngineAccess.objects.filter(until_at__isnull=False).count) == 5
    connected.sync()
    assert ReportAccess.objects.filter(assessment=connected.assessment()).count() == len(chosen(connected))

    ending = plan_ending(connected.assessment(), WITHDRAW, chosen(connected), by=connected.admin)
    ended = applied(connected, ending)

    assert (ended.acting, ended.state, states(ended)) == (5, "applied", {"done"})
    assert executed(connected) == [MANY, MANY]
    open_ones = EngineAccess.objects.filter(until_at__gt=timezone.now() + timedelta(hours=1))
    assert connected.engine.run(open_ones.count) == 0


@pytest.mark.parametrize("answered", [True, False])
def test_a_reader_who_is_refused_is_one_failed_line_of_the_plan(connected, ready, answered):
    plan, engine = planned(connected), connected.engine
    alone = plan.lines.get(data__viewer="Manager", action="add").data["subject"]
    evaluations = Evaluation.objects.filter(subject__person__public_id=alone, relationship="Manager")
    engine.run(evaluations.update, relationship="Peer")  # since the last sync
    if not answered:
        engine.fault("500-after", request=MANY)

    plan = applied(connected, plan)

    failed = plan.lines.get(state="failed")
    assert (failed.data["subject"], failed.data["viewer"]) == (alone, "Manager")
    why = "neither the subject" if answered else "Not found when it was checked."
    assert why in str(failed.outcome)
    assert plan.lines.filter(state="done").count() == 4
    change = Change.objects.get(request=MANY)
    assert (change.state, change.partly) == (Change.State.DONE, True)
    assert str(change.attention_message) == "1 reader was refused."
    assert executed(connected) == [MANY]


def test_a_server_without_the_request_is_asked_reader_by_reader(connected, ready):
    Credential.objects.update(names={MANY: "qxNoSuchRequest"})

    plan = applied(connected, planned(connected))

    assert (plan.state, states(plan)) == ("applied", {"done"})
    assert executed(connected) == [ONE] * 5

    connected.sync()
    ending = plan_ending(connected.assessment(), WITHDRAW, chosen(connected), by=connected.admin)
    apply_plan(ending, by=connected.admin, typed=ending.acting)

    recorded = Change.objects.filter(plan_lines__plan=ending)
    assert set(recorded.values_list("request", flat=True)) == {ONE}  # known by now
