"""Exports of answers that meet a change on their way: exports turned off and on, a job cancelled, another member."""

import uuid
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.utils import timezone
from django.utils.translation import override

from assessments import answer_exports, tasks
from assessments.answer_exports import PURPOSE, export_answers, start_export
from assessments.models import Subject
from assessments.raw_answers import Exported, about, log_export
from qxportal.accounts.models import AuditEntry, Member, User
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import cancel, retry, run
from qxportal.ledger.models import Job
from qxportal.ledger.selectors import jobs, log
from qxportal.security.models import Sealed
from qxportal.ui.stored_messages import StoredMessage
from surveys.models import Survey
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_ring")]
TABLE = Exported(("Evaluator",), (("Iten",),), timezone.now() - timedelta(days=3), left=0)


@pytest.fixture
def org():
    made = organisation()
    made.raw_answers_at = timezone.now() - timedelta(days=9)
    made.save()
    return made


@pytest.fixture
def review(org):
    made = assessment(org, survey_id="SV_form")
    subjects(made, people(org, 1))
    return made


@pytest.fixture
def admin(org):
    return browser(org, Role.ADMIN)


def member(role=Role.ADMIN):
    return Member.objects.select_related("org", "user").get(role=role)


def begun(review):
    return start_export(review, by=member(), intent=uuid.uuid4())


def ran(job, *, meanwhile=lambda: None):
    """The job once a worker did it; `meanwhile` happens while the answers are read."""

    def read(*_args, **_options):
        meanwhile()
        return TABLE

    with mock.patch.object(answer_exports, "export_assessment", read):
        run(job.pk, export_answers)
    job.refresh_from_db()
    return job


def page(job):
    return f"/o/halden/answers/{job.target}/"


def become_subject(of):
    """Let the administrator be the one subject of the assessment."""
    key = Subject.objects.get(assessment=of).vendor_id
    state = Member.PersonState.CONFIRMED
    Member.objects.filter(role=Role.ADMIN).update(person_key=key, person_state=state)


def test_file_is_not_sealed_where_exports_were_turned_off_and_on_meanwhile(org, review, admin):
    def off_and_on():
        type(org).objects.update(raw_answers_at=timezone.now())

    job = ran(begun(review), meanwhile=off_and_on)

    assert job.state == Job.State.FAILED and "turned off" in str(job.outcome)
    assert not Sealed.objects.filter(purpose=PURPOSE).exists()
    assert not AuditEntry.objects.filter(verb="answers.exported").exists()


def test_file_is_not_sealed_for_a_job_that_was_cancelled_meanwhile(review, admin):
    job = begun(review)

    ran(job, meanwhile=lambda: cancel(job, by=member()))

    assert job.state == Job.State.CANCELLED and not Sealed.objects.filter(purpose=PURPOSE).exists()


def test_another_member_who_runs_the_job_again_leaves_the_first_one_the_file(org, review, admin):
    job = ran(begun(review))
    other = browser(org, Role.OWNER)
    ran(retry(job, by=member(Role.OWNER)))

    assert b"Iten" in admin.get(f"{page(job)}file/").content
    assert b"Iten" in other.get(f"{page(job)}file/").content
    admin.post(page(job))
    assert [one.record for one in Sealed.objects.filter(purpose=PURPOSE)] == [f"{job.target}:{member(Role.OWNER).pk}"]


def test_job_leads_to_the_file_only_the_member_who_asked_for_it(org, review, admin):
    job = ran(begun(review))

    assert page(job) in admin.get(f"/o/halden/jobs/{job.pk}/").content.decode()
    for role in (Role.OWNER, Role.READER):
        shown = browser(org, role).get(f"/o/halden/jobs/{job.pk}/")
        assert "The file is ready" in text(shown) and page(job) not in shown.content.decode()


def test_export_that_ran_again_is_listed_once(review, admin):
    job = begun(review)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED)
    again = ran(retry(job, by=member()))

    listed = admin.get("/o/halden/answers/").context["exports"]

    assert [(one.job.pk, one.until is not None) for one in listed] == [(again.pk, True)]


def test_subjects_see_no_exports_that_others_made_of_their_assessment(org, review, admin):
    browser(org, Role.OWNER)
    done = ran(start_export(review, by=member(Role.OWNER), intent=uuid.uuid4()))
    assert [one.pk for one in jobs(member())] == [done.pk] and log(member()).filter(verb="answers.exported").exists()

    become_subject(review)

    assert not jobs(member()).exists() and not log(member()).filter(verb="answers.exported").exists()
    assert admin.get(f"/o/halden/jobs/{done.pk}/").status_code == 404
    assert "1 row" not in text(admin.get("/o/halden/log/"))
    assert log(member(Role.OWNER)).filter(verb="answers.exported").exists()


def test_subjects_see_no_exports_of_the_survey_of_their_assessment(org, review, admin):
    browser(org, Role.OWNER)
    survey = Survey.objects.create(org=org, vendor_id="SV_form", name="Form", seen_at=timezone.now())
    log_export(survey, TABLE, by=member(Role.OWNER))
    assessment(org, "Other", survey_id="SV_other")

    become_subject(review)

    assert not log(member()).filter(verb="answers.exported").exists()


def test_subjects_see_exports_of_other_assessments(org, review, admin):
    browser(org, Role.OWNER)
    become_subject(review)
    done = ran(start_export(assessment(org, "Other"), by=member(Role.OWNER), intent=uuid.uuid4()))

    assert [one.pk for one in jobs(member())] == [done.pk] and log(member()).filter(verb="answers.exported").exists()


def test_job_says_in_the_readers_language_and_zone_why_nothing_is_exported(org, review, admin):
    job = begun(review)
    become_subject(review)
    browser(org, Role.OWNER)

    run(job.pk, export_answers)
    job.refresh_from_db()
    User.objects.update(time_zone="Asia/Tokyo")
    with pytest.raises(ActionRefused, match="after 2026-03-02 00:30,"):
        log_export(review, Exported((), (), datetime(2026, 3, 1, 15, 30, tzinfo=UTC), left=1), by=member())

    assert job.state == Job.State.FAILED and isinstance(job.outcome, StoredMessage)
    with override("de"):
        assert "This is about you" not in str(job.outcome)


def test_old_files_are_deleted_at_each_call(review, admin):
    job = ran(begun(review))
    tasks.purge_gone()
    assert job.state == Job.State.DONE and Sealed.objects.filter(purpose=PURPOSE).exists()
    Sealed.objects.filter(purpose=PURPOSE).update(created_at=timezone.now() - answer_exports.KEEP)

    with mock.patch.object(tasks, "may_call", lambda: True):
        tasks.purge_gone()

    assert not Sealed.objects.filter(purpose=PURPOSE).exists()


def test_assessments_of_a_survey_are_those_of_the_organisation(org, review):
    assessment(organisation("other", "Other"), survey_id="SV_form")
    survey = Survey(org=org, vendor_id="SV_form")

    assert about(survey) == [f"assessment:{review.vendor_id}"]
