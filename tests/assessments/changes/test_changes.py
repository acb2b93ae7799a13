"""Every write is recorded first, sent once, and settled by what the vendor shows."""

import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments import commands, subject_commands
from assessments.models import Assessment, Subject
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import ChangeConflict, record
from qxportal.ledger.outbox.review import resolve, withdraw
from qxportal.threesixty.calls.persons import AddPerson
from tests.assessments.changes.conftest import create, executed, send_until_settled, set_done

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_a_change_is_committed_before_anything_is_sent(connected, scene):
    change = set_done(connected)

    assert change.state == Change.State.PENDING
    assert change.expected_values == {"status": "Waiting"}
    assert connected.engine.writes() == []


def test_a_status_is_set_and_mirrored_at_once(connected, scene):
    change = set_done(connected)
    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert connected.subject().status == "Done"
    assert len(executed(connected, "setSubjectStatus")) == 1


@pytest.mark.parametrize("fault", ["500-after", "cut"])
def test_what_the_vendor_did_before_failing_is_read_back_not_repeated(connected, scene, fault):
    connected.engine.fault(fault, request="setSubjectStatus")
    change = send_until_settled(connected, set_done(connected))

    assert change.state == Change.State.DONE
    assert change.result["read_back"] is True
    assert len(executed(connected, "setSubjectStatus")) == 1


@pytest.mark.parametrize("fault", ["500-before", "maintenance"])
def test_what_the_vendor_did_not_do_is_sent_again_after_complete_readings(connected, scene, fault):
    connected.engine.fault(fault, request="setSubjectStatus")
    change = send_until_settled(connected, set_done(connected))

    assert change.state == Change.State.DONE
    assert connected.subject().status == "Done"
    assert len(executed(connected, "setSubjectStatus")) == 1


def test_closing_sessions_is_never_sent_again_unasked(connected, scene):
    connected.engine.fault("500-before", request="setSubjectStatus")
    change = send_until_settled(connected, set_done(connected, close_sessions=True))

    assert change.state == Change.State.PERSON
    assert executed(connected, "setSubjectStatus") == []


def test_a_person_may_decide_to_send_it_again(connected, scene):
    connected.engine.fault("500-before", request="setSubjectStatus")
    change = send_until_settled(connected, set_done(connected, close_sessions=True))

    resolve(change, by=connected.admin, decision="again")
    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert len(executed(connected, "setSubjectStatus")) == 1


@pytest.mark.parametrize(("decision", "state"), [("done", "done"), ("drop", "refused"), ("look", "unknown")])
def test_a_person_may_decide_otherwise(connected, scene, decision, state):
    connected.engine.fault("500-before", request="setSubjectStatus")
    change = send_until_settled(connected, set_done(connected, close_sessions=True))

    resolve(change, by=connected.admin, decision=decision)

    assert connected.settled(change).state == state


def test_looking_again_for_what_was_about_to_be_sent_again_comes_to_an_end(connected, scene, settings):
    settings.VERIFY_SPAN = timedelta(milliseconds=1)
    change = set_done(connected)
    Change.objects.update(
        crash_count=5, attempts=1, sent_at=timezone.now()
    )  # five workers ended before the second sending
    connected.send()
    assert connected.settled(change).state == Change.State.PERSON

    resolve(change, by=connected.admin, decision="look")

    assert send_until_settled(connected, change).state == Change.State.DONE
    assert len(executed(connected, "setSubjectStatus")) == 1


def test_a_busy_vendor_is_asked_again_later(connected, scene):
    connected.engine.fault("429", request="setSubjectStatus", seconds=1)
    change, begun = set_done(connected), timezone.now()
    connected.send()
    assert connected.settled(change).state == Change.State.PENDING
    assert change.not_before > begun + timedelta(seconds=1)

    while change.state == Change.State.PENDING and timezone.now() < begun + timedelta(minutes=5):
        time.sleep(0.1)
        connected.send()
        change.refresh_from_db()

    assert timezone.now() > begun + timedelta(seconds=1)
    assert connected.settled(change).state == Change.State.DONE


def test_late_execution_is_seen_by_a_later_look(connected, scene, settings):
    settings.VERIFY_EVERY = timedelta(milliseconds=300)
    settings.VERIFY_SPAN = timedelta(seconds=20)
    connected.engine.fault("late", request="setSubjectStatus", seconds=1)
    change = set_done(connected)

    for _ in range(100):
        connected.send()
        if connected.settled(change).state == Change.State.DONE:
            break
        time.sleep(0.3)

    assert change.state == Change.State.DONE
    assert len(executed(connected, "setSubjectStatus")) == 1


