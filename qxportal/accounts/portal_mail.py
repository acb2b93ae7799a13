"""The portal's own mail: queued in a table, composed when it is sent, retried until the mail server takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from qxportal.accounts.models import Invitation, Member, Organisation, PortalMail, User
from qxportal.mail import queue
from qxportal.mail.addresses import AddressError
from qxportal.mail.compose import Letter, Sender, compose
from qxportal.mail.transport import Delivery, deliver
from qxportal.security import instance

log = structlog.get_logger(__name__)

KEPT = timedelta(days=180)
State = PortalMail.State
Why = PortalMail.Why


@dataclass(frozen=True)
class Words:
    """Texts of a mail, in the recipient's language."""

    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""  # address of a page
    button: str = ""  # label of the link
    small: str = ""  # text below the link
    to: str = ""  # recipient address for mails to neither a member nor an invited person


Writer = Callable[[PortalMail], Words | None]  # None: the subject matter has ended, so no mail
WRITERS: dict[str, Writer] = {}


def register_writer(kind: str, writer: Writer) -> None:
    """Register the writer for a kind of mail; called when an app is ready."""
    WRITERS[kind] = writer


def queue_mail(
    org: Organisation,
    kind: str,
    *,
    invitation: Invitation | None = None,
    member: Member | None = None,
    about: Mapping[str, str | int] | None = None,
) -> PortalMail:
    """Queue a mail to an invited person or a member, in the caller's transaction."""
    return PortalMail.objects.create(org=org, kind=kind, invitation=invitation, member=member, about=dict(about or {}))


def replace_mails(invitation: Invitation) -> int:
    """Cancel queued mails of an invitation because another one follows; returns their number."""
    return queue.cancel_all(invitation.mails.all(), why=Why.REPLACED)


def send_now(mail: PortalMail) -> PortalMail:
    """Try to send one mail at once; returns its new state. Call it outside of transactions."""
    if instance.may_call() and (claimed := queue.claim(_all().filter(pk=mail.pk), now=timezone.now())):
        _try(claimed)
    mail.refresh_from_db()
    return mail


def send_due(*, most: int = 200) -> int:
    """Send due mails; returns the number taken from the queue. A copied database sends nothing."""
    if not instance.may_call():
        return 0
    for number in range(most):
        mail = queue.claim(_all(), now=timezone.now())
        if mail is None:
            return number
        _try(mail)
    return most


def cancel_for_copy() -> int:
    """Cancel the queued mails of a copied or restored database, as the original may have sent them; returns a count."""
    return queue.cancel_all(PortalMail.objects.all(), why=Why.COPY)


def purge_mails() -> int:
    """Delete mails settled long ago; returns their number."""
    return PortalMail.objects.filter(settled_at__lt=timezone.now() - KEPT).delete()[0]


def _all() -> QuerySet[PortalMail]:
    return PortalMail.objects.select_related("org", "invitation__invited_by", "invitation__org", "member__user")


def _try(mail: PortalMail) -> None:
    try:
        _send(mail)
    except Exception as problem:  # a mail that cannot be composed must not stop the others
        log.exception("mail_not_written", kind=mail.kind)
        queue.try_again(mail, reply=type(problem).__name__, why=Why.UNREACHED)


def _send(mail: PortalMail) -> None:
    if mail.attempts > len(queue.PAUSES) + 1:  # it has repeatedly ended the process that sent it
        queue.failed(mail, why=Why.GAVE_UP)
        return
    to, reader = _recipient(mail)
    language, zone = (
        (reader and reader.language) or mail.org.language,
        reader.time_zone if reader else mail.org.time_zone,
    )
    with translation.override(language), timezone.override(zone):
        words = None if mail.org.archived_at else WRITERS[mail.kind](mail)
        if words is None:
            queue.cancelled(mail, why=Why.ENDED)
            return
        letter, to = _letter(mail, words, language), to or words.to
    if not queue.note_address(mail, to):
        return  # cancelled meanwhile
    try:
        composed = compose(letter, sender=_sender(), to=settings.MAIL_ONLY_TO or to)
    except AddressError:
        queue.failed(mail, why=Why.ADDRESS)
        return
    _settle(mail, deliver(composed))


def _recipient(mail: PortalMail) -> tuple[str, User | None]:
    """Recipient address of a mail, and the user with that address if there is one."""
    if mail.member is not None:
        return mail.member.user.email, mail.member.user
    address = mail.invitation.email if mail.invitation else ""
    return address, User.objects.filter(email=address).first()


def _sender() -> Sender:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return Sender(address, name=name)


def _letter(mail: PortalMail, words: Words, language: str) -> Letter:
    context = {"words": words, "org": mail.org, "language": language}
    return Letter(
        subject=words.subject,
        text=render_to_string("accounts/mail/letter.txt", context),
        html=render_to_string("accounts/mail/letter.html", context),
        message_id=f"{mail.public_id}@{urlsplit(settings.PORTAL_URL).hostname}",
    )


def _settle(mail: PortalMail, delivery: Delivery) -> None:
    if delivery.accepted:
        queue.sent(mail, reply=delivery.reply)
        return
    log.warning("mail_failed", kind=mail.kind, temporary=delivery.temporary)
    if delivery.temporary:
        queue.try_again(mail, reply=delivery.reply, why=Why.UNREACHED)
    else:
        queue.failed(mail, reply=delivery.reply, why=Why.REFUSED)
