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


class Refusing:
    """A mail server that takes no sender with a plus, and says so at the step that it was told to."""

    def __init__(self, step: str) -> None:
        self.step = step

    def _answer(self, step: str, sender: str) -> str:
        refused = self.step == step and "+" in sender
        if refused and step == "DATA":
            return "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
        return f"553 5.7.1 <{sender}>: Sender address rejected: not owned by user portal" if refused else "250 OK"

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self._answer("MAIL", address)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return "550 5.1.1 No such user" if "nobody" in address else self._answer("RCPT", envelope.mail_from)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return self._answer("DATA", envelope.mail_from)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_sender_that_the_server_does_not_take_is_no_fault_of_the_recipient(settings, step: str):
    controller = Controller(Refusing(step), hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", controller.port, False
    mails = [
        EmailMultiAlternatives("Hello", "Hello", "Halden <portal@halden.example>", [f"{name}@halden.example"])
        for name in ("ben", "nobody")
    ]
    try:
        ours, unknown = (deliver(mail, return_path=RETURN_PATH, mark=MARK) for mail in mails)
        assert deliver(mails[0]).accepted
    finally:
        controller.stop()

    assert (ours.accepted, ours.temporary) == (False, True)
    assert "sender" in ours.reply.lower()
    assert (unknown.accepted, unknown.temporary) == (False, step == "MAIL")


class Impatient(SMTP):
    """A mail server that ends each conversation with an error."""

    reply: str

    async def smtp_QUIT(self, arg: str) -> None:
        await self.push(self.reply)


class Hasty(Controller):
    reply: str

    def factory(self) -> SMTP:
        server = Impatient(self.handler)
        server.reply = self.reply
        return server


@pytest.mark.parametrize("reply", ["421 4.4.2 Timeout exceeded", "500 5.5.2 What?"])
def test_an_error_after_the_mail_changes_nothing(settings, reply: str):
    controller = Hasty(Refusing("none"), hostname="127.0.0.1", port=free_port())
    controller.reply = reply
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", controller.port, False
    try:
        taken, refused = (
            deliver(EmailMultiAlternatives("Hello", "Hello", "Halden <portal@halden.example>", [to]))
            for to in ("ben@halden.example", "nobody@halden.example")
        )
    finally:
        controller.stop()

    assert (taken.accepted, taken.reply) == (True, "250 OK")
    assert (refused.accepted, refused.temporary, refused.reply) == (False, False, "550 5.1.1 No such user")