def test_an_assessment_created_before_the_failure_is_found_by_its_id(connected, scene):
    connected.engine.fault("500-after", request="createAssessment")
    change = send_until_settled(connected, create(connected))

    assert change.state == Change.State.DONE
    assert Assessment.objects.get(name="Spring round").vendor_id == change.vendor_id
    assert len(executed(connected, "createAssessment")) == 1


def test_an_assessment_that_was_not_created_waits_for_a_person(connected, scene):
    connected.engine.fault("500-before", request="createAssessment")
    change = send_until_settled(connected, create(connected))
    assert change.state == Change.State.PERSON

    resolve(change, by=connected.admin, decision="again")
    send_until_settled(connected, change)

    assert change.state == Change.State.DONE
    assert len(executed(connected, "createAssessment")) == 1


def test_people_are_added_only_once_their_assessment_exists(connected, scene):
    connected.engine.fault("500-before", request="createAssessment")
    people = list(Person.objects.filter(org=connected.org)[:3])
    change = send_until_settled(connected, create(connected, people=people))
    assert {c.state for c in change.dependants.all()} == {Change.State.PENDING}
    assert executed(connected, "addPerson") == []

    resolve(change, by=connected.admin, decision="again")
    send_until_settled(connected, change)
    connected.send()
    connected.sync()

    assert Subject.objects.filter(assessment__name="Spring round").count() == 3


def test_dependants_of_a_dropped_change_are_not_sent(connected, scene):
    connected.engine.fault("500-before", request="createAssessment")
    people = list(Person.objects.filter(org=connected.org)[:2])
    change = send_until_settled(connected, create(connected, people=people))

    resolve(change, by=connected.admin, decision="drop")
    connected.send()

    assert {c.state for c in change.dependants.all()} == {Change.State.REFUSED}
    assert executed(connected, "addPerson") == []


def test_the_same_form_twice_is_one_change(connected, scene):
    intent = uuid.uuid4()

    first = create(connected, intent=intent)
    second = create(connected, intent=intent)

    assert first.pk == second.pk
    assert Change.objects.filter(request="createAssessment").count() == 1


def test_another_wish_for_the_same_subject_has_to_wait(connected, scene):
    set_done(connected)

    with pytest.raises(ChangeConflict, match="still open"):
        subject_commands.set_subject_status(
            connected.subject(), by=connected.admin, status="Waiting", close_sessions=False
        )


def test_what_was_not_sent_in_time_is_not_sent_late(connected, scene):
    change = set_done(connected)
    Change.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    connected.send()

    assert connected.settled(change).state == Change.State.REFUSED
    assert connected.engine.writes() == []


def test_a_pending_change_can_be_withdrawn(connected, scene):
    change = set_done(connected)

    assert withdraw(change, by=connected.admin)
    connected.send()

    assert connected.settled(change).state == Change.State.REFUSED
    assert connected.engine.writes() == []


def test_the_vendors_refusal_is_shown_with_its_code(connected, scene):
    connected.engine.run(scene.delete)
    change = send_until_settled(connected, set_done(connected))

    assert change.state == Change.State.REFUSED
    assert change.vendor_code.startswith("ESRV")
    assert change.status_message


def test_a_paused_organisation_sends_nothing(connected, scene):
    change = set_done(connected)
    Organisation.objects.update(paused=True)

    connected.send()

    assert connected.settled(change).state == Change.State.PENDING


def test_activating_and_closing(connected, scene):
    change = send_until_settled(connected, create(connected))
    made = Assessment.objects.get(vendor_id=change.vendor_id)
    send_until_settled(connected, commands.activate_assessment(made, by=connected.admin))
    made.refresh_from_db()
    assert made.status == "Active"

    closing = commands.close_assessment(
        made, by=connected.admin, close_sessions=False, delete_mailings=True, ready_reports=True
    )
    send_until_settled(connected, closing)

    made.refresh_from_db()
    assert made.status == "Closed"
    [call] = executed(connected, "closeAssessment")
    switches = {name: call.parameters[name] for name in ("CloseSessions", "DeleteMailings", "ReadyReports")}
    assert switches == {"CloseSessions": "0", "DeleteMailings": "1", "ReadyReports": "1"}


def test_an_unknown_target_cannot_be_recorded_twice_at_once(connected, scene):
    intent = Intent(call=AddPerson(person_id="P_1", assessment_id="TS_1"), target="one", title="Add")
    first = record(connected.org, intent, by=connected.admin)
    second = record(connected.org, intent, by=connected.admin)

    assert first.pk == second.pk
