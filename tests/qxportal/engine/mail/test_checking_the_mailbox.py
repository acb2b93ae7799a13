"""The operator's check of the mailbox for delivery reports."""

from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.management import CommandError, call_command

from tests.qxportal.engine.mail.conftest import MailRound
from tests.qxportal.engine.mail.report_fixtures import Reports, mailbox, reports
from tests.support import bounces
from tests.support.imap_server import PASSWORD
from tests.support.ports import free_port

__all__ = ["mailbox", "reports"]


@pytest.fixture(autouse=True)
def as_engine(settings: Any) -> None:
    settings.PROCESS = "engine"


def check(round: MailRound, capsys: Any, *options: str) -> str:
    round.engine.run(call_command, "engine", "bounces", *options)
    said: str = capsys.readouterr().out
    return said


def test_it_tells_what_the_mailbox_holds(reports: Reports, capsys):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.answer(ben), bounces.out_of_office(ben)])
    reports.look()

    said = check(reports.round, capsys)

    assert "bounces@halden.example at localhost:" in said
    assert "Messages in it: 2." in said
    assert "left there: 2." in said
    assert PASSWORD not in said


def test_it_tells_what_does_not_work(reports: Reports, settings, capsys):
    there = settings.MAIL_BOUNCES_MAILBOX
    settings.MAIL_BOUNCES_MAILBOX = replace(there, password="wrong words")
    with pytest.raises(CommandError, match="AUTHENTICATIONFAILED") as refused:
        check(reports.round, capsys)
    assert "wrong words" not in str(refused.value)

    settings.MAIL_BOUNCES_MAILBOX = replace(there, folder="Nowhere")
    with pytest.raises(CommandError, match=r"cannot be read .*Nowhere"):
        check(reports.round, capsys)

    settings.MAIL_BOUNCES_MAILBOX = None
    with pytest.raises(CommandError, match="QXP_MAIL_BOUNCES_URL is not set"):
        check(reports.round, capsys)

    settings.MAIL_BOUNCES = ""
    with pytest.raises(CommandError, match="QXP_MAIL_BOUNCES is not set"):
        check(reports.round, capsys)


class Delivering:
    """A mail server that puts what it takes for the mailbox into it, if it knows the part after the plus."""

    def __init__(self, reports: Reports, *, plus: bool) -> None:
        self.reports, self.plus = reports, plus
        self.senders: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.senders.append(envelope.mail_from)
        if self.plus:
            self.reports.mailbox.deliver([bytes(envelope.original_content)])
        return "250 OK"


@pytest.mark.parametrize("plus", [True, False])
def test_it_tries_the_whole_way(reports: Reports, settings, capsys, plus: bool):
    server = Delivering(reports, plus=plus)
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_PORT = controller.port
    try:
        if plus:
            assert "arrived in the mailbox" in check(reports.round, capsys, "--send", "--wait", "20")
        else:
            with pytest.raises(CommandError, match="did not arrive in the mailbox"):
                check(reports.round, capsys, "--send", "--wait", "0.2")
    finally:
        controller.stop()

    assert server.senders[0].startswith("bounces+0-")
    assert reports.mailbox.messages == []


def test_a_mail_server_that_does_not_take_such_a_sender_is_told(reports: Reports, capsys):
    reports.smtp.after_data = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"

    with pytest.raises(CommandError, match=r"does not take the mail: 550 5\.7\.60"):
        check(reports.round, capsys, "--send")
