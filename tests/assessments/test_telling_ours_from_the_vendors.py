"""A change made through the portal is no change at the vendor; what somebody did over there is, and may alarm."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assessments import commands, evaluator_commands, subject_commands
from assessments.any_request import record_call
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.ledger.models import Change, Version
from qxportal.threesixty.calls.persons import ImportPersons, UpdatePerson
from qxportal.threesixty.calls.users import CreateDivision, CreateUser
from qxportal.threesixty.enums import ImportType
from tests.support import bulk
from tests.support.built_once import built_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

VENDOR, PORTAL = Version.Source.VENDOR, Version.Source.PORTAL


@pytest.fixture(autouse=True)
def quick_looks(settings):
    settings.VERIFY_FIRST = timedelta(0)


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(14)
    review = engine.assessment("Leadership review")
    for person in people[:7]:
        subject = engine.subject(review, person)
        engine.evaluation(subject, people[12], "Manager", "InProgress")
    connected.sync()
    connected.sync()
    assert not Version.objects.exists()
    return review, people


def subject_of(connected, person):
    return connected.subject(vendor_id=person.public_id)


def at_the_vendor(connected, **fields):
    return list(Version.objects.filter(org=connected.org, source=VENDOR, progress=False, **fields).order_by("pk"))


def participant(connected, scene, number, **fields):
    """Somebody at the vendor sets fields of a subject."""
    review, people = scene
    rows = review.participants.filter(person=people[number])
    connected.engine.run(lambda: rows.update(**fields))


def test_a_status_that_we_set_carries_our_change(connected, scene):
    change = subject_commands.set_subject_status(
        subject_of(connected, scene[1][0]), by=connected.admin, status="Done", close_sessions=False
    )
    connected.send()
    connected.sync()

    row = Version.objects.get(kind="subject", after__has_key="status")
    assert (row.source, row.change, row.columns["status"], row.after["status"]) == (PORTAL, change, "Waiting", "Done")
    assert at_the_vendor(connected) == []


def test_a_status_set_over_there_is_the_vendors(connected, scene):
    participant(connected, scene, 0, status="Done")
    connected.sync()

    [row] = at_the_vendor(connected)
    assert (row.kind, row.columns["status"], row.after["status"]) == ("subject", "Waiting", "Done")
    assert (row.alarm, row.change) == ("", None)


def test_done_back_to_waiting_alarms(connected, scene):
    participant(connected, scene, 0, status="Done")
    connected.sync()
    participant(connected, scene, 0, status="Waiting")
    connected.sync()

    assert [row.alarm for row in at_the_vendor(connected)] == ["", "subject-reopened"]


def test_who_takes_back_what_we_set_a_moment_ago_is_not_us(connected, scene):
    subject = subject_of(connected, scene[1][0])
    subject_commands.set_subject_status(subject, by=connected.admin, status="Done", close_sessions=False)
    connected.send()
    participant(connected, scene, 0, status="Waiting")
    connected.sync()

    [row] = at_the_vendor(connected)
    assert (row.alarm, row.source) == ("subject-reopened", VENDOR)


def test_a_change_whose_answer_never_came_explains_what_is_read_meanwhile(connected, scene, settings):
    settings.VERIFY_FIRST = timedelta(hours=1)
    connected.engine.fault("500-after", request="setSubjectStatus")
    subject = subject_of(connected, scene[1][0])
    change = subject_commands.set_subject_status(subject, by=connected.admin, status="Done", close_sessions=False)
    connected.send()
    assert connected.settled(change).state == Change.State.UNKNOWN

    connected.sync()

    assert at_the_vendor(connected) == []
    assert Version.objects.get(kind="subject", after__has_key="status").change == change


def test_a_refused_change_explains_nothing(connected, scene):
    subject = subject_of(connected, scene[1][0])
    change = subject_commands.set_subject_status(subject, by=connected.admin, status="Done", close_sessions=False)
    connected.engine.fault("429", request="setSubjectStatus")
    connected.send()
    Change.objects.filter(pk=change.pk).update(state=Change.State.REFUSED)
    participant(connected, scene, 0, status="Done")

    connected.sync()

    assert [row.kind for row in at_the_vendor(connected)] == ["subject"]


def test_people_whom_we_added_are_ours_with_their_own_evaluations(connected, scene):
    _review, people = scene
    newcomer = Person.objects.get(vendor_id=people[9].public_id)
    bulk.add_subjects(connected.assessment(), [newcomer], by=connected.admin)
    connected.send()
    connected.sync()

    added = Version.objects.filter(event="added").values_list("kind", "source")
    assert set(added) == {("subject", PORTAL), ("evaluation", PORTAL)}
    assert at_the_vendor(connected) == []


def test_people_added_over_there_are_the_vendors(connected, scene):
    review, people = scene
    connected.engine.subject(review, people[9])
    connected.engine.person("Zora", "Hartmann")
    connected.sync()

    assert {(row.kind, row.event) for row in at_the_vendor(connected)} == {
        ("person", "added"),
        ("subject", "added"),
        ("evaluation", "added"),
    }


def test_evaluators_whom_we_asked_are_ours_and_the_others_are_not(connected, scene):
    review, people = scene
    subject = subject_of(connected, people[0])
    asked = Person.objects.get(vendor_id=people[10].public_id)
    evaluator_commands.add_evaluators(subject, [(asked, "Peer")], by=connected.admin)
    connected.send()
    other = connected.engine.run(lambda: review.participants.get(person=people[1]))
    connected.engine.evaluation(other, people[11], "Peer")
    connected.sync()

    by_source = {row.source: row.vendor_id for row in Version.objects.filter(kind="evaluation", event="added")}
    assert by_source == {
        PORTAL: f"{people[0].public_id}|{people[10].public_id}|Peer",
        VENDOR: f"{people[1].public_id}|{people[11].public_id}|Peer",
    }


def test_what_comes_of_closing_an_assessment_is_ours(connected, scene):
    commands.close_assessment(
        connected.assessment(), by=connected.admin, close_sessions=True, delete_mailings=True, ready_reports=True
    )
    connected.send()
    connected.sync()

    assert Evaluation.objects.filter(status="Completed").exists()
    assert Version.objects.filter(kind="assessment", source=PORTAL, after__status="Closed").exists()
    assert at_the_vendor(connected) == []
    assert not Version.objects.exclude(alarm="").exists()


@pytest.mark.parametrize(("status", "alarm"), [("Closed", "assessment-closed"), ("Active", "assessment-reopened")])
def test_an_assessment_closed_or_reopened_over_there_alarms(connected, scene, status, alarm):
    review, _people = scene
    for step in dict.fromkeys(("Closed", status)):
        connected.engine.run(lambda step=step: type(review).objects.filter(pk=review.pk).update(status=step))
        connected.sync()

    assert at_the_vendor(connected, kind="assessment")[-1].alarm == alarm


def test_closing_does_not_hide_a_subject_who_was_taken_away_meanwhile(connected, scene):
    review, people = scene
    connected.engine.run(lambda: review.participants.get(person=people[0]).delete())
    connected.sync()
    commands.close_assessment(
        connected.assessment(), by=connected.admin, close_sessions=False, delete_mailings=False, ready_reports=False
    )
    connected.send()
    connected.sync()

    [row] = at_the_vendor(connected, kind="subject")
    assert (row.event, row.alarm, row.person_key) == ("gone", "subject-gone", people[0].public_id)


def test_a_subject_whom_we_removed_does_not_alarm(connected, scene):
    subject = subject_of(connected, scene[1][0])
    subject_commands.remove_subject(subject, by=connected.admin, remove_evaluations=True)
    connected.send()
    for _ in range(2):
        connected.sync()

    assert Subject.objects.get(pk=subject.pk).gone_at is not None
    assert at_the_vendor(connected) == []
    assert not Version.objects.exclude(alarm="").exists()


def test_evaluations_that_left_with_a_removed_subject_are_ours(connected, scene):
    review, people = scene
    engine = connected.engine
    subject = engine.run(lambda: review.participants.get(person=people[0]))
    engine.evaluation(subject, people[9], "Peer", "NotStarted")
    connected.sync()
    connected.sync()
    Version.objects.all().delete()
    subject_commands.remove_subject(subject_of(connected, people[0]), by=connected.admin, remove_evaluations=False)
    connected.send()
    for _ in range(4):
        connected.sync()

    assert Evaluation.objects.filter(org=connected.org, evaluator_key=people[9].public_id).get().gone_at
    assert at_the_vendor(connected) == []


def test_an_evaluation_removed_over_there_beside_our_removal_is_the_vendors(connected, scene):
    review, people = scene
    engine = connected.engine
    subject_commands.remove_subject(subject_of(connected, people[0]), by=connected.admin, remove_evaluations=False)
    connected.send()
    engine.run(lambda: review.participants.get(person=people[1]).evaluations.filter(relationship="Manager").delete())
    for _ in range(4):
        connected.sync()

    [row] = at_the_vendor(connected)
    assert (row.event, row.vendor_id) == ("gone", f"{people[1].public_id}|{people[12].public_id}|Manager")


def test_a_change_explains_nothing_once_a_later_reading_has_begun(connected, scene):
    subject = subject_of(connected, scene[1][0])
    subject_commands.set_subject_status(subject, by=connected.admin, status="Done", close_sessions=False)
    connected.send()
    connected.sync()
    participant(connected, scene, 0, status="Waiting")
    connected.sync()
    participant(connected, scene, 0, status="Done")
    connected.sync()

    assert [row.after["status"] for row in at_the_vendor(connected)] == ["Waiting", "Done"]


def test_a_bulk_change_is_told_apart_row_by_row(connected, scene):
    subjects = list(Subject.objects.filter(org=connected.org).order_by("pk")[:5])
    assessment = Assessment.objects.select_related("org").get()
    bulk.set_subject_statuses(assessment, subjects, by=connected.admin, status="Done", close_sessions=True)
    connected.send()
    participant(connected, scene, 6, status="Done")
    connected.sync()

    assert Version.objects.filter(kind="subject", source=PORTAL, after__status="Done").count() == 5
    [row] = at_the_vendor(connected)
    assert row.person_key == scene[1][6].public_id


def test_a_user_whom_we_made_explains_the_person_who_is_linked_to_it(connected, scene):
    _review, people = scene
    call = CreateUser(
        user_name=people[3].user_name,
        password="long-enough-for-anybody",
        first_name=people[3].first_name,
        last_name=people[3].last_name,
        email=people[3].email,
        organization="marlstone",
        type="UT_PARTICIPANT",
    )
    record_call(connected.org, call, by=connected.admin)
    connected.send()
    connected.engine.run(lambda: type(people[8]).objects.filter(pk=people[8].pk).update(first_name="Renamed"))
    connected.sync()

    assert Person.objects.exclude(user_id="").get().vendor_id == people[3].public_id
    [row] = at_the_vendor(connected)
    assert row.vendor_id == people[8].public_id


def test_a_change_of_a_person_explains_the_names_and_not_the_status_of_a_subject(connected, scene):
    _review, people = scene
    call = UpdatePerson(person_id=people[0].public_id, first_name="Noa")
    record_call(connected.org, call, by=connected.admin)
    connected.send()
    participant(connected, scene, 1, status="Done")
    connected.sync()
    assert Subject.objects.filter(first_name="Noa").count() == 1
    assert [row.person_key for row in at_the_vendor(connected)] == [people[1].public_id]

    record_call(connected.org, replace(call, first_name="Noah"), by=connected.admin)
    connected.send()
    participant(connected, scene, 0, status="Done")
    connected.sync()

    assert [row.person_key for row in at_the_vendor(connected)] == [people[1].public_id, people[0].public_id]


def test_what_has_nothing_to_do_with_people_explains_none(connected, scene):
    _review, people = scene
    record_call(connected.org, CreateDivision(name="Lisbon"), by=connected.admin)
    connected.send()
    connected.engine.run(lambda: type(people[8]).objects.filter(pk=people[8].pk).update(first_name="Renamed"))
    connected.sync()

    assert [row.vendor_id for row in at_the_vendor(connected)] == [people[8].public_id]


def test_an_import_from_a_file_explains_what_its_first_reading_finds(connected, scene):
    _review, people = scene
    call = ImportPersons(
        assessment_id=connected.assessment().vendor_id,
        type=ImportType.SUBJECTS,
        file_contents=f"FirstName,LastName,Email\nNoa,Lindqvist,{people[9].email}\n",
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
    )
    record_call(connected.org, call, by=connected.admin)
    connected.send()
    participant(connected, scene, 0, status="Done")
    connected.sync()

    assert Version.objects.filter(kind="subject", event="added", source=PORTAL).count() == 1
    assert [row.person_key for row in at_the_vendor(connected)] == [people[0].public_id]
