"""Invitation mails; the link is derived from the invitation when the mail is composed, and stored nowhere."""

import base64
import hashlib
from datetime import UTC

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from qxportal.accounts.models import Invitation, PortalMail
from qxportal.accounts.portal_mail import Words, queue_mail, replace_mails, send_now
from qxportal.ui.dates import date_time

KIND = "invitation"
SALT = "qxportal.accounts.invitation"


class NotMailed(Exception):
    """An invitation stands, but its mail has not left; the text gives the reason and what happens next."""


def token_of(invitation: Invitation) -> str:
    """Token of an invitation's link; it changes when the invitation is offered again."""
    offered = invitation.created_at.astimezone(UTC).isoformat()
    value = f"{invitation.org_id} {invitation.email} {offered}"
    digest = salted_hmac(SALT, value, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def token_hash(token: str) -> str:
    """The stored hash of an invitation's link."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str) -> str:
    """Full address for accepting an invitation."""
    return settings.PORTAL_URL.rstrip("/") + reverse("accounts:accept", args=[token])


def mail_invitation(invitation: Invitation) -> None:
    """Mail an invitation's link, replacing earlier mails; raises NotMailed if the mail did not leave at once."""
    replace_mails(invitation)
    mail = send_now(queue_mail(invitation.org, KIND, invitation=invitation))
    if mail.state == PortalMail.State.SENT:
        return
    who = {"who": invitation.email, "reason": mail.reply or mail.reason}
    if mail.state == PortalMail.State.FAILED:
        raise NotMailed(_("%(who)s is invited, but the e-mail was refused: %(reason)s") % who)
    if not mail.attempts:
        raise NotMailed(_("%(who)s is invited, but this portal is a copy, which sends no e-mail.") % who)
    raise NotMailed(_("%(who)s is invited, but the e-mail could not be sent yet and is tried again: %(reason)s") % who)


def write_invitation(mail: PortalMail) -> Words | None:
    """Compose the mail; None if the invitation was accepted or has expired."""
    invitation = mail.invitation
    if invitation is None or invitation.accepted_at or invitation.ended:
        return None
    token = token_of(invitation)
    if invitation.token_hash != token_hash(token):  # the secret key has changed since the invitation was offered
        Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(token_hash=token_hash(token))
    names = {
        "by": invitation.invited_by,
        "org": invitation.org.name,
        "role": invitation.get_role_display(),
        "until": date_time(invitation.expires_at),
        "zone": timezone.localtime(invitation.expires_at).tzname(),
    }
    if invitation.invited_by:
        said = _("%(by)s invites you to join %(org)s on QX Portal. Role: %(role)s.") % names
    else:
        said = _("You are invited to join %(org)s on QX Portal. Role: %(role)s.") % names
    return Words(
        subject=_("Invitation to %(org)s") % names,
        paragraphs=(said,),
        link=link_of(token),
        button=_("Accept the invitation"),
        small=_("The link can be used once, until %(until)s (%(zone)s).") % names,
    )
