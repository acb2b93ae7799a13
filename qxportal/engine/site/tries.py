"""How often the wrong address may be typed behind a personal link, from one place."""

import math

from django.http import HttpRequest

from qxportal.engine.http import failures
from qxportal.engine.http.addresses import address_of
from qxportal.engine.models import Person, mailboxes


def is_address(person: Person, typed: str) -> bool:
    """Whether it is the person's address, however its letters are written."""
    return mailboxes.key(typed) == person.email_key


def wait(request: HttpRequest, person: Person) -> int:
    """For how many minutes no further address is looked at; mostly 0."""
    return math.ceil(failures.locked_for(address_of(request), _name(person)) / 60)


def count(request: HttpRequest, person: Person) -> None:
    """Note a wrong address; the fifth one begins the wait."""
    failures.count_wrong(address_of(request), _name(person))


def _name(person: Person) -> str:
    return f"site {person.public_id}"
