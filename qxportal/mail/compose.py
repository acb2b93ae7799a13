"""One mail to one recipient, as plain text and HTML."""

from dataclasses import dataclass, field
from email.header import Header
from email.mime.image import MIMEImage
from email.utils import formataddr

from django.core.mail import EmailMultiAlternatives

from qxportal.mail.addresses import ascii_domain


@dataclass(frozen=True)
class Sender:
    """The sender of a mail, and its reply address."""

    address: str
    name: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG embedded in a mail, so that nothing is loaded from elsewhere."""

    cid: str  # content id used in the HTML
    content: bytes


@dataclass(frozen=True)
class Letter:
    """The contents of a mail."""

    subject: str
    text: str
    html: str
    message_id: str  # without angle brackets; the same at every attempt, so that duplicates show
    unsubscribe: str = ""  # address of a page
    picture: Picture | None = None
    headers: dict[str, str] = field(default_factory=dict)


class MailWithPicture(EmailMultiAlternatives):
    """A mail with a picture that belongs to the HTML instead of being an attachment."""

    mixed_subtype = "related"


def compose(letter: Letter, *, sender: Sender, to: str) -> EmailMultiAlternatives:
    """The mail as it is sent; raises AddressError for an address that cannot receive mail."""
    headers = {
        "Message-ID": f"<{letter.message_id}>",
        "Auto-Submitted": "auto-generated",
        **letter.headers,
    }
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    kind = EmailMultiAlternatives if letter.picture is None else MailWithPicture
    mail = kind(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        from_email=_named(sender.name, ascii_domain(sender.address)),
        to=[ascii_domain(to)],
        reply_to=[ascii_domain(sender.reply_to)] if sender.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(letter.html, "text/html")
    if letter.picture is not None:
        mail.attach(_inline(letter.picture))
    return mail


def _inline(picture: Picture) -> MIMEImage:
    part = MIMEImage(picture.content, "png")
    part.add_header("Content-ID", f"<{picture.cid}>")
    part.add_header("Content-Disposition", "inline", filename="logo.png")
    return part


def _named(name: str, address: str) -> str:
    """A display name and an address; non-ASCII letters are encoded in words short enough for a header line."""
    name = " ".join(name.split())
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', header_name='From').encode(linesep='')} <{address}>"
