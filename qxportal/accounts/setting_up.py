"""Operators' commands: the first organisation and its owner, further organisations, members.

A person without an account gets a link that is used once to choose a name and a password; no password is typed here.
"""

import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.commands import offer
from qxportal.accounts.invitation_mail import NotMailed, link_of, mail_invitation, token_of
from qxportal.accounts.models import Invitation, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.zones import known_zones
from qxportal.ui.stored_messages import gettext_stored, label_stored


class CannotSetUp(Exception):
    """The operation is not possible; the text says what to change."""


@dataclass(frozen=True)
class Outcome:
    """The result, line by line, and the link if it is to be handed over by hand."""

    lines: tuple[str, ...]
    link: str = ""
    mailed: bool = False  # whether the link went by e-mail


def check(name: str, slug: str, owner: str, *, time_zone: str) -> tuple[str, str, str]:
    """Name, slug and owner's address in stored form; raises CannotSetUp before anything is created."""
    checked = _name(name), _slug(slug), _address(owner)
    if time_zone not in known_zones():
        raise CannotSetUp(_("Unknown time zone %(zone)s. Enter one such as Europe/Vienna.") % {"zone": time_zone})
    org = Organisation.objects.filter(slug=slug).first()
    if org is not None and org.name != checked[0]:
        words = _("The slug %(slug)s belongs to the organisation %(org)s. Choose another --slug.")
        raise CannotSetUp(words % _named(org))
    if org is not None and org.archived_at is not None:
        raise CannotSetUp(_archived(org))
    return checked


def make_organisation(
    name: str, slug: str, *, time_zone: str = "UTC", language: str = "en"
) -> tuple[Organisation, str]:
    """Create or find the organisation; returns it with the result. An existing one is not changed."""
    with transaction.atomic():
        org, made = Organisation.objects.get_or_create(
            slug=slug, defaults={"name": name, "time_zone": time_zone, "language": language}
        )
        if made:
            note(org, by=None, verb="organisation.created", words=name)
    said = (
        _("Created the organisation %(org)s at /o/%(slug)s/.")
        if made
        else _("The organisation %(org)s already exists.")
    )
    return org, said % {"org": name, "slug": slug}


def find_organisation(slug: str) -> Organisation:
    """The organisation at /o/SLUG/; raises CannotSetUp with the existing ones."""
    org = Organisation.objects.filter(slug=slug).first()
    if org is None:
        known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True)[:20])
        words = _("Unknown organisation %(slug)s. Known: %(known)s.") if known else _("Unknown organisation %(slug)s.")
        raise CannotSetUp(words % {"slug": slug, "known": known})
    return org


def rename_organisation(org: Organisation, name: str) -> str:
    """Rename the organisation; its address stays."""
    name = _name(name)
    if name == org.name:
        return _("The organisation is already called %(org)s.") % {"org": name}
    with transaction.atomic():
        before, org.name = org.name, name
        org.save(update_fields=["name"])
        note(
            org,
            by=None,
            verb="organisation.renamed",
            words=gettext_stored("From %(before)s to %(after)s", before=before, after=name),
        )
    return _("Renamed %(before)s to %(after)s. It stays at /o/%(slug)s/.") % {
        "before": before,
        "after": name,
        "slug": org.slug,
    }


def archive_organisation(org: Organisation) -> str:
    """Archive the organisation: members cannot enter, syncs and changes stop, all data stays."""
    if org.archived_at is not None:
        return _("%(org)s is archived already.") % _named(org)
    with transaction.atomic():
        org.archived_at = timezone.now()
        org.save(update_fields=["archived_at"])
        note(org, by=None, verb="organisation.archived")
    return _(
        "Archived %(org)s: its members cannot open it, and nothing is read or sent. "
        "`organisation unarchive %(slug)s` opens it again."
    ) % _named(org)


def unarchive_organisation(org: Organisation) -> str:
    """Reopen an archived organisation; its next sync is due at once."""
    if org.archived_at is None:
        return _("%(org)s is not archived.") % _named(org)
    with transaction.atomic():
        org.archived_at, org.next_sync_at = None, timezone.now()
        org.save(update_fields=["archived_at", "next_sync_at"])
        note(org, by=None, verb="organisation.unarchived")
    return _("Opened %(org)s again.") % _named(org)


def change_role(org: Organisation, email: str, role: Role) -> str:
    """Change the role of a member or of an open invitation."""
    address = _address(email)
    with transaction.atomic():
        found = _member_or_invitation(org, address)
        before = Role(found.role)
        who = {"who": address, "role": _called(role), "org": org}
        if before == role:
            return _("%(who)s is already %(role)s of %(org)s.") % who
        if isinstance(found, Member):
            _keep_an_owner(found)
            found.releases_since = timezone.now()  # releases to the former role end with it
        found.role = role
        found.save()
        note(
            org,
            by=None,
            verb="member.role-changed",
            target=address,
            words=gettext_stored(
                "From %(before)s to %(after)s", before=label_stored(before.label), after=label_stored(role.label)
            ),
        )
    return _("%(who)s is now %(role)s of %(org)s.") % who


