"""Personal links: signed, bound to one person, expiring, revoked by a new generation, and never stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.utils import timezone

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.models import Person, PersonalLink, PrintedLetter

SALT = "qxportal.engine.site.link"
LASTS = timedelta(days=60)
PERSONS = Prepared(
    lambda values: Person.objects.select_related("org_structure__brand").filter(
        pk=values["pk"],
        removed_at=None,
        personal_link__generation=values["generation"],
        org_structure__brand=values["brand"],
    ),
    pk=int,
    generation=int,
    brand=int,
)


class LinkEndedError(Exception):
    """The link is incomplete, expired or revoked; the message does not reveal which."""


@dataclass(frozen=True)
class Invited:
    """The person of a link, and its task; empty: the list of tasks."""

    person: Person
    generation: int
    task: str = ""
    test: bool = False  # it was sent to a test address


def link_for(person: Person, *, task: str = "", test: bool = False) -> str:
    """The URL that opens this person's tasks, or one of them; to be mailed or printed, never stored.

    `test`: it goes to a test address, so the site hides the person's answers.
    """
    state, _made = PersonalLink.objects.get_or_create(person=person, defaults={"brand": person.org_structure.brand})
    said = [person.org_structure.brand_id, person.pk, state.generation, task, *([1] if test else [])]
    return f"{settings.SITE_URL}/l/{signing.dumps(said, salt=SALT)}/"


def invited(token: str) -> Invited:
    """The person of a link; raises LinkEndedError."""
    try:
        brand, pk, generation, task, *test = signing.loads(token, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError):
        raise LinkEndedError from None
    return Invited(person_of(pk, generation, brand=brand), generation, str(task), bool(test))


def person_of(pk: int, generation: int, *, brand: int) -> Person:
    """The person, if links and devices of this generation are still valid; raises LinkEndedError."""
    found = PERSONS.first(pk=pk, generation=generation, brand=brand)
    if found is None:
        raise LinkEndedError
    return found


def end_links(person: Person, *, key: str = "") -> None:
    """Revoke a person's links and letter codes, and sign out the person's devices."""
    PersonalLink.objects.get_or_create(person=person, defaults={"brand": person.org_structure.brand})
    ended = {"generation": F("generation") + 1, "changed_at": timezone.now(), "ended_key": key}
    PersonalLink.objects.filter(person=person).update(**ended)


def end_links_to_earlier_addresses(persons: Collection[int]) -> None:
    """Revoke the links of people whose address has changed, and sign out their devices. Call it in a transaction.

    The earlier mailbox may have another reader, who would only have to guess the new address. The new one may have
    another reader as well, who is not shown earlier answers (devices.py). Codes of printed letters stay valid.
    """
    if not persons:
        return
    links = PersonalLink.objects.filter(person__in=persons)
    present = {"person__personal_link__generation": F("generation")}
    list(links.select_for_update().order_by("person"))  # a fixed lock order
    letters = list(PrintedLetter.objects.filter(person__in=persons, **present).values_list("pk", flat=True))
    PrintedLetter.objects.filter(pk__in=letters).update(generation=F("generation") + 1)
    now = timezone.now()
    links.update(
        generation=F("generation") + 1,
        address_epoch=F("address_epoch") + 1,
        address_changed_at=now,
        changed_at=now,
        ended_key="",
    )
