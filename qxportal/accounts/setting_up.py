"""What an operator does on the command line: the first organisation and its owner, further ones, members.

Who has no account gets a link that is used once to choose a name and a password; no password is ever typed here.
"""

import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from qxportal.accounts.audit import note
from qxportal.accounts.commands import NotMailed, link_of, mail_invitation, offer
from qxportal.accounts.models import Invitation, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.accounts.zones import known_zones
from qxportal.ui.stored_messages import label_stored


class CannotSetUp(Exception):
    """It cannot be set up so; the text says what to change."""


@dataclass(frozen=True)
class Outcome:
    """What was done, line by line, and the link that was made when it is to be handed over by hand."""

    lines: tuple[str, ...]
    link: str = ""


def set_up_organisation(
    name: str, slug: str, owner: str, *, time_zone: str = "UTC", by_hand: bool = False, again: bool = False
) -> Outcome:
    """Make the organisation and its owner; whatever is there already stays as it is."""
    name, slug, address = _name(name), _slug(slug), _address(owner)
    if time_zone not in known_zones():
        raise CannotSetUp(f"Unknown time zone {time_zone}. Enter one such as Europe/Vienna.")
    with transaction.atomic():
        org, made = Organisation.objects.get_or_create(slug=slug, defaults={"name": name, "time_zone": time_zone})
        if not made and org.name != name:
            raise CannotSetUp(f"The slug {slug} belongs to the organisation {org.name}. Choose another --slug.")
        if made:
            note(org, by=None, verb="organisation.created", words=name)
    said = f"Created the organisation {name} at /o/{slug}/." if made else f"The organisation {name} already exists."
    outcome = set_up_member(org, address, Role.OWNER, by_hand=by_hand, again=again)
    return Outcome((said, *outcome.lines), outcome.link)


def set_up_member(org: Organisation, email: str, role: Role, *, by_hand: bool = False, again: bool = False) -> Outcome:
    """Make somebody a member who has an account; invite anybody else, by mail or with a link to hand over."""
    address, as_role = _address(email), f"{str(role.label).lower()} of {org.name}"
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=org.pk)  # two of us at once do this one after the other
        user = User.objects.filter(email=address).first()
        member = Member.objects.filter(org=org, user=user).first() if user else None
        if member is not None:
            if member.role != role:
                known = str(Role(member.role).label).lower()
                raise CannotSetUp(f"{address} is already a member, as {known}. Change roles under Settings, Members.")
            return Outcome((f"{address} is already {as_role}.",))
        if user is not None:
            if not user.is_active:
                raise CannotSetUp(f"The account {address} is deactivated.")
            Member.objects.create(org=org, user=user, role=role)
            Invitation.objects.filter(org=org, email=address, accepted_at=None).delete()
            note(org, by=None, verb="member.added", target=address, words=label_stored(role.label))
            return Outcome((f"{address} has an account and is now {as_role}.",))
        waiting = Invitation.objects.filter(org=org, email=address, accepted_at=None).first()
        if waiting is not None and waiting.role == role and not waiting.ended and not (by_hand or again):
            until = f"{waiting.expires_at:%Y-%m-%d %H:%M} UTC"
            return Outcome(
                (f"{address} has an invitation as {as_role}, valid until {until}. --again replaces its link.",)
            )
        invitation, token = offer(org, address, role, by=None)
    if by_hand:
        until = f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"
        words = f"Give this link to {address}. It works once, until {until}, to choose a name and a password:"
        return Outcome((f"Invited {address} as {as_role}.", words), link_of(token))
    try:
        mail_invitation(invitation, token, None)
    except NotMailed as problem:
        raise CannotSetUp(f"{problem} Correct QXP_EMAIL_URL and use --again, or use --print-link.") from None
    return Outcome((f"Invited {address} as {as_role}, by e-mail.",))


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise CannotSetUp("The name must have 1 to 200 printable characters.")
    return name


def _slug(text: str) -> str:
    try:
        validate_slug(text)
    except ValidationError:
        raise CannotSetUp(f"--slug {text!r} is invalid: use letters a to z, digits and hyphens.") from None
    if text != text.lower() or len(text) > 60:
        raise CannotSetUp("--slug must be lower case, with at most 60 characters.")
    return text


def _address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CannotSetUp(f"{text!r} is not an e-mail address.") from None
    if len(address) > 254:
        raise CannotSetUp("An e-mail address can have at most 254 characters.")
    return address
