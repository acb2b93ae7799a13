"""Changes of one chain keep their order; an unclear one holds back what builds on it, and nothing else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments import commands, evaluator_commands, subject_commands
from assessments.any_request import record_call
from assessments.models import Subject
from directory.commands import create_person
from directory.models import Person
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.ordering import earlier_ones
from qxportal.ledger.outbox.record import record
from qxportal.ledger.outbox.review import resolve
from qxportal.threesixty.calls.assessments import UpdateAssessment
from qxportal.threesixty.calls.persons import AddPerson
from tests.support.built_once import built_once
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture(autouse=True)
def quick_looks(settings):
    settings.VERIFY_FIRST, settings.VERIFY_EVERY = timedelta(0), timedelta(hours=1)  # an unclear outcome stays unclear
    settings.VERIFY_SPAN, settings.VERIFY_TIMES = timedelta(0), 2


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    review = engine.assessment("Leadership review", relationships=("Customer",))
    for person in engine.people(4)[:3]:
        engine.subject(review, person)
    connected.sync()
    return review


def subjects(connected):
    return list(Subject.objects.filter(org=connected.org).select_related("assessment", "org").order_by("pk"))


def set_done(connected, subject, **fields):
    return subject_commands.set_subject_status(
        subject, by=connected.admin, **{"status": "Done", "close_sessions": False, **fields}
    )


def states(connected, *changes):
    return [connected.settled(change).state for change in changes]


def executed(connected):
    return [call.request for call in connected.engine.writes(executed=True)]


def test_an_unknown_change_holds_back_the_same_subject_and_no_other(connected, scene):
    anna, boris, _chen = subjects(connected)
    connected.engine.fault("500-before", request="setSubjectStatus")
    unclear = set_done(connected, anna)
    removal = subject_commands.remove_subject(anna, by=connected.admin, remove_evaluations=False)
    other = set_done(connected, boris)

    connected.send()

    assert states(connected, unclear, removal, other) == ["unknown", "pending", "done"]
    assert earlier_ones(removal) == [unclear]
    assert executed(connected) == ["setSubjectStatus"]


def test_what_concerns_the_whole_assessment_waits_for_all_of_it_and_holds_back_all_of_it(connected, scene):
    anna, boris, _chen = subjects(connected)
    connected.engine.fault("500-before", request="setSubjectStatus")
    unclear = set_done(connected, anna)
    closing = commands.close_assessment(
        connected.assessment(), by=connected.admin, close_sessions=False, delete_mailings=True, ready_reports=False
    )
    later = set_done(connected, boris)

    connected.send()
    assert states(connected, unclear, closing, later) == ["unknown", "pending", "pending"]

    Change.objects.filter(pk=unclear.pk).update(state=Change.State.PERSON)
    connected.send()
    assert states(connected, closing, later) == ["pending", "pending"]
    resolve(connected.settled(unclear), by=connected.admin, decision="drop")
    connected.send()

    assert executed(connected) == ["closeAssessment", "setSubjectStatus"]


def test_relationships_hold_back_evaluators_but_no_statuses(connected, scene):
    anna, boris, _chen = subjects(connected)
    colleague = Person.objects.exclude(pk__in=Subject.objects.values("person")).get(org=connected.org)
    connected.engine.fault("500-before", request="setCustomRelationships")
    by = connected.admin
    unclear = commands.set_relationships(connected.assessment(), [{"Name": "Customer"}, {"Name": "Mentor"}], by=by)
    evaluators = evaluator_commands.add_evaluators(anna, [(colleague, "Customer")], by=by)
    status = set_done(connected, boris)
    options = record_call(
        connected.org,
        UpdateAssessment(assessment_id=scene.public_id, workflow_options={"RoundRobin": True}),
        by=by,
    )

    connected.send()

    assert states(connected, unclear, evaluators, status, options) == ["unknown", "pending", "done", "done"]


def test_a_new_person_is_there_before_they_join_and_joins_before_anything_else(connected, scene):
    """createPerson, then addPerson, then a status: none overtakes, although the first is unclear for a while."""
    connected.engine.fault("500-after", request="createPerson")
    lena: dict[str, Any] = {"first_name": "Lena", "last_name": "Vogt", "email": "lena.vogt@marlstone.example"}
    person = create_person(connected.org, by=connected.admin, intent=uuid.uuid4(), external=False, metadata={}, **lena)
    join = record(
        connected.org,
        Intent(
            call=AddPerson(person_id=person.parameters["person_id"], assessment_id=scene.public_id),
            target="join",
            title="Add Lena",
        ),
        by=connected.admin,
    )

    connected.send()

    assert states(connected, person, join) == ["done", "done"]
    assert executed(connected) == ["createPerson", "addPerson"]


def test_the_page_of_a_waiting_change_says_for_what(connected, scene):
    anna, *_others = subjects(connected)
    connected.engine.fault("500-before", request="setSubjectStatus")
    set_done(connected, anna)
    removal = subject_commands.remove_subject(anna, by=connected.admin, remove_evaluations=False)
    connected.send()

    page = signed_in(connected.admin.user).get(f"/o/{connected.org.slug}/changes/{removal.pk}/").content.decode()

    assert "Waits for:" in page
    assert f"Mark {anna} as done" in page


def test_ids_that_the_vendor_chose_itself_reach_what_follows(connected, scene, settings):
    settings.VERIFY_FIRST = timedelta(hours=1)
    connected.engine.fault("500-before", request="createAssessment")
    change = commands.create_assessment(
        connected.org,
        by=connected.admin,
        intent=uuid.uuid4(),
        name="Spring round",
        type="360",
        survey_id="",
        relationships=[],
        workflow_options={},
        people=Person.objects.filter(org=connected.org)[:2],
    )
    connected.send()
    its_own = connected.engine.assessment("Spring round")  # as a vendor would that ignores the id of our choice

    Change.objects.filter(pk=change.pk).update(not_before=timezone.now())
    connected.send()

    assert connected.settled(change).vendor_id == its_own.public_id
    assert {one.state for one in change.dependants.all()} == {Change.State.DONE}
    joined = [call for call in connected.engine.writes(executed=True) if call.request == "addPerson"]
    assert {call.parameters["ThreeSixtyID"] for call in joined} == {its_own.public_id}
