"""Links that turn reminders off: short enough for a mail header, and valid for nothing else."""

import base64
import hmac
import re
from hashlib import sha256

from django.conf import settings

from qxportal.engine.models import Person, ReminderOptOut

NUMBER = re.compile(r"[0-9a-f]{1,15}", re.ASCII)
MARK_BYTES = 12  # of the signature; keeps the header value with its brackets below 78 characters


def address(person: Person) -> str:
    """The URL of the page on which a person turns reminders off."""
    return f"{settings.SITE_URL}/r/{person.pk:x}.{_mark(person.pk)}/"


def person_of(token: str) -> Person | None:
    """The person of a link; None if the link is incomplete or the person has left."""
    number, _dot, mark = token.partition(".")
    if NUMBER.fullmatch(number) is None:
        return None
    pk = int(number, 16)
    if not hmac.compare_digest(mark.encode(), _mark(pk).encode()):
        return None
    return Person.objects.select_related("org_structure__brand").filter(pk=pk, removed_at=None).first()


def stop_reminders(person: Person) -> None:
    """Turn reminders off for a person."""
    ReminderOptOut.objects.get_or_create(person=person, defaults={"brand": person.org_structure.brand})


def take_reminders(person: Person) -> None:
    """Turn reminders on again for a person."""
    ReminderOptOut.objects.filter(person=person).delete()


def _mark(pk: int) -> str:
    digest = hmac.new(settings.SECRET_KEY.encode(), f"reminders {pk}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest[:MARK_BYTES]).decode()
