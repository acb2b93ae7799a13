"""A sync mirrors what the vendor has, writes nothing when nothing changed, and removes nobody on half a list."""

from collections import deque
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import sync
from assessments.commands import refresh_assessment
from assessments.fetches import AssessmentFetch, Troubles
from assessments.models import Assessment, Evaluation, Subject
from directory.job_kinds import SYNC
from directory.models import Person
from directory.sync import PersonsFetch, Stretch
from qxportal.accounts.credentials import client_for, client_pool
from qxportal.accounts.models import Credential, Organisation
from qxportal.ledger.jobs.run import run, start
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.ledger.models import Job, ResourceSync
from surveys.models import Survey
from tests.support.built_once import built_once
from tests.support.portal_fixture import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(30)
    review = engine.assessment("Leadership review", relationships=("Customer",))
    for person in people[:4]:
        subject = engine.subject(review, person)
        engine.evaluation(subject, people[20], "Manager", "Completed")
        engine.evaluation(subject, people[21], "Customer", "InProgress")
    return review, people


def test_the_organisations_own_key_comes_with_the_person(connected):
    connected.engine.person("Ada", "Lee", unique_identifier="000123")
    connected.sync()

    assert Person.objects.get(first_name="Ada").external_reference == "000123"


def test_everything_is_mirrored(connected, scene):
    job = connected.sync()

    assert job.state == Job.State.DONE, job.outcome
    assert Person.objects.count() == 30
    assert Survey.objects.count() == 1
    assessment = connected.assessment()
    assert (assessment.name, assessment.status) == ("Leadership review", "Active")
    assert [row["Name"] for row in assessment.relationships] == ["Customer"]
    assert Subject.objects.filter(assessment=assessment, person__isnull=False).count() == 4
    assert Evaluation.objects.filter(subject__isnull=False, evaluator__isnull=False).count() == 12
    assert set(ResourceSync.objects.exclude(seen_at=None).values_list("resource", flat=True)) == {
        "persons",
        "surveys",
        "assessments",
        f"subjects:{assessment.vendor_id}",
        f"evaluations:{assessment.vendor_id}",
        f"editions:{assessment.vendor_id}",
        f"report-access:{assessment.vendor_id}",
    }


def test_a_second_sync_writes_no_mirrored_row(connected, scene):
    connected.sync()

    with CaptureQueriesContext(connection) as queries:
        connected.sync()

    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "COPY", "UPDATE"))]
    tables = ("directory_person", "surveys_survey", "assessments_")
    assert not [sql for sql in written if sql.startswith(("INSERT", "COPY")) and any(table in sql for table in tables)]
    assert ResourceSync.objects.filter(added=0, changed=0).count() == 7


def test_progress_made_at_the_vendor_shows_after_the_next_sync(connected, scene):
    connected.sync()
    review, people = scene
    subject = connected.engine.run(lambda: review.participants.get(person=people[0]))
    connected.engine.evaluation(subject, people[0], "Self", "Completed")

    connected.sync()

    assert Subject.objects.get(vendor_id=people[0].public_id).completed == 2
    assert ResourceSync.objects.get(resource__startswith="evaluations").changed == 1


def test_somebody_who_left_is_gone_after_two_readings(connected, scene):
    _review, people = scene
    connected.sync()
    leaver = people[29]
    connected.engine.run(leaver.delete)

    connected.sync()
    assert Person.objects.get(vendor_id=leaver.public_id).gone_at is None
    connected.sync()
    assert Person.objects.get(vendor_id=leaver.public_id).gone_at is not None


def test_a_refused_token_stops_everything_after_one_call(connected, scene):
    connected.sync()
    calls = len(connected.engine.calls())
    connected.engine.run(lambda: type(connected.engine.api_user.row).objects.update(token_hash="0" * 64))

    first = connected.sync()
    second = connected.sync()

    assert (first.state, second.state) == (Job.State.FAILED, Job.State.FAILED)
    assert Credential.objects.get().refused_at is not None
    assert len(connected.engine.calls()) - calls <= 1


@pytest.mark.parametrize("kind", ["500-before", "cut", "maintenance"])
def test_a_bad_answer_removes_nobody(connected, scene, kind):
    connected.sync()
    connected.engine.fault(kind, request="getPersons", times=None)

    for _ in range(3):
        connected.sync()

    assert not Person.objects.exclude(missing_since=None).exists()
    assert Person.objects.filter(gone_at=None).count() == 30


def test_two_assessments_keep_their_own_subjects(connected, scene):
    _review, people = scene
    second = connected.engine.assessment("Project review")
    connected.engine.subject(second, people[0])

    connected.sync()

    assert Assessment.objects.count() == 2
    assert Subject.objects.filter(vendor_id=people[0].public_id).count() == 2


