"""The mailbox of delivery reports: read a part at a time, and again after it was away."""

import logging
import mailbox as maildirs
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from django.utils import timezone
from imapclient import IMAPClient

from qxportal.core.failpoints import FailpointError, hits
from qxportal.engine.mail import fence, report_reading
from qxportal.engine.management.post import Post
from qxportal.engine.models import EngineInstance, Mail, ReportReading
from qxportal.mail.mailbox_address import mailbox_address
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.report_fixtures import Reports, mailbox, reports
from tests.support import bounces
from tests.support.imap_server import PASSWORD, imap_server

__all__ = ["mailbox", "reports"]


@pytest.mark.parametrize("number", [600, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_many_messages_are_read_a_part_at_a_time(reports: Reports, number: int):
    (ben,) = reports.invite(reports.round.ben)
    noise = [b"From: a@b.example\r\nSubject: %d\r\n\r\nhello\r\n" % each for each in range(number)]
    for at in range(0, number, 1_000):
        reports.mailbox.deliver(noise[at : at + 1_000])
    reports.mailbox.deliver([bounces.postfix(ben)])

    first = reports.look()
    assert (first.others, first.more) == (report_reading.AT_ONCE, True)
    assert reports.reading.next_at <= timezone.now()

    looks = 1
    while reports.look().more:
        looks += 1
    assert looks == number // report_reading.AT_ONCE
    assert reports.mail(reports.round.ben).state == State.FAILED
    assert reports.reading.left == number


def test_slow_reading_is_continued_after_mails_were_sent(reports: Reports, monkeypatch):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    reports.mailbox.deliver([bounces.postfix(ben), bounces.answer(ben), bounces.postfix(chloe)])
    monkeypatch.setattr(report_reading, "ENOUGH", -1.0)  # each message takes too long

    looks = [reports.look() for _look in range(4)]

    assert [(one.handled, one.others) for one in looks] == [(1, 0), (0, 1), (1, 0), (0, 0)]
    assert [one.more for one in looks] == [True, True, False, False]
    assert len(reports.mailbox.messages) == 1
    assert reports.mail(reports.round.chloe).state == State.FAILED


@pytest.mark.parametrize("reply", [KeyError(b"MESSAGES"), ValueError("unexpected message list format")])
def test_a_reply_against_the_protocol_is_told(reports: Reports, monkeypatch, reply: Exception):
    monkeypatch.setattr(IMAPClient, "folder_status", Mock(side_effect=reply))

    reports.look()

    assert type(reply).__name__ in reports.reading.problem
    assert reports.reading.failures == 1


@pytest.mark.parametrize("starttls", [False, True])
def test_a_mailbox_behind_a_certificate_that_nobody_vouches_for_is_not_read(
    reports: Reports, settings, tmp_path, starttls
):
    (ben,) = reports.invite(reports.round.ben)
    (tmp_path / "other").mkdir()
    with imap_server(tmp_path / "other", starttls=starttls) as other:
        other.deliver([bounces.postfix(ben)])
        settings.MAIL_BOUNCES_MAILBOX = mailbox_address(other.url)  # the authority is that of the first server
        reports.look()
        assert "CERTIFICATE_VERIFY_FAILED" in reports.reading.problem
        assert reports.mail(reports.round.ben).state == State.SENT

        settings.MAIL_BOUNCES_CA = other.authority
        reports.look()

    assert reports.mail(reports.round.ben).state == State.FAILED
    assert reports.reading.problem == ""


def test_a_mailbox_that_is_away_is_asked_later_and_later(reports: Reports, settings):
    (ben,) = reports.invite(reports.round.ben)
    there = settings.MAIL_BOUNCES_MAILBOX
    settings.MAIL_BOUNCES_MAILBOX = replace(there, port=1)
    pauses = []
    for _look in range(7):
        reports.look()
        pauses.append(round((reports.reading.next_at - timezone.now()).total_seconds() / 60))
    assert pauses == [1, 2, 5, 15, 30, 30, 30]
    away = reports.reading
    assert (away.failures, "ConnectionRefusedError" in away.problem) == (7, True)
    assert away.failing_since is not None

    reports.mailbox.deliver([bounces.postfix(ben)])
    settings.MAIL_BOUNCES_MAILBOX = there
    reports.look()

    back = reports.reading
    assert (back.failures, back.failing_since, back.problem) == (0, None, "")
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_the_password_stands_nowhere(reports: Reports, settings, caplog):
    secret = "hunter2 in clear"
    settings.MAIL_BOUNCES_MAILBOX = replace(settings.MAIL_BOUNCES_MAILBOX, password=secret)
    caplog.set_level(logging.DEBUG)

    reports.look()
    settings.MAIL_BOUNCES_MAILBOX = replace(settings.MAIL_BOUNCES_MAILBOX, password=PASSWORD)
    reports.look()

    told = reports.round.engine.run(lambda: str(list(ReportReading.objects.values())))
    for words in (secret, PASSWORD):
        assert words not in repr(settings.MAIL_BOUNCES_MAILBOX) + caplog.text + told


def test_an_access_token_takes_the_place_of_a_password(reports: Reports, settings, tmp_path):
    (ben,) = reports.invite(reports.round.ben)
    (tmp_path / "tokens").mkdir()
    with imap_server(tmp_path / "tokens", token="ya29.first") as other:
        other.deliver([bounces.postfix(ben)])
        settings.MAIL_BOUNCES_MAILBOX = mailbox_address(other.url.replace(quote(PASSWORD, safe=""), ""))
        settings.MAIL_BOUNCES_CA, settings.MAIL_BOUNCES_TOKEN = other.authority, str(tmp_path / "token")
        reports.look()
        assert "No such file" in reports.reading.problem

        (tmp_path / "token").write_text("ya29.of-yesterday\n")
        reports.look()
        assert reports.reading.problem != ""
        assert "ya29" not in reports.reading.problem

        (tmp_path / "token").write_text("ya29.first\n")  # another program renewed it
        reports.look()

    assert reports.reading.problem == ""
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_a_mailbox_whose_numbers_begin_again_is_read_from_its_beginning(reports: Reports, settings, tmp_path):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    reports.mailbox.deliver([bounces.answer(ben), bounces.postfix(ben)])
    reports.look()
    (tmp_path / "moved").mkdir()
    with imap_server(tmp_path / "moved") as moved:
        moved.deliver([bounces.postfix(chloe)])
        settings.MAIL_BOUNCES_MAILBOX, settings.MAIL_BOUNCES_CA = mailbox_address(moved.url), moved.authority

        assert reports.look().handled == 1

    assert reports.mail(reports.round.chloe).state == State.FAILED


def test_a_maildir_folder_is_read(reports: Reports, settings, tmp_path):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    folder = tmp_path / "Maildir ü"
    delivered = maildirs.Maildir(folder)
    for message in (bounces.postfix(ben), bounces.answer(chloe)):
        delivered.add(message)
    (folder / "new" / "1.link").symlink_to(bounces.__file__)
    settings.MAIL_BOUNCES_MAILBOX = mailbox_address(folder.as_uri().replace("file:", "maildir:"))

    look = reports.look()

    assert (look.handled, look.others) == (1, 1)
    assert reports.mail(reports.round.ben).state == State.FAILED
    (folder / "new" / "1.link").unlink()
    (kept,) = delivered.values()
    assert (kept.get_subdir(), kept.get_flags(), str(kept["Subject"])[:3]) == ("cur", "S", "Re:")
    assert reports.look().others == 0
    delivered.close()


def test_a_maildir_folder_that_is_not_there_is_told(reports: Reports, settings):
    settings.MAIL_BOUNCES_MAILBOX = mailbox_address("maildir:///nowhere/at/all")

    reports.look()

    assert "/nowhere/at/all/new is not there" in reports.reading.problem


def test_hostile_messages_cost_little_and_stay(reports: Reports, settings, tmp_path):
    head = b"From: MAILER-DAEMON@x.example\nTo: bounces@halden.example\n"
    nested = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(3_000))
    hostile = [
        head + b"".join(nested),
        head + b"Content-Type: message/rfc822\n\n" * 5_000,
        head + b"Content-Type: message/delivery-status\n\n" + b"\n\n" * 20_000,
        head + b"Content-Type: multipart/report; boundary=a\n\n" + b"--a\n\n" * 20_000,
        head + b"Content-Type: text/plain; charset=no-such\nContent-Transfer-Encoding: base64\n\n" + b"=" * 3_000,
        head + b"X-Failed-Recipients: " + b"(" * 5_000 + b"\n\n" + b"a@b " * 100_000,
        b"\xff\xfe" * 2_000,
        b"",
    ]
    (tmp_path / "Maildir" / "cur").mkdir(parents=True)
    (tmp_path / "Maildir" / "new").mkdir()
    for number, message in enumerate(hostile):
        (tmp_path / "Maildir" / "new" / f"{number}.host").write_bytes(message)
    settings.MAIL_BOUNCES_MAILBOX = mailbox_address(f"maildir://{tmp_path}/Maildir")

    began = timezone.now()
    look = reports.look()

    assert (look.handled, look.others) == (0, len(hostile))
    assert timezone.now() - began < timedelta(seconds=30)
    assert reports.reading.problem == ""


def test_of_a_huge_message_only_the_beginning_is_read(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.postfix(ben) + b"x" * 76 + b"\r\n" * 1_000_000])

    assert reports.look().handled == 1
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_a_copy_of_the_database_reads_no_mailbox(reports: Reports, settings, tmp_path):
    settings.ENGINE_INSTANCE = tmp_path / "instance"
    engine = reports.round.engine
    assert engine.run(fence.may_send)
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.postfix(ben)])
    engine.run(EngineInstance.objects.update, held_at=timezone.now())

    engine.run(Post().look)
    assert len(reports.mailbox.messages) == 1

    engine.run(fence.resume)
    engine.run(Post().look)
    assert reports.mailbox.messages == []
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_two_processes_do_not_look_at_once(reports: Reports):
    reports.look()
    engine = reports.round.engine
    engine.run(ReportReading.objects.update, next_at=timezone.now())

    assert engine.run(report_reading._claim, timezone.now())
    assert not engine.run(report_reading._claim, timezone.now())


