"""A change that meets trouble ends somewhere visible, and never stands in the way of the others."""

import threading
import uuid
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from assessments import commands, subject_commands
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Subject
from directory.commands import create_person
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import cancel
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.dispatch import dispatch_changes
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.ordering import in_order
from qxportal.ledger.outbox.record import record
from qxportal.ledger.outbox.review import withdraw
from qxportal.threesixty.calls.persons import AddPerson
from tests.support import bulk
from tests.support.built_once import built_once
from tests.support.processes import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "engine"]),
    pytest.mark.usefixtures("verified_at_once"),
]


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    review = engine.assessment("Leadership review", relationships=("Customer",))
    for person in engine.people(4):
        engine.subject(review, person)
    connected.sync()
    return review


def all_done(connected):
    return bulk.set_subject_statuses(
        connected.assessment(), Subject.objects.all(), by=connected.admin, status="Done", close_sessions=False
    )


def create(connected, **changed):
    wanted: dict[str, Any] = {
        "name": "Spring round",
        "type": "360",
        "survey_id": "",
        "relationships": [],
        "workflow_options": {},
        "intent": uuid.uuid4(),
    }
    return commands.create_assessment(connected.org, by=connected.admin, **(wanted | changed))


def test_a_bulk_change_ends_when_its_last_line_is_withdrawn(connected, scene):
    job = all_done(connected)
    last = Change.objects.latest("number")

    assert withdraw(last, by=connected.admin)
    connected.send()

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == (Job.State.DONE, 3, 1)


def test_withdrawing_a_creation_takes_back_what_waits_for_it(connected, scene):
    change = create(connected, people=Person.objects.filter(org=connected.org)[:2])

    assert withdraw(change, by=connected.admin)

    assert {dependant.state for dependant in change.dependants.all()} == {Change.State.REFUSED}


def test_cancelling_a_bulk_change_keeps_back_what_was_not_sent(connected, scene):
    job = all_done(connected)

    assert cancel(job, by=connected.admin)
    connected.send()

    job.refresh_from_db()
    assert (job.state, job.failed, job.items.count()) == (Job.State.CANCELLED, 4, 4)
    assert connected.engine.writes() == []
    assert not cancel(job, by=connected.admin)


@pytest.mark.parametrize("broken", [{"request": "launchRocket"}, {"parameters": {}}])
def test_a_change_nobody_can_send_goes_to_a_person_and_the_next_is_sent(connected, scene, broken):
    all_done(connected)
    first = Change.objects.earliest("number")
    Change.objects.filter(pk=first.pk).update(**broken)

    connected.send()

    assert connected.settled(first).state == Change.State.PERSON
    assert set(Change.objects.exclude(pk=first.pk).values_list("state", flat=True)) == {Change.State.DONE}


def test_what_cannot_be_mirrored_was_carried_out_all_the_same(connected, scene):
    change = commands.set_relationships(connected.assessment(), [{"Name": "Mentor"}], by=connected.admin)
    no_room = "ALTER TABLE assessments_assessment ADD CONSTRAINT no_room CHECK (relationships::text !~ 'Mentor')"
    with connection.cursor() as cursor:
        cursor.execute(no_room)
    try:
        connected.send()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE assessments_assessment DROP CONSTRAINT no_room")

    assert connected.settled(change).state == Change.State.DONE
    assert "next refresh" in str(change.status_message)
    assert len(connected.engine.writes()) == 1


def test_a_busy_vendor_does_not_change_the_order(connected, scene):
    connected.engine.fault("429", request="setSubjectStatus", seconds=1)
    all_done(connected)

    connected.send()

    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.PENDING}
    assert len(connected.engine.writes()) == 1


def test_an_outcome_that_can_no_longer_be_read_goes_to_a_person(connected, scene):
    connected.engine.fault("500-before", request="setSubjectStatus")
    subject = Subject.objects.select_related("assessment", "org").earliest("pk")
    change = subject_commands.set_subject_status(subject, by=connected.admin, status="Done", close_sessions=False)
    connected.send()
    Change.objects.update(state=Change.State.UNKNOWN, unknown_since=timezone.now(), not_before=timezone.now())
    connected.engine.run(scene.delete)

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert "The check failed." in str(change.status_message)


def test_a_large_bulk_change_lets_others_have_their_turn(connected, scene):
    all_done(connected)

    moved = [dispatch_changes(connected.org.pk, CHANGE_HANDLERS, most=2) for _ in range(3)]

    assert moved == [2, 2, 0]
    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.DONE}
    assert len(connected.engine.writes()) == 4


def test_pausing_stops_in_the_middle_of_a_bulk_change(connected, scene):
    all_done(connected)
    steps = in_order(connected.org)

    next(steps)
    Organisation.objects.update(paused=True)

    assert list(steps) == []


def test_the_number_of_another_organisations_form_is_refused_in_words(connected, scene):
    elsewhere = Organisation.objects.create(name="Brackwater Lenses", slug="brackwater")
    theirs = record(
        elsewhere,
        Intent(call=AddPerson(person_id="P_1", assessment_id="TS_1"), target="one", title="Add"),
        by=connected.admin,
    )

    with pytest.raises(ActionRefused, match="already submitted"):
        create_person(
            connected.org,
            by=connected.admin,
            intent=theirs.pk,
            first_name="Lena",
            last_name="Vogt",
            email="lena.vogt@marlstone.example",
            external=False,
            metadata={},
        )


def test_the_form_of_a_new_person_sent_twice_is_one_change(connected):
    lena: dict[str, Any] = {
        "intent": uuid.uuid4(),
        "first_name": "Lena",
        "last_name": "Vogt",
        "email": "lena.vogt@marlstone.example",
        "external": False,
        "metadata": {},
    }
    first = create_person(connected.org, by=connected.admin, **lena)
    connected.send()

    assert create_person(connected.org, by=connected.admin, **lena).pk == first.pk
    with pytest.raises(ActionRefused):
        create_person(connected.org, by=connected.admin, **lena | {"email": "l.vogt@marlstone.example"})
    assert len(connected.engine.writes()) == 1


def test_what_was_changed_after_creating_is_not_silently_dropped(connected):
    intent = uuid.uuid4()
    create(connected, intent=intent)

    with pytest.raises(ActionRefused, match="already submitted"):
        create(connected, intent=intent, name="Autumn round")


def test_a_name_with_an_invisible_nul_is_cleaned(connected, scene):
    change = commands.set_relationships(connected.assessment(), [{"Name": "Men\x00tor"}], by=connected.admin)

    assert change.parameters["relationships"] == [{"Name": "Mentor", "Translations": {}}]


def test_who_lost_the_lock_while_waiting_for_a_turn_sends_nothing(connected, scene, settings):
    settings.CALLS_AT_ONCE = 0  # nobody's turn comes
    change = create(connected)
    backend, failed = [], []

    def send():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend.append(cursor.fetchone()[0])
        try:
            dispatch_changes(connected.org.pk, CHANGE_HANDLERS)
        except OperationalError as problem:
            failed.append(problem)
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    wait_for(Change.objects.filter(pk=change.pk, state=Change.State.SENDING).exists, "the claim")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", backend)
    settings.CALLS_AT_ONCE = 5
    sender.join()

    assert failed
    dispatch_changes(connected.org.pk, CHANGE_HANDLERS)
    change.refresh_from_db()
    assert change.state == Change.State.PERSON  # nobody here knows, and nothing is sent on a guess
    assert not connected.engine.writes(executed=True)
