"""Jobs start once, end once, and are tried again where that may help."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from assessments.job_kinds import SYNC_ASSESSMENT
from directory.job_kinds import SYNC
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.run import finish, run, start
from qxportal.ledger.jobs.scheduling import claim
from qxportal.ledger.models import Job
from qxportal.ledger.selectors import jobs_that_need_somebody
from qxportal.threesixty.errors import TransientError
from tests.support.mirrored_rows import organisation
from tests.support.tenants import new_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_deadlock_is_no_failure():
    job = start(organisation(), SYNC, by=None)

    def work(_job):
        raise OperationalError("deadlock detected")

    run(job.pk, work)

    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert job.not_before > timezone.now()


def test_jobs_told_the_same_moment_do_not_all_come_back_at_it():
    now, org = timezone.now(), organisation()

    def work(_job):
        raise TransientError("busy", retry_after=300)

    for number in range(30):
        run(start(org, SYNC_ASSESSMENT, by=None, target=f"TS_{number}").pk, work)

    waits = [(due - now).total_seconds() for due in Job.objects.values_list("not_before", flat=True)]
    assert min(waits) >= 300
    assert len({int(wait) // 60 for wait in waits}) >= 3


def test_starting_while_the_live_job_ends_never_fails():
    org = organisation()
    ended = []

    def ask():
        try:
            return [start(org, SYNC, by=None, afresh=True).pk for _ in range(60)]
        finally:
            connection.close()

    def work():
        try:
            for _ in range(200):
                live = Job.objects.filter(org=org, state__in=Job.LIVE).first()
                job = claim(live.pk) if live else None
                if job:
                    finish(job, Job.State.DONE, "Done.")
                    ended.append(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(ask), threads.submit(ask)]
        threads.submit(work).result()

    assert all(len(found.result()) == 60 for found in asked)
    assert ended


def test_a_failure_made_good_since_needs_nobody():
    org = organisation()
    failed = start(org, SYNC, by=None)
    Job.objects.update(state=Job.State.FAILED, finished_at=timezone.now())
    reader = new_member(org, Role.READER)
    assert list(jobs_that_need_somebody(reader)) == [failed]

    again = start(org, SYNC, by=None)
    run(again.pk, lambda job: "Everything is up to date.")

    assert not jobs_that_need_somebody(reader)
