"""Printed letters with a code for people without a mailbox: the code opens the site like a personal link.

Others may have seen the code when the letter was printed or delivered. So the person chooses a PIN at the first use,
which every later one needs with the code, and devices signed in by a letter show only answers given with this letter.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils import timezone

from qxportal.engine.models import Assessment, Person, PersonalLink, PrintedLetter
from qxportal.engine.people.personal_links import LASTS, LinkEndedError, person_of

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without letters that are easily confused
LETTERS, GROUP = 12, 4  # 60 bits
SHORTEST_PIN, LONGEST_PIN = 6, 40


class WeakPinError(Exception):
    """The PIN is too short or too easy to guess."""


@dataclass(frozen=True)
class FreshLetter:
    """A new letter with its code, which is returned once and never stored."""

    letter: PrintedLetter
    code: str


def print_letters(assessment: Assessment, persons: Sequence[Person], *, key: str) -> list[FreshLetter]:
    """A new code per person; revokes their earlier links, codes and devices. Call it in a transaction."""
    ids, now = [person.pk for person in persons], timezone.now()
    links = [PersonalLink(brand=assessment.brand, person=person) for person in persons]
    PersonalLink.objects.bulk_create(links, ignore_conflicts=True)
    list(PersonalLink.objects.select_for_update().filter(person__in=ids).order_by("person"))  # a fixed lock order
    PersonalLink.objects.filter(person__in=ids).update(generation=F("generation") + 1, changed_at=now)
    generations = dict(PersonalLink.objects.filter(person__in=ids).values_list("person", "generation"))
    codes = [_new_code() for _person in persons]
    letters = [
        PrintedLetter(
            brand=assessment.brand,
            person=person,
            assessment=assessment,
            generation=generations[person.pk],
            code_hash=_hash(code),
            key=key,
            printed_at=now,
        )
        for person, code in zip(persons, codes, strict=True)
    ]
    PrintedLetter.objects.bulk_create(letters)
    return [FreshLetter(letter, _grouped(code)) for letter, code in zip(letters, codes, strict=True)]


def letter_of(code: str) -> PrintedLetter:
    """The letter with this code, in any spelling; raises LinkEndedError."""
    bare = "".join(char for char in code.upper() if char.isalnum())
    found = PrintedLetter.objects.filter(code_hash=_hash(bare)).first()
    return still_valid(found.pk) if found else _ended()


def still_valid(pk: int) -> PrintedLetter:
    """The letter if its code is still valid; raises LinkEndedError."""
    letter = PrintedLetter.objects.select_related("brand").filter(pk=pk, printed_at__gt=timezone.now() - LASTS).first()
    if letter is None:
        return _ended()
    letter.person = person_of(letter.person_id, letter.generation, brand=letter.brand_id)
    return letter


def set_pin(letter: PrintedLetter, pin: str) -> bool:
    """Store the chosen PIN; False if one was chosen meanwhile. Raises WeakPinError."""
    if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN or _is_first_tried(pin):
        raise WeakPinError
    fresh = PrintedLetter.objects.filter(pk=letter.pk, pin_hash="")
    return bool(fresh.update(pin_hash=make_password(pin)))


def is_pin(letter: PrintedLetter, pin: str) -> bool:
    """Whether the PIN matches the letter's."""
    return check_password(pin[: LONGEST_PIN + 1], letter.pin_hash)


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _letter in range(LETTERS))


def _grouped(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, LETTERS, GROUP))


def _hash(code: str) -> str:
    said = f"letter code {code}".encode("utf-8", "replace")
    return hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).hexdigest()


def _is_first_tried(pin: str) -> bool:
    """Whether a PIN is one repeated character or a sequence such as 123456."""
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def _ended() -> PrintedLetter:
    raise LinkEndedError
