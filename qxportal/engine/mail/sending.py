"""Sends queued mails one by one; each is checked, rendered and delivered on its own."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from qxportal.engine.mail.letters import letter, sender_of
from qxportal.engine.mail.marks import mark_of
from qxportal.engine.mail.rightness import verdict
from qxportal.engine.models import Brand, Mail, Person, Why
from qxportal.mail import queue
from qxportal.mail.addresses import AddressError
from qxportal.mail.compose import compose
from qxportal.mail.return_paths import return_path
from qxportal.mail.transport import Delivery, deliver

log = logging.getLogger(__name__)

KEEP_ADDRESSES = timedelta(days=180)


def send_due(*, most: int = 1_000) -> int:
    """Send due mails; returns the number taken from the queue."""
    for number in range(most):
        mail = queue.claim(_all(), now=timezone.now())
        if mail is None:
            return number
        try:
            _send(mail)
        except Exception as problem:  # one mail that cannot be rendered must not stop the others
            log.exception("A mail could not be made")
            queue.try_again(mail, reply=type(problem).__name__, why=Why.UNREACHED)
    return most


def forget_old_addresses(*, now: datetime) -> int:
    """Delete addresses from mails that were settled long ago; returns their number."""
    return queue.forget_addresses(Mail.objects.all(), before=now - KEEP_ADDRESSES)


def _all() -> QuerySet[Mail]:
    return Mail.objects.select_related(
        "brand", "person__org_structure__brand", "assessment__brand", "mailing__subject_message", "message"
    )


def _send(mail: Mail) -> None:
    if mail.attempts > len(queue.PAUSES) + 1:  # sending it killed the process repeatedly
        queue.failed(mail, why=Why.GAVE_UP)
        return
    found = verdict(mail, now=timezone.now())
    if found.cancel:
        queue.cancelled(mail, why=found.cancel)
    elif found.until:
        queue.put_back(mail, until=found.until, why=found.wait)
    elif not (to := _address(mail)):
        queue.failed(mail, why=Why.ADDRESS)
    else:
        _deliver(mail, to)


def _address(mail: Mail) -> str:
    """A mail's recipient: the person, or the test address."""
    if mail.kind == Mail.Kind.TEST:
        return mail.address
    meant = mail.person.email if mail.person else ""
    if not meant:
        return ""
    if settings.MAIL_ONLY_TO:
        return settings.MAIL_ONLY_TO
    if mail.brand.mail == Brand.MailMode.TEST:
        return mail.brand.test_address
    return meant


def _deliver(mail: Mail, to: str) -> None:
    if not queue.note_address(mail, to):
        return  # cancelled meanwhile
    try:
        composed = compose(letter(mail), sender=sender_of(mail.brand), to=settings.MAIL_ONLY_TO or to)
    except AddressError:
        queue.failed(mail, why=Why.ADDRESS)
        return
    if _has_moved(mail):  # the link is newer, so the change did not end it: do not mail it to the old address
        queue.put_back(mail, until=timezone.now(), why="")
        return
    mark = mark_of(mail)
    delivery = deliver(composed, return_path=_return_path(mark), mark=mark)
    _settle(mail, delivery)


def _return_path(mark: str) -> str:
    """The envelope sender of a mail; empty: the From address."""
    return return_path(settings.MAIL_BOUNCES, mark) if settings.MAIL_BOUNCES else ""


def _has_moved(mail: Mail) -> bool:
    """Whether the person's address has changed since the mail was claimed.

    The lock waits for a concurrent change of the address, which cannot end a link that did not exist when it began.
    """
    if mail.person is None:
        return False
    with transaction.atomic(using="engine"):
        now = Person.objects.select_for_update(no_key=True).filter(pk=mail.person.pk).values_list("email", flat=True)
        return now.first() != mail.person.email


def _settle(mail: Mail, delivery: Delivery) -> None:
    if delivery.accepted:
        queue.sent(mail, reply=delivery.reply)
    elif delivery.temporary:
        queue.try_again(mail, reply=delivery.reply, why=Why.UNREACHED)
    else:
        queue.failed(mail, reply=delivery.reply, why=Why.REFUSED)
