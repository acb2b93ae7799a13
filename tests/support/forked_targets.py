"""Functions that run in forks of the fork server; each may be killed at any point."""

import importlib
import os
import time
import traceback
import uuid
from pathlib import Path
from typing import Any

import psycopg
from celery import current_app
from celery.signals import worker_ready
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.translation import gettext
from kombu.simple import SimpleQueue

import assessments.tasks  # noqa: F401
import qxportal.celery  # noqa: F401
from assessments import plans_of_subjects, timetable_runs
from assessments.any_request import record_call
from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core import failpoints
from qxportal.engine.mail import report_reading
from qxportal.ledger import tasks
from qxportal.ledger.history.versions import purge_versions
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change, Job, Plan
from qxportal.ledger.outbox import fencing
from qxportal.ledger.outbox.review import resolve as decide_change
from qxportal.ledger.plans import apply
from qxportal.mail.mailbox_address import mailbox_address
from qxportal.security import rotation
from qxportal.setup import opening
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.secret import Secret
from tests.support.worker_command import worker_options

PATIENCE = 240.0  # other work on the machine is no failure


def prepare() -> None:
    """Load code once, in the fork server, instead of in every process; opens no connection."""
    current_app.loader.import_default_modules()
    current_app.finalize()
    importlib.import_module("kombu.transport.redis")
    str(gettext("Done"))
    with ThreeSixty("https://eu.qualtrics.com", "nobody", Secret("nothing")):
        pass
    tasks.MAX_MESSAGES_PER_SWEEP = 1  # for the only worker at a time


def send() -> None:
    """Send changes as a worker does, until none moves; the follow-up syncs are left for the end."""
    vars(tasks)["run_next"] = _no_job
    work(jobs=False)


def work(*, jobs: bool = True) -> None:
    """Work as a Celery worker does: receive messages and run their tasks, until nothing moves."""
    end = time.monotonic() + PATIENCE
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue(current_app.conf.task_default_queue)
        while time.monotonic() < end:
            _time_flies()
            tasks.sweep()
            while _run_next(queue):
                pass
            if not _anything_moves(jobs=jobs):
                return
            time.sleep(0.01)
    raise TimeoutError("something still moves")


def work_a_while() -> None:
    """Work for a while beside another worker."""
    end = time.monotonic() + 0.1
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue(current_app.conf.task_default_queue)
        while time.monotonic() < end:
            tasks.sweep()
            while _run_next(queue):
                pass


def celery_worker(ready: str) -> None:
    """A real Celery worker; it creates the file `ready` once it listens."""
    worker_ready.connect(lambda **_: Path(ready).touch(), weak=False)
    os.setsid()
    current_app.worker_main(worker_options(threads=2, level="error"))


def look_around() -> None:
    """The start-up sweep of beat and of every new worker."""
    tasks.sweep()


def import_file(assessment: int, by: int, file: str) -> None:
    """Record an import whose file is sealed, as a page does."""
    record_import(Assessment.objects.select_related("org").get(pk=assessment), Member.objects.get(pk=by), file)


def record_import(assessment: Assessment, by: Member, file: str) -> Change:
    """An import of subjects from a file."""
    call = ImportPersons(
        assessment_id=assessment.vendor_id,
        type=ImportType.SUBJECTS,
        file_contents=file,
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
    )
    return record_call(assessment.org, call, by=by, title="Import subjects")


def decide(change: str, by: int, decision: Any) -> None:
    """Decide about a change, as a page does."""
    decide_change(Change.objects.get(pk=uuid.UUID(change)), by=Member.objects.get(pk=by), decision=decision)


def plan_subjects(assessment: int, by: int, people: str) -> None:
    """Plan to add people as subjects, as a page does."""
    review = Assessment.objects.select_related("org").get(pk=assessment)
    chosen = Person.objects.filter(org=review.org, pk__in=[int(number) for number in people.split(",")])
    plans_of_subjects.plan_subjects(review, chosen, by=Member.objects.get(pk=by), source={"from": "selection"})


def apply_plan(plan: str, by: int) -> None:
    """Apply a plan, as a page does."""
    found = Plan.objects.select_related("org", "undo_of", "job").get(pk=uuid.UUID(plan))
    apply.apply_plan(found, by=Member.objects.get(pk=by), typed=found.acting)


def run_timetable() -> None:
    """The scheduled tasks of beat, run by a worker; nothing is sent."""
    timetable_runs.start_due_timetables()
    run_next()


def rotate() -> None:
    """`manage.py keys rotate` with the newest key."""
    rotation.rotate()


def read_reports(url: str, base: str, authority: str) -> None:
    """`manage.py engine post` with the mailbox of delivery reports."""
    settings.MAIL_BOUNCES, settings.MAIL_BOUNCES_CA = base, authority
    settings.MAIL_BOUNCES_MAILBOX = mailbox_address(url)
    report_reading.read_due(timezone.now())


def resume() -> None:
    """`manage.py instance resume`."""
    fencing.resume()


def purge() -> None:
    """The nightly clean-up."""
    purge_versions()


def open_organisation(engine: str) -> None:
    """`manage.py organisation create --engine`; the owner's link is discarded."""
    opening.open_organisation(
        "Halden Group",
        "halden",
        "ines.ferreira@halden.example",
        time_zone="UTC",
        language="en",
        engine=engine,
        say=lambda words: None,
        ask_token=str,
        by_hand=True,
        again=False,
    )


def _run_next(queue: SimpleQueue) -> bool:
    """Run the next message's task, if any, as a Celery worker does: the message is acknowledged first."""
    try:
        message = queue.get(block=False)
    except queue.Empty:
        return False
    message.ack()
    [args, *_rest] = message.payload
    try:
        current_app.tasks[message.headers["task"]](*args)
    except Exception:
        traceback.print_exc()
    close_old_connections()
    return True


def _time_flies() -> None:
    """Make delayed work due now."""
    now = timezone.now()
    Job.objects.filter(state=Job.State.WAITING, not_before__gt=now).update(not_before=now)
    Change.objects.filter(state__in=Change.MOVING, not_before__gt=now).exclude(state=Change.State.UNKNOWN).update(
        not_before=now
    )


def _no_job() -> bool:
    return False


def _anything_moves(*, jobs: bool) -> bool:
    waiting_for_a_person = {"depends_on__state": Change.State.PERSON}
    if Change.objects.filter(state__in=Change.MOVING).exclude(**waiting_for_a_person).exists():
        return True
    return jobs and Job.objects.filter(state__in=Job.LIVE).exclude(kind=APPLY.name).exists()


def _terminate() -> None:
    """Terminate the connection's backend: the next statement fails, as after a restart of the database."""

    if connection.connection is None:
        return
    pid = connection.connection.info.backend_pid
    parameters = connection.get_connection_params()
    wanted = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if name in parameters}
    with psycopg.connect(**wanted, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])
    print("cut off at", os.environ["QXP_FAILPOINT"].partition(":")[0], flush=True)  # noqa: T201


failpoints.ACTIONS["terminate"] = _terminate