def remove_member(org: Organisation, email: str) -> str:
    """End a membership or an open invitation; the account stays."""
    address = _address(email)
    with transaction.atomic():
        found = _member_or_invitation(org, address)
        who = {"who": address, "org": org}
        role = label_stored(Role(found.role).label)
        if isinstance(found, Member):
            _keep_an_owner(found)
            note(org, by=None, verb="member.removed", target=address, words=role)
            words = _("%(who)s is no longer a member of %(org)s.") % who
        else:
            note(org, by=None, verb="member.invitation-revoked", target=address)
            words = _("The invitation of %(who)s to %(org)s was revoked.") % who
        found.delete()
    return words


def _member_or_invitation(org: Organisation, address: str) -> Member | Invitation:
    """The member or invitation with an address; needs a transaction, as it locks the organisation to keep an owner."""
    Organisation.objects.select_for_update().get(pk=org.pk)
    member = Member.objects.filter(org=org, user__email=address).first()
    found = member or Invitation.objects.filter(org=org, email=address, accepted_at=None).first()
    if found is None:
        raise CannotSetUp(
            _("%(who)s is not a member of %(org)s. `member add` makes members.") % {"who": address, "org": org}
        )
    return found


def _keep_an_owner(member: Member) -> None:
    others = Member.objects.filter(org_id=member.org_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise CannotSetUp(
            _("%(who)s is the only owner of %(org)s. Make another member an owner first.")
            % {"who": member.user.email, "org": member.org}
        )


def _archived(org: Organisation) -> str:
    return _("%(org)s is archived. `organisation unarchive %(slug)s` opens it again.") % _named(org)


def _named(org: Organisation) -> dict[str, object]:
    return {"org": org, "slug": org.slug}


def set_up_member(org: Organisation, email: str, role: Role, *, by_hand: bool = False, again: bool = False) -> Outcome:
    """Add a person with an account as a member; invite others, by mail or with a link to hand over."""
    address = _address(email)
    who = {"who": address, "role": _called(role), "org": org.name}
    if org.archived_at is not None:
        raise CannotSetUp(_archived(org))
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=org.pk)  # serialises two operators
        user = User.objects.filter(email=address).first()
        member = Member.objects.filter(org=org, user=user).first() if user else None
        if member is not None:
            if member.role != role:
                words = _("%(who)s is already a member, as %(role)s. `member role` changes roles.")
                raise CannotSetUp(words % {"who": address, "role": _called(Role(member.role))})
            return Outcome((_("%(who)s is already %(role)s of %(org)s.") % who,))
        if user is not None:
            if not user.is_active:
                raise CannotSetUp(_("The account %(who)s is deactivated.") % who)
            Member.objects.create(org=org, user=user, role=role)
            Invitation.objects.filter(org=org, email=address, accepted_at=None).delete()
            note(org, by=None, verb="member.added", target=address, words=label_stored(role.label))
            return Outcome((_("%(who)s has an account and is now %(role)s of %(org)s.") % who,))
        waiting = Invitation.objects.filter(org=org, email=address, accepted_at=None).first()
        if waiting is not None and waiting.role == role and not waiting.ended and not (by_hand or again):
            words = _(
                "%(who)s has an invitation as %(role)s of %(org)s, valid until %(until)s. --again replaces its link."
            )
            return Outcome((words % {**who, "until": _until(waiting)},))
        invitation = offer(org, address, role, by=None)
    if by_hand:
        words = _("Give this link to %(who)s. It works once, until %(until)s, to choose a name and a password:")
        handed = words % {**who, "until": _until(invitation)}
        return Outcome((_("Invited %(who)s as %(role)s of %(org)s.") % who, handed), link_of(token_of(invitation)))
    try:
        mail_invitation(invitation)
    except NotMailed as problem:
        words = _("%(problem)s Correct QXP_EMAIL_URL and use --again, or use --print-link.")
        raise CannotSetUp(words % {"problem": problem}) from None
    return Outcome((_("Invited %(who)s as %(role)s of %(org)s, by e-mail.") % who,), mailed=True)


def _called(role: Role) -> str:
    """A role within a sentence; German nouns keep their capital."""
    label = str(role.label)
    return label if get_language() == "de" else label.lower()


def _until(invitation: Invitation) -> str:
    return f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise CannotSetUp(_("The name must have 1 to 200 printable characters."))
    return name


def _slug(text: str) -> str:
    try:
        validate_slug(text)
    except ValidationError:
        words = _("--slug %(slug)s is invalid: use letters a to z, digits and hyphens.")
        raise CannotSetUp(words % {"slug": repr(text)}) from None
    if text != text.lower() or len(text) > 60:
        raise CannotSetUp(_("--slug must be lower case, with at most 60 characters."))
    return text


def _address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CannotSetUp(_("%(text)s is not an e-mail address.") % {"text": repr(text)}) from None
    if len(address) > 254:
        raise CannotSetUp(_("An e-mail address can have at most 254 characters."))
    return address
