"""Passwords for calendar programs that fetch deadlines (HTTP Basic): shown once, stored as a hash, revoked by members.

The address contains no secret, as proxies log addresses; see docs/decisions.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from qxportal.accounts.audit import note
from qxportal.accounts.models import CalendarFeed, Member
from qxportal.accounts.roles import Role

NOTED_EVERY = timedelta(minutes=10)
LONGEST = 400  # maximum length of a valid header


def make_feed(member: Member) -> str:
    """Create a new name and password for the member; earlier ones end."""
    password = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(
            member=member,
            defaults={
                "name": f"calendar-{secrets.token_hex(8)}",
                "password_hash": _hash(password),
                "created_at": timezone.now(),
                "used_at": None,
            },
        )
        note(member.org, by=member, verb="calendar.made")
    return password


def revoke_feed(member: Member) -> bool:
    """Revoke the member's password; returns whether there was one."""
    with transaction.atomic():
        number, _rows = CalendarFeed.objects.filter(member=member).delete()
        if number:
            note(member.org, by=member, verb="calendar.revoked")
    return bool(number)


def member_by_header(header: str) -> Member | None:
    """The member authenticated by an Authorization header; None if the name, password or membership is invalid."""
    name, password = _read(header)
    feed = (
        CalendarFeed.objects.select_related("member__org", "member__user").filter(name=name).first() if name else None
    )
    same = hmac.compare_digest(_hash(password), feed.password_hash if feed else _hash(""))
    if feed is None or not same:
        return None
    member = feed.member
    if not member.user.is_active or member.org.archived_at is not None or not member.may(Role.READER):
        return None
    now = timezone.now()
    if feed.used_at is None or now - feed.used_at > NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(used_at=now)
    return member


def _hash(password: str) -> str:
    """Hash of a password; it has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(password.encode()).hexdigest()


def _read(header: str) -> tuple[str, str]:
    scheme, _blank, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST:
        return "", ""
    try:
        name, _colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return ("", "") if "\x00" in name else (name, password)
