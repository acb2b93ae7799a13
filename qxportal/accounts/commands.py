"""What is done with organisations, members and invitations."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Invitation, Member, Organisation, User, invitation_expiry
from qxportal.accounts.roles import Role


class NotAllowed(Exception):
    """The portal refuses this; the text says why, in words for the user."""


def create_organisation(name: str, slug: str, owner: User) -> Organisation:
    """A new organisation with its first owner."""
    with transaction.atomic():
        org = Organisation.objects.create(name=name, slug=slug)
        Member.objects.create(org=org, user=owner, role=Role.OWNER)
        note(org, by=None, verb="organisation.created", words=name)
    return org


def add_member(org: Organisation, user: User, role: Role) -> Member:
    """Make a user a member without an invitation."""
    return Member.objects.create(org=org, user=user, role=role)


def save_organisation(org: Organisation, *, by: Member, **fields: Any) -> None:
    """Change an organisation's name, zone, words or pause."""
    with transaction.atomic():
        for name, value in fields.items():
            setattr(org, name, value)
        org.save(update_fields=list(fields))
        note(org, by=by, verb="organisation.changed", words=_("Name, time zone, words or pause"))


def set_role(member: Member, role: Role, *, by: Member) -> None:
    """Give a member another role."""
    with transaction.atomic():
        _check_owners(member, by)
        if role == Role.OWNER and by.role != Role.OWNER:
            raise NotAllowed(_("Only an owner makes owners."))
        if member.role == Role.OWNER and role != Role.OWNER:
            _keep_an_owner(member)
        before = Role(member.role)
        member.role = role
        member.save(update_fields=["role"])
        note(
            member.org,
            by=by,
            verb="member.role-changed",
            target=str(member),
            words=_("From %(before)s to %(after)s") % {"before": before.label, "after": role.label},
        )


def remove_member(member: Member, *, by: Member) -> None:
    """End a membership; the user's account stays."""
    with transaction.atomic():
        _check_owners(member, by)
        if member.role == Role.OWNER:
            _keep_an_owner(member)
        note(member.org, by=by, verb="member.removed", target=member.user.email, words=str(Role(member.role).label))
        member.delete()


def invite(org: Organisation, email: str, role: Role, *, by: Member) -> Invitation:
    """Offer membership by a mailed link; a second invitation of the same address replaces the first."""
    address = email.strip().lower()
    if role == Role.OWNER and by.role != Role.OWNER:
        raise NotAllowed(_("Only an owner invites owners."))
    if Member.objects.filter(org=org, user__email=address).exists():
        raise NotAllowed(_("%(address)s is a member already.") % {"address": address})
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation, _new = Invitation.objects.update_or_create(
            org=org,
            email=address,
            accepted_at=None,
            defaults={
                "role": role,
                "token_hash": token_hash(token),
                "invited_by": by.user,
                "expires_at": invitation_expiry(),
                "created_at": timezone.now(),
            },
        )
        note(org, by=by, verb="member.invited", target=address, words=str(role.label))
        transaction.on_commit(lambda: _mail_invitation(invitation, token, by))
    return invitation


def revoke(invitation: Invitation, *, by: Member) -> None:
    """Take an invitation back; its link ends."""
    with transaction.atomic():
        note(invitation.org, by=by, verb="member.invitation-revoked", target=invitation.email)
        invitation.delete()


def open_invitation(token: str) -> Invitation | None:
    """The invitation behind a link that may still be used."""
    found = Invitation.objects.select_related("org", "invited_by").filter(token_hash=token_hash(token))
    return found.filter(accepted_at=None, expires_at__gt=timezone.now()).first()


def accept(invitation: Invitation, user: User) -> Member:
    """Make the invited user a member; the link ends."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, accepted_at=None).first()
        if locked is None:
            raise NotAllowed(_("This invitation was used already."))
        if user.email.lower() != locked.email:
            raise NotAllowed(_("This invitation is for %(address)s.") % {"address": locked.email})
        locked.accepted_at = timezone.now()
        locked.save(update_fields=["accepted_at"])
        member, _new = Member.objects.get_or_create(org=locked.org, user=user, defaults={"role": locked.role})
        note(locked.org, by=member, verb="member.joined", target=locked.email, words=str(Role(member.role).label))
    return member


def accept_as_new(invitation: Invitation, *, name: str, password: str) -> Member:
    """Make the account of somebody new, with the invitation."""
    with transaction.atomic():
        if User.objects.filter(email=invitation.email).exists():
            raise NotAllowed(_("There is an account with this address; sign in to accept."))
        return accept(invitation, User.objects.create_user(invitation.email, password, name=name))


def token_hash(token: str) -> str:
    """What is kept of an invitation's link."""
    return hashlib.sha256(token.encode()).hexdigest()


def _mail_invitation(invitation: Invitation, token: str, by: Member) -> None:
    address = settings.PORTAL_URL.rstrip("/") + reverse("accounts:accept", args=[token])
    text = render_to_string(
        "accounts/mail/invitation.txt", {"invitation": invitation, "address": address, "by": by, "org": invitation.org}
    )
    subject = _("Invitation to %(org)s") % {"org": invitation.org.name.replace("\n", " ").replace("\r", " ")}
    send_mail(subject, text, None, [invitation.email])


def _check_owners(member: Member, by: Member) -> None:
    if member.org_id != by.org_id or (member.role == Role.OWNER and by.role != Role.OWNER):
        raise NotAllowed(_("Only an owner changes owners."))


def _keep_an_owner(member: Member) -> None:
    owners = Member.objects.select_for_update().filter(org=member.org, role=Role.OWNER)
    if not any(owner.pk != member.pk for owner in owners):
        raise NotAllowed(_("An organisation keeps at least one owner. Make somebody else an owner first."))
