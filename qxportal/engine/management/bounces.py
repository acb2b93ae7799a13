"""`manage.py engine bounces`: checks that delivery reports arrive and can be read."""

import secrets
import string
import time
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.management.base import CommandError, CommandParser

from qxportal.engine.mail import report_reading
from qxportal.mail.delivery_reports import LONGEST
from qxportal.mail.mailbox_address import MailboxAddress
from qxportal.mail.mailboxes import MailboxError
from qxportal.mail.report_mailbox import open_mailbox
from qxportal.mail.return_paths import return_path
from qxportal.mail.transport import deliver

HEADER = "X-QX-Portal-Test"
LETTERS = string.ascii_lowercase + "234567"
LOOKED_AT = 50  # number of latest messages searched for the one that was sent
WAIT = 3.0  # seconds between two searches


def add_arguments(parser: CommandParser) -> None:
    """Declare the options."""
    parser.add_argument("--send", action="store_true", help="mail the mailbox, too, and wait until the mail arrives")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long to wait for it")


def check(write: Callable[[str], object], *, send: bool, wait: float) -> None:
    """Open the mailbox, and with `send` mail it; raises CommandError if either fails."""
    if not settings.MAIL_BOUNCES:
        raise CommandError("QXP_MAIL_BOUNCES is not set: delivery reports go to the address of QXP_MAIL_FROM.")
    write(f"Each mail has an envelope sender such as {return_path(settings.MAIL_BOUNCES, _fresh_mark())}.")
    address = settings.MAIL_BOUNCES_MAILBOX
    if address is None:
        raise CommandError("QXP_MAIL_BOUNCES_URL is not set: no mailbox is read.")
    try:
        with open_mailbox(address) as mailbox:
            _tell(write, str(address), mailbox.count())
        if send:
            _send_and_wait(write, address, wait)
    except MailboxError as problem:
        raise CommandError(f"The mailbox cannot be read ({address}). {problem}") from None


def _tell(write: Callable[[str], object], name: str, messages: int) -> None:
    write(f"The mailbox can be read ({name}). Messages in it: {messages}.")
    known = report_reading.reading()
    if known and known.left:
        write(f"Of these, no delivery reports about mails that were sent from here, and left there: {known.left}.")


def _send_and_wait(write: Callable[[str], object], address: MailboxAddress, wait: float) -> None:
    """Send a mail to a return path, wait until it is in the mailbox, and delete it."""
    mark = _fresh_mark()
    to = return_path(settings.MAIL_BOUNCES, mark)
    mail = EmailMultiAlternatives(
        subject="QX Portal: test of the mailbox for delivery reports",
        body="This mail is deleted by the test that sent it.",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"Auto-Submitted": "auto-generated", HEADER: mark},
    )
    delivery = deliver(mail, return_path=to, mark=mark)
    if not delivery.accepted:
        raise CommandError(f"The mail server does not take the mail: {delivery.reply}")
    until = time.monotonic() + wait
    while not _found(address, mark):
        if time.monotonic() > until:
            raise CommandError(f"The mail to {to} did not arrive in the mailbox within {wait:g} seconds.")
        time.sleep(min(WAIT, wait))
    write(f"A mail to {to} arrived in the mailbox.")


def _fresh_mark() -> str:
    """A mark of no mail, as mail numbers begin with 1."""
    return "0-" + "".join(secrets.choice(LETTERS) for _letter in range(20))


def _found(address: MailboxAddress, mark: str) -> bool:
    """Whether the mail is in the mailbox; deletes it."""
    with open_mailbox(address) as mailbox:
        for message, content in mailbox.read(mailbox.latest(LOOKED_AT), longest=LONGEST):
            if f"{HEADER}: {mark}".encode() in content:
                mailbox.settle(handled=[message], others=[])
                return True
    return False