def test_a_token_refused_in_the_middle_stops_the_sync_at_once(connected, scene):
    connected.sync()
    row = type(connected.engine.api_user.row)
    calls = len(connected.engine.calls())

    def work(job):
        with client_pool(job.org) as pool:
            connected.engine.run(lambda: row.objects.update(token_hash="0" * 64))
            troubles = Troubles()
            pool.read(deque(AssessmentFetch(connected.assessment(), pool, job, troubles) for _ in range(5)))
        return ""

    job = start(connected.org, SYNC, by=None)
    run(job.pk, work)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert Credential.objects.get().refused_at is not None
    assert len(connected.engine.calls()) == calls + 1


def test_a_success_that_began_earlier_does_not_undo_a_refusal(connected):
    with client_for(connected.org):
        Credential.objects.update(refused_at=timezone.now(), refusal="Wrong token")

    assert Credential.objects.get().refused_at is not None


def test_an_assessment_that_vanished_is_said_to_be_unread(connected, scene):
    connected.sync()
    assessment = connected.assessment()
    connected.engine.run(scene[0].delete)

    job = refresh_assessment(assessment, by=connected.admin)
    run(job.pk, sync.sync_assessment)
    whole = connected.sync()

    job.refresh_from_db()
    assert (job.state, job.failed) == (Job.State.DONE, 1)
    assert str(job.outcome) == "Leadership review could not be read."
    assert "up to date" not in str(whole.outcome)


def test_an_assessment_that_cannot_be_read_does_not_keep_back_the_others(connected, scene):
    older = connected.engine.assessment("Project review")
    connected.engine.subject(older, scene[1][5])
    connected.engine.fault("maintenance", request="getSubjectStatus")

    job = connected.sync()

    assert (job.state, job.failed) == (Job.State.DONE, 1)
    assert len(set(Subject.objects.values_list("assessment__name", flat=True))) == 1


def test_a_call_that_fails_once_is_made_again(connected, scene):
    connected.engine.fault("500-before", request="getSubjectStatus")

    job = connected.sync()

    assert (job.state, job.failed) == (Job.State.DONE, 0)
    assert len(connected.engine.calls("getSubjectStatus")) == 2


def last_try(connected):
    job = start(connected.org, SYNC, by=None)
    Job.objects.filter(pk=job.pk).update(attempts=Job.MAX_ATTEMPTS - 1)
    run(job.pk, sync.sync_organisation)
    job.refresh_from_db()
    return job


def due_again():
    return Organisation.objects.get().next_sync_at - timezone.now()


def test_a_sync_that_was_given_up_is_due_again_soon(connected, scene):
    connected.sync()
    assert due_again() > timedelta(minutes=10)
    connected.engine.fault("500-before", request="getPersons", times=None)

    assert last_try(connected).state == Job.State.FAILED

    assert timedelta(minutes=4) < due_again() < timedelta(minutes=6)


def test_one_assessment_in_trouble_leaves_the_others_to_their_timetable(connected, scene):
    connected.sync()
    connected.engine.fault("500-before", request="getSubjectStatus", times=None)

    assert last_try(connected).state == Job.State.FAILED

    assert due_again() > timedelta(minutes=10)


def test_what_waited_for_longest_is_read_first(connected, scene):
    connected.sync()
    older = connected.assessment()
    newer = connected.engine.assessment("Project review")
    connected.sync()
    ResourceSync.objects.filter(resource=f"evaluations:{newer.public_id}").update(
        tried_at=timezone.now() - timedelta(days=1)
    )

    assert [row.vendor_id for row in sync.stalest_first(connected.org)] == [newer.public_id, older.vendor_id]


def test_an_organisation_is_read_by_one_run_at_a_time(connected, scene):
    with held_elsewhere(f"sync:{connected.org.pk}"):
        job = connected.sync()

    assert job.state == Job.State.WAITING
    assert connected.engine.calls() == []


def test_somebody_who_is_merely_left_out_is_found_where_they_stood(connected, scene):
    """A listing that leaves somebody out twice is contradicted by the page itself."""
    connected.sync()
    left_out = Person.objects.get(vendor_id=scene[1][7].public_id)
    Person.objects.filter(pk=left_out.pk).update(missing_since=left_out.seen_at)
    listed = [key for key in Person.objects.values_list("vendor_id", flat=True) if key != left_out.vendor_id]

    with client_pool(connected.org) as pool, DatabaseExecutor(2) as executor:
        reading = PersonsFetch(connected.org, pool, executor, lambda sync: None)
        known = Person.objects.filter(vendor_id__in=listed).values_list("pk", flat=True)
        reading.merged.rows = 29
        reading.merged.ids.extend(known)
        reading._stretches = [Stretch(0, 29, min(known), max(known))]
        result = complete_sync(
            Person, connected.org, "persons", reading.merged, as_of=timezone.now(), confirm=reading._not_there
        )

    left_out.refresh_from_db()
    assert (result.gone, left_out.gone_at, left_out.missing_since) == (0, None, None)


def test_a_paused_organisation_is_not_read_even_when_somebody_asks(connected, scene):
    Organisation.objects.update(paused=True)

    job = connected.sync()

    assert job.state == Job.State.FAILED
    assert "paused" in str(job.outcome)
    assert connected.engine.calls() == []
