"""What the vendor has newer than what the member saw is shown to a person, not overwritten; nothing happens late."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from assessments import commands, subject_commands
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Assessment
from directory.models import Person
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job, ResourceSync
from qxportal.ledger.outbox.review import resolve
from tests.support import bulk
from tests.support.built_once import built_once
from tests.support.tenants import signed_in

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "engine"]),
    pytest.mark.usefixtures("verified_at_once"),
]


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(3)
    review = engine.assessment("Leadership review", relationships=("Customer",))
    subject = engine.subject(review, people[0])
    engine.evaluation(subject, people[1], "Manager", "NotStarted")
    connected.sync()
    return review


def at_the_vendor(connected, scene, status):
    """Somebody sets the status over there."""
    connected.engine.run(lambda: scene.participants.filter(is_subject=True).update(status=status))


def set_status(connected, status="Done", *, close_sessions=False, **more):
    return subject_commands.set_subject_status(
        connected.subject(), by=connected.admin, status=status, close_sessions=close_sessions, **more
    )


def close(connected, **more):
    return commands.close_assessment(
        connected.assessment(),
        by=connected.admin,
        close_sessions=False,
        delete_mailings=False,
        ready_reports=False,
        **more,
    )


def age_the_mirror():
    old = timezone.now() - timedelta(minutes=16)
    ResourceSync.objects.update(seen_at=old)
    Assessment.objects.update(seen_at=old)
    connection.cursor().execute("UPDATE assessments_subject SET seen_at = %s", [old])


def writes(connected):
    return [call.request for call in connected.engine.writes()]


def test_a_newer_value_in_the_mirror_goes_to_a_person_with_both_values(connected, scene):
    connected.engine.run(lambda: scene.relationships.all().delete())
    change = commands.set_relationships(connected.assessment(), [{"Name": "Mentor"}], by=connected.admin)
    connected.sync()

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    [field] = change.conflict
    assert (field["field"], field["before"][0]["Name"], field["now"]) == ("relationships", "Customer", [])
    assert field["wanted"][0]["Name"] == "Mentor"
    assert writes(connected) == []
    page = signed_in(connected.admin.user).get(f"/o/{connected.org.slug}/changes/{change.pk}/").content.decode()
    assert "Nothing was overwritten" in page
    assert "Send anyway" in page
    assert "Mark as done" not in page


def test_a_person_who_saw_the_newer_value_may_send_it_all_the_same(connected, scene):
    connected.engine.run(lambda: scene.relationships.all().delete())
    change = commands.set_relationships(connected.assessment(), [{"Name": "Mentor"}], by=connected.admin)
    connected.sync()
    connected.send()

    resolve(connected.settled(change), by=connected.admin, decision="again")
    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert writes(connected) == ["setCustomRelationships"]


def test_what_somebody_else_did_already_needs_no_sending(connected, scene):
    change = set_status(connected)
    at_the_vendor(connected, scene, "Done")
    connected.sync()

    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert "Already up to date" in str(change.status_message)
    assert writes(connected) == []


def test_what_cannot_be_taken_back_is_compared_with_a_fresh_reading(connected, scene):
    age_the_mirror()
    change = set_status(connected, close_sessions=True)
    at_the_vendor(connected, scene, "Done")

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert change.conflict == [{"field": "status", "before": "Waiting", "now": "Done", "wanted": "Done"}]
    assert connected.subject().status == "Done"
    assert writes(connected) == []


def test_a_mirror_younger_than_fifteen_minutes_is_fresh_enough(connected, scene):
    change = set_status(connected, close_sessions=True)
    before = len(connected.engine.calls("getSubjectStatus"))

    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert len(connected.engine.calls("getSubjectStatus")) == before


def test_a_bulk_change_reads_again_once_and_not_for_each_line(connected, scene):
    for person in connected.engine.people(4):
        connected.engine.subject(scene, person)
    connected.sync()
    age_the_mirror()
    bulk.set_subject_statuses(
        connected.assessment(),
        connected.assessment().subjects.select_related("assessment", "org"),
        by=connected.admin,
        status="Done",
        close_sessions=True,
    )
    before = len(connected.engine.calls("getSubjectStatus"))

    connected.send()

    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.DONE}
    assert len(connected.engine.calls("getSubjectStatus")) == before + 1


def test_closing_what_was_closed_meanwhile_is_shown(connected, scene):
    age_the_mirror()
    change = close(connected)
    connected.engine.run(lambda: type(scene).objects.filter(pk=scene.pk).update(status="Closed"))

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert [(row["before"], row["now"]) for row in change.conflict] == [("Active", "Closed")]
    assert writes(connected) == []


def test_answers_that_came_in_meanwhile_are_not_deleted_unseen(connected, scene):
    change = subject_commands.remove_subject(connected.subject(), by=connected.admin, remove_evaluations=True)
    age_the_mirror()
    connected.engine.run(
        lambda: scene.evaluations.filter(relationship="Self").update(status="Completed", finished_at=timezone.now())
    )

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert [(row["field"], row["before"], row["now"]) for row in change.conflict] == [("evaluations_given", 0, 1)]


def test_what_cannot_be_taken_back_expires_within_the_hour_and_other_things_within_a_day(connected, scene):
    short, long = close(connected), set_status(connected)

    for change, least, most in ((short, 0.9, 1.1), (long, 23, 25)):
        hours = (change.expires_at - change.created_at) / timedelta(hours=1)
        assert least < hours < most
    Change.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    connected.send()

    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.REFUSED}
    assert writes(connected) == []


def test_every_act_that_compares_knows_what_it_aims_at(connected, scene):
    compared = {name for name, handler in CHANGE_HANDLERS.items() if handler.refresh is not None}

    assert compared >= {"closeAssessment", "setSubjectStatus", "removePerson"}


def at_once(ask, times=50):
    """Ask from many threads at the same moment."""

    def inside(number):
        try:
            return ask(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(inside, range(times)))


def test_fifty_clicks_on_one_form_are_one_change(connected, scene):
    form, subject = uuid.uuid4(), connected.subject()

    changes = at_once(
        lambda n: subject_commands.set_subject_status(
            subject, by=connected.admin, status="Done", close_sessions=False, intent=form
        )
    )

    assert {change.pk for change in changes} == {form}
    assert Change.objects.count() == 1


def test_fifty_tabs_with_the_same_wish_are_one_change(connected, scene):
    subject = connected.subject()

    changes = at_once(
        lambda n: subject_commands.set_subject_status(
            subject, by=connected.admin, status="Done", close_sessions=False, intent=uuid.uuid4()
        )
    )

    assert len({change.pk for change in changes}) == 1
    assert Change.objects.count() == 1


def test_fifty_times_the_last_step_of_the_wizard_are_one_assessment(connected, scene):
    form, people = uuid.uuid4(), list(Person.objects.filter(org=connected.org)[:3])

    changes = at_once(
        lambda n: commands.create_assessment(
            connected.org,
            by=connected.admin,
            intent=form,
            name="Spring round",
            type="360",
            survey_id="",
            relationships=[],
            workflow_options={},
            people=people,
        )
    )

    assert {change.pk for change in changes} == {form}
    assert Change.objects.count() == 1 + len(people)


def test_fifty_times_a_bulk_form_are_one_job(connected, scene):
    form, subjects = uuid.uuid4(), list(connected.assessment().subjects.select_related("assessment", "org"))

    jobs = at_once(
        lambda n: bulk.set_subject_statuses(
            connected.assessment(), subjects, by=connected.admin, status="Done", close_sessions=False, intent=form
        )
    )

    assert len({job.pk for job in jobs}) == 1
    assert Job.objects.filter(kind=APPLY.name).count() == 1
    assert Change.objects.count() == len(subjects)


def test_a_form_sent_again_after_it_was_carried_out_does_nothing(connected, scene):
    form = uuid.uuid4()
    first = close(connected, intent=form)
    connected.send()

    again = close(connected, intent=form)

    assert again.pk == first.pk
    assert writes(connected) == ["closeAssessment"]
    with pytest.raises(ActionRefused, match="already submitted"):
        commands.close_assessment(
            connected.assessment(),
            by=connected.admin,
            close_sessions=True,
            delete_mailings=False,
            ready_reports=False,
            intent=form,
        )