@pytest.mark.parametrize("step", ["reports.recorded", "reports.deleted"])
def test_a_look_that_ended_in_the_middle_is_done_again(reports: Reports, monkeypatch, step: str):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    reports.mailbox.deliver([bounces.postfix(ben), bounces.answer(ben)])
    hits.clear()
    monkeypatch.setenv("QXP_FAILPOINT", f"{step}:raise")
    with pytest.raises(FailpointError):
        reports.look()
    monkeypatch.delenv("QXP_FAILPOINT")
    recorded = reports.mail(reports.round.ben)
    assert (recorded.state, len(reports.mailbox.messages)) == (State.FAILED, 2 if step == "reports.recorded" else 1)
    reports.mailbox.deliver([bounces.postfix(chloe)])

    reports.look()

    assert reports.mail(reports.round.ben).settled_at == recorded.settled_at
    assert reports.mail(reports.round.chloe).state == State.FAILED
    assert len(reports.mailbox.messages) == 1
    assert reports.round.engine.run(Mail.objects.filter(state=State.FAILED).count) == 2


def test_where_nothing_is_read_nothing_is_told(reports: Reports, settings):
    reports.look()
    settings.MAIL_BOUNCES_MAILBOX = None

    assert reports.look() == report_reading.Look()
    assert reports.round.engine.run(report_reading.reading) is None
