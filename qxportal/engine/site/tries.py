"""Limits wrong addresses typed after a personal link, per network."""

import math

from django.http import HttpRequest

from qxportal.engine.http import failures
from qxportal.engine.http.addresses import address_of
from qxportal.engine.models import Person, mailboxes


def is_address(person: Person, typed: str) -> bool:
    """Whether it is the person's address in any spelling."""
    return mailboxes.key(typed) == person.email_key


def wait(request: HttpRequest, person: Person) -> int:
    """Minutes until the next attempt is accepted; mostly 0."""
    return math.ceil(failures.locked_for(address_of(request), _name(person)) / 60)


def count(request: HttpRequest, person: Person) -> None:
    """Count a wrong address; the fifth starts the wait."""
    failures.count_wrong(address_of(request), _name(person))


def _name(person: Person) -> str:
    return f"site {person.public_id}"
