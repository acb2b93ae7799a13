"""Changes of many subjects are one job; each line has a result of its own and fails alone."""

import pytest

from assessments.models import Subject
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job
from tests.assessments.changes.conftest import executed
from tests.support import bulk
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_many_statuses_are_one_job_with_a_result_for_each(connected, scene):
    for person in connected.engine.people(4):
        connected.engine.subject(scene, person)
    connected.sync()

    job = bulk.set_subject_statuses(
        connected.assessment(), Subject.objects.all(), by=connected.admin, status="Done", close_sessions=False
    )
    connected.send()

    job.refresh_from_db()
    assert (job.state, job.done, job.failed, job.total) == (Job.State.DONE, 5, 0, 5)
    assert job.items.count() == 5
    assert set(Subject.objects.values_list("status", flat=True)) == {"Done"}


def test_a_failing_line_does_not_stop_the_others(connected, scene):
    for person in connected.engine.people(3):
        connected.engine.subject(scene, person)
    connected.sync()
    job = bulk.set_subject_statuses(
        connected.assessment(), Subject.objects.all(), by=connected.admin, status="Done", close_sessions=False
    )
    gone = Change.objects.order_by("number")[1]
    connected.engine.run(
        scene.participants.filter(person__public_id=gone.parameters["subject_id"]).update, is_subject=False
    )
    connected.send()

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == (Job.State.DONE, 3, 1)


def test_only_what_failed_of_a_bulk_change_is_tried_again(connected, scene):
    for person in connected.engine.people(3):
        connected.engine.subject(scene, person)
    connected.sync()
    job = bulk.set_subject_statuses(
        connected.assessment(), Subject.objects.all(), by=connected.admin, status="Done", close_sessions=False
    )
    unlucky = Change.objects.order_by("number")[1]
    there = scene.participants.filter(person__public_id=unlucky.parameters["subject_id"])
    connected.engine.run(there.update, is_subject=False)
    connected.send()
    connected.engine.run(there.update, is_subject=True)
    browser, url = signed_in(connected.admin.user), f"/o/{connected.org.slug}/jobs/{job.pk}/"
    assert "Retry 1 failed" in browser.get(url).content.decode()

    browser.post(f"{url}retry/")
    browser.post(f"{url}retry/")
    connected.send()

    again = Job.objects.filter(kind=APPLY.name).latest("pk")
    assert (again.total, again.done, again.state) == (1, 1, Job.State.DONE)
    assert Job.objects.filter(kind=APPLY.name).count() == 2
    assert len(executed(connected, "setSubjectStatus")) == 4
    assert set(Subject.objects.values_list("status", flat=True)) == {"Done"}
