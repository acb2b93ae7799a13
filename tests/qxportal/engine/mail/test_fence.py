"""A copied database sends no mail until an operator resumes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from qxportal.engine.mail import fence
from qxportal.engine.management.post import Post
from qxportal.engine.models import EngineInstance, Evaluation, Mail
from qxportal.security.instance_file import Remembered, read_file, write_file
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.ENGINE_INSTANCE = tmp_path / "engine-instance"


def _look(round: MailRound) -> None:
    round.engine.run(Post().look)


def _copied() -> None:
    """As a restore leaves it: the row was written by another transaction."""
    with connections["engine"].cursor() as cursor:
        cursor.execute("UPDATE engine_engineinstance SET held_at = NULL")


def test_the_first_look_adopts_the_database(round: MailRound, smtp: MailServer):
    round.plan("Invite")
    _look(round)
    _look(round)

    assert len(smtp.received) == 3


def test_a_copy_queues_and_sends_nothing(round: MailRound, smtp: MailServer):
    _look(round)
    round.engine.run(_copied)
    round.plan("Invite")

    _look(round)

    assert smtp.received == []
    assert round.engine.run(fence.is_held)
    assert not round.engine.run(Mail.objects.exists)


def test_a_machine_without_the_file_is_a_copy(round: MailRound, smtp: MailServer, tmp_path):
    _look(round)
    (tmp_path / "engine-instance").unlink()
    round.plan("Invite")

    _look(round)

    assert smtp.received == []


def test_processes_that_start_first_together_adopt_one_epoch(round: MailRound):
    round.engine.run(fence._adopt, "")
    round.engine.run(fence._adopt, "")

    assert round.engine.run(fence.may_send)


def test_what_other_processes_note_after_the_look_makes_no_copy(round: MailRound, tmp_path):
    assert round.engine.run(fence.may_send)
    file = tmp_path / "engine-instance"
    later = Remembered(read_file(file).epoch, 10**15)

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        write_file(later, path=file)
        return found

    def look() -> bool:
        with connections["engine"].execute_wrapper(note):
            return fence.may_send()

    assert round.engine.run(look)
    assert not round.engine.run(fence.is_held)


@pytest.mark.parametrize("keep", [False, True])
def test_resuming_sends_what_comes_and_what_was_queued_only_if_asked(round: MailRound, smtp: MailServer, keep: bool):
    _look(round)
    about = {"person": round.ben, "assessment": round.assessment, "evaluation": round.bens}
    round.engine.run(Mail.objects.create, brand=round.engine.brand, kind="Reminder", **about)
    round.engine.run(_copied)
    _look(round)

    assert round.engine.run(fence.resume, keep_queue=keep) == (0 if keep else 1)

    _look(round)
    assert len(smtp.received) == int(keep)
    assert round.engine.run(EngineInstance.objects.get).held_at is None
    round.plan("Invite", persons=[round.anna.public_id])
    _look(round)
    assert round.anna.email in smtp.recipients


def test_people_who_are_new_are_looked_for_once_a_minute(round: MailRound, smtp: MailServer):
    post = Post()
    round.plan("Thanks", standing=True)
    round.engine.run(post.look)
    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).update, status="Completed")
    round.plan("Reminder", persons=[round.anna.public_id])

    round.engine.run(post.look)

    assert smtp.recipients == [round.anna.email]  # what is due goes at once
    post._again = timezone.now() - timedelta(minutes=2)
    round.engine.run(post.look)
    assert smtp.recipients == [round.anna.email, round.ben.email]
