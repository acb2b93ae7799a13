"""Persons and users who are the same human being: how they find each other and keep in step.

A new person is linked to the user of its brand who has its user name, with or without `#brand`, or failing that to the
only one with its address; a new user likewise to the only such person. Both must be free. A link changes neither of the
two. From then on names and addresses change together, and a link ends only with its user or when the person leaves the
directory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from django.db.models import Q
from django.db.models.functions import Lower

from qxportal.engine.models import Brand, OrgStructure, Person, User

Row = TypeVar("Row", User, Person)
SHARED = ("first_name", "last_name", "email")


def lock(brand: Brand) -> None:
    """Wait for whoever changes the brand's persons or users; needs a transaction."""
    list(OrgStructure.objects.select_for_update().filter(brand=brand).order_by("pk"))


def bare(user_name: str, brand: Brand) -> str:
    """A user's name without its brand."""
    return user_name.removesuffix(f"#{brand.name}")


def shared(changes: Mapping[str, str]) -> dict[str, str]:
    """What of these changes to one of the two is the other's too."""
    return {name: value for name, value in changes.items() if name in SHARED}


def link_to_users(brand: Brand, persons: Sequence[Person]) -> None:
    """Link new persons to the users that they are; nothing is stored."""
    addresses = Counter(person.email.lower() for person in persons)
    named, addressed = _free_users(brand, {person.user_name.lower() for person in persons}, addresses)
    for person in persons:
        address = person.email.lower()
        user = _only(named[bare(person.user_name, brand).lower()])
        if user is None and addresses[address] == 1:
            user = _only(addressed[address])
        if user is not None:
            person.user = user
            named[bare(user.user_name, brand).lower()].remove(user)
            addressed[user.email.lower()].remove(user)


def _free_users(
    brand: Brand, names: Iterable[str], addresses: Iterable[str]
) -> tuple[defaultdict[str, list[User]], defaultdict[str, list[User]]]:
    """Users without a person, by their name without brand and by their address."""
    wanted = {name for known in names for name in (known, f"{known}#{brand.name.lower()}")}
    named, addressed = defaultdict[str, list[User]](list), defaultdict[str, list[User]](list)
    free = User.objects.filter(brand=brand, person=None).alias(name=Lower("user_name"), address=Lower("email"))
    for user in free.filter(Q(name__in=wanted) | Q(address__in=set(addresses))).order_by("pk"):
        named[bare(user.user_name, brand).lower()].append(user)
        addressed[user.email.lower()].append(user)
    return named, addressed


def link_to_person(user: User) -> None:
    """Link a new user to the person that it is."""
    free = Person.objects.filter(org_structure__brand=user.brand, removed_at=None, user=None).alias(
        name=Lower("user_name"), address=Lower("email")
    )
    names = {user.user_name.lower(), bare(user.user_name, user.brand).lower()}
    person = _only(free.filter(name__in=names)[:2]) or _only(free.filter(address=user.email.lower())[:2])
    if person is not None:
        Person.objects.filter(pk=person.pk).update(user=user)


def rename_person(user: User, old: str) -> None:
    """Give the linked person the user's new name, with the brand only if it had it before."""
    person = Person.objects.filter(user=user).first()
    if person is not None:
        person.user_name = user.user_name if person.user_name == old else bare(user.user_name, user.brand)
        person.save(update_fields=["user_name"])


def _only(found: Iterable[Row]) -> Row | None:
    rows = list(found)
    return rows[0] if len(rows) == 1 else None
