"""Commands for organisations, members and invitations."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.invitation_mail import mail_invitation, token_hash, token_of
from qxportal.accounts.models import Invitation, Member, Organisation, SavedView, User, invitation_expiry
from qxportal.accounts.roles import Role
from qxportal.ui.stored_messages import gettext_stored, join_stored, label_stored

SETTINGS = {
    "name": gettext_stored("Name"),
    "time_zone": gettext_stored("Time zone"),
    "language": gettext_stored("Default language"),
    "terms": gettext_stored("Terms"),
    "paused": gettext_stored("Pause"),
    "release_alone": gettext_stored("Readers to whom one admin can release reports alone"),
    "report_codes": gettext_stored("Always ask for a code before a personal link opens a report"),
}
OPEN_FOR_OWNER: dict[str, Any] = {"role": Role.OWNER, "accepted_at": None}


class NotAllowed(Exception):
    """The portal refuses this; the text gives the reason for the user."""


def create_organisation(name: str, slug: str, owner: User) -> Organisation:
    """Create an organisation with its first owner."""
    with transaction.atomic():
        org = Organisation.objects.create(name=name, slug=slug)
        Member.objects.create(org=org, user=owner, role=Role.OWNER)
        note(org, by=None, verb="organisation.created", words=name)
    return org


def add_member(org: Organisation, user: User, role: Role) -> Member:
    """Make a user a member without an invitation."""
    return Member.objects.create(org=org, user=user, role=role)


def save_organisation(org: Organisation, *, by: Member, **fields: Any) -> None:
    """Change an organisation's name, zone, terms or pause."""
    changed = [SETTINGS[name] for name, value in fields.items() if getattr(org, name) != value]
    with transaction.atomic():
        for name, value in fields.items():
            setattr(org, name, value)
        org.save(update_fields=list(fields))
        note(org, by=by, verb="organisation.changed", words=join_stored(", ", changed))


def set_role(member: Member, role: Role, *, by: Member) -> None:
    """Change a member's role."""
    with _settled(member, by):
        _check_owners(member, by)
        if role == Role.OWNER and by.role != Role.OWNER:
            raise NotAllowed(_("Only owners can assign the Owner role."))
        if member.role == Role.OWNER and role != Role.OWNER:
            _keep_an_owner(member)
        before = Role(member.role)
        if role != before:
            member.releases_since = timezone.now()  # releases to the former role end with it
        member.role = role
        member.save(update_fields=["role", "releases_since"])
        note(
            member.org,
            by=by,
            verb="member.role-changed",
            target=str(member),
            words=gettext_stored(
                "From %(before)s to %(after)s", before=label_stored(before.label), after=label_stored(role.label)
            ),
        )


def remove_member(member: Member, *, by: Member) -> None:
    """End a membership; the user's account stays."""
    with _settled(member, by):
        _check_owners(member, by)
        if member.role == Role.OWNER:
            _keep_an_owner(member)
        note(
            member.org,
            by=by,
            verb="member.removed",
            target=member.user.email,
            words=label_stored(Role(member.role).label),
        )
        SavedView.objects.filter(owner=member, shared=False).delete()
        member.delete()


def invite(org: Organisation, email: str, role: Role, *, by: Member) -> Invitation:
    """Offer membership by a mailed link; a second invitation to the same address replaces the first.

    Raises NotMailed if the invitation stands but its mail did not leave at once.
    """
    address = email.strip().lower()
    if role == Role.OWNER and by.role != Role.OWNER:
        raise NotAllowed(_("Only owners can invite other owners."))
    if Member.objects.filter(org=org, user__email=address).exists():
        raise NotAllowed(_("%(address)s is already a member.") % {"address": address})
    if by.role != Role.OWNER and Invitation.objects.filter(org=org, email=address, **OPEN_FOR_OWNER).exists():
        raise NotAllowed(_("%(address)s already has an open Owner invitation.") % {"address": address})
    invitation = offer(org, address, role, by=by)
    mail_invitation(invitation)
    return invitation


