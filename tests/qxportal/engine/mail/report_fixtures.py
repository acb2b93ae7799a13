"""What tests of delivery reports share: a mailbox that is read, and reports about mails that went out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.mail import report_reading
from qxportal.engine.mail.report_reading import Look
from qxportal.engine.models import Mail, ReportReading
from qxportal.mail.mailbox_address import mailbox_address
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.bounces import Bounced
from tests.support.imap_server import ImapServer, imap_server
from tests.support.smtp_server import MailServer, Received

BASE = "bounces@halden.example"


def bounced(sent: Received) -> Bounced:
    """A mail as the servers on its way know it."""
    return Bounced(sent.to, sent.sender, str(sent.message["Message-ID"]).strip("<>"))


@dataclass
class Reports:
    """Mails that went out, and the mailbox to which reports about them come."""

    round: MailRound
    smtp: MailServer
    mailbox: ImapServer

    def invite(self, *people: Any) -> list[Bounced]:
        """Send an invitation to each of these people."""
        self.round.plan("Invite", persons=[one.public_id for one in people])
        self.round.post()
        return [bounced(self.smtp.to(one.email)) for one in people]

    def look(self) -> Look:
        """What the sending process does when it is time to look at the mailbox."""
        self.round.engine.run(ReportReading.objects.update, next_at=timezone.now() - timedelta(seconds=1))
        return self.round.engine.run(report_reading.read_due, timezone.now())

    def mail(self, person: Any) -> Mail:
        """The latest mail to a person."""
        return self.round.engine.run(lambda: Mail.objects.filter(person=person).order_by("-pk")[0])

    @property
    def reading(self) -> ReportReading:
        """How the reading goes."""
        return self.round.engine.run(ReportReading.objects.get)


@pytest.fixture
def mailbox(tmp_path: Path, settings: Any) -> Iterator[ImapServer]:
    """The mailbox that the settings name."""
    with imap_server(tmp_path) as server:
        settings.MAIL_BOUNCES = BASE
        settings.MAIL_BOUNCES_MAILBOX = mailbox_address(server.url)
        settings.MAIL_BOUNCES_CA, settings.MAIL_BOUNCES_TOKEN = server.authority, ""
        yield server


@pytest.fixture
def reports(round: MailRound, smtp: MailServer, mailbox: ImapServer) -> Reports:
    return Reports(round, smtp, mailbox)
