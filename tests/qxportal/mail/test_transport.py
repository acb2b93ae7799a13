"""What a mail server is told beside a mail, where it knows delivery status notifications (RFC 3461)."""

from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.mail import EmailMultiAlternatives

from qxportal.mail.transport import deliver
from tests.support.ports import free_port

MARK = "1-abcdefghijklmnopqrst"
RETURN_PATH = f"bounces+{MARK}@halden.example"


class Notifying(SMTP):
    """A mail server that takes the parameters of notifications."""

    told: list[str]

    async def smtp_MAIL(self, arg: str) -> None:
        self.told.append(arg)
        await super().smtp_MAIL(arg.partition(" ")[0])

    async def smtp_RCPT(self, arg: str) -> None:
        self.told.append(arg)
        await super().smtp_RCPT(arg.partition(" ")[0])


class Handler:
    """Says what the server knows, and keeps who sent what."""

    def __init__(self, *, dsn: bool) -> None:
        self.dsn = dsn
        self.senders: list[str] = []

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, answers: list[str]) -> list[str]:
        session.host_name = host
        return [*answers[:-1], "250-DSN", answers[-1]] if self.dsn else answers

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.senders.append(envelope.mail_from)
        return "250 OK"


class Notified(Controller):
    told: list[str]

    def factory(self) -> SMTP:
        server = Notifying(self.handler)
        server.told = self.told
        return server


@pytest.mark.parametrize("dsn", [True, False])
def test_a_server_is_asked_for_reports_without_our_text(settings, dsn: bool):
    handler = Handler(dsn=dsn)
    controller = Notified(handler, hostname="127.0.0.1", port=free_port())
    controller.told = []
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", controller.port, False
    mail = EmailMultiAlternatives("Hello", "Hello", "Halden <portal@halden.example>", ["ben@halden.example"])
    try:
        assert deliver(mail, return_path=RETURN_PATH, mark=MARK).accepted
        assert deliver(mail).accepted
    finally:
        controller.stop()

    assert handler.senders == [RETURN_PATH, "portal@halden.example"]
    marked = [f" RET=HDRS ENVID={MARK}", " NOTIFY=FAILURE,DELAY"] if dsn else ["", ""]
    assert [one.partition(">")[2] for one in controller.told] == [*marked, "", ""]