def offer(org: Organisation, address: str, role: Role, *, by: Member | None) -> Invitation:
    """Create an invitation without mailing it; without a member, an operator makes it."""
    offered = Invitation(org=org, email=address, created_at=timezone.now())
    with transaction.atomic():
        invitation, _new = Invitation.objects.update_or_create(
            org=org,
            email=address,
            accepted_at=None,
            defaults={
                "role": role,
                "token_hash": token_hash(token_of(offered)),
                "invited_by": by.user if by else None,
                "expires_at": invitation_expiry(),
                "created_at": offered.created_at,
            },
        )
        note(org, by=by, verb="member.invited", target=address, words=label_stored(role.label))
    return invitation


def save_profile(user: User, *, name: str, language: str, time_zone: str) -> None:
    """Change a user's own name, language and zone; the former name is kept, as members are also found by it."""
    former = User.objects.values_list("name", flat=True).get(pk=user.pk)
    if former and former != name and former not in user.former_names:
        user.former_names = [*user.former_names, former]
    user.name, user.language, user.time_zone = name, language, time_zone
    user.save(update_fields=["name", "language", "time_zone", "former_names"])


def revoke(invitation: Invitation, *, by: Member) -> None:
    """Revoke an invitation; its link ends."""
    if invitation.role == Role.OWNER and by.role != Role.OWNER:
        raise NotAllowed(_("Only owners can revoke an Owner invitation."))
    with transaction.atomic():
        note(invitation.org, by=by, verb="member.invitation-revoked", target=invitation.email)
        invitation.delete()


def open_invitation(hashed: str) -> Invitation | None:
    """The invitation of a link that is still valid, by the hash of its token."""
    found = Invitation.objects.select_related("org", "invited_by").filter(token_hash=hashed)
    return found.filter(accepted_at=None, expires_at__gt=timezone.now(), org__archived_at=None).first()


def accept(invitation: Invitation, user: User) -> Member:
    """Make the invited user a member; the link ends."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, accepted_at=None).first()
        if locked is None:
            raise NotAllowed(_("This invitation has already been used."))
        if user.email.lower() != locked.email:
            raise NotAllowed(_("This invitation is for %(address)s.") % {"address": locked.email})
        locked.accepted_at = timezone.now()
        locked.save(update_fields=["accepted_at"])
        member, _new = Member.objects.get_or_create(org=locked.org, user=user, defaults={"role": locked.role})
        note(
            locked.org,
            by=member,
            verb="member.joined",
            target=locked.email,
            words=label_stored(Role(member.role).label),
        )
    return member


def accept_as_new(invitation: Invitation, *, name: str, password: str) -> Member:
    """Create an account for an invited person who has none, and the membership."""
    with transaction.atomic():
        Invitation.objects.select_for_update().filter(pk=invitation.pk).first()  # a second click waits for the first
        if User.objects.filter(email=invitation.email).exists():
            raise NotAllowed(_("An account with this address already exists. Sign in to accept."))
        return accept(invitation, User.objects.create_user(invitation.email, password, name=name))


@contextmanager
def _settled(member: Member, by: Member) -> Iterator[None]:
    """Lock the organisation's members in a transaction, and refresh the roles of both members."""
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=member.org_id)
        roles = dict(Member.objects.filter(pk__in=[member.pk, by.pk]).values_list("pk", "role"))
        if member.pk not in roles or by.pk not in roles:
            raise NotAllowed(_("This member was removed a moment ago."))
        member.role, by.role = roles[member.pk], roles[by.pk]
        yield


def _check_owners(member: Member, by: Member) -> None:
    if not by.may(Role.ADMIN):
        raise NotAllowed(_("You no longer have permission to change members."))
    if member.org_id != by.org_id or (member.role == Role.OWNER and by.role != Role.OWNER):
        raise NotAllowed(_("Only owners can change other owners."))


def _keep_an_owner(member: Member) -> None:
    if not Member.objects.filter(org_id=member.org_id, role=Role.OWNER).exclude(pk=member.pk).exists():
        raise NotAllowed(_("An organisation needs at least one owner. Assign the Owner role to someone else first."))
