"""Links between persons and users who are the same human being.

A new person is linked to the user of its brand with the same user name, with or without `#brand`, else to the only user
with its address; and a new user to such a person. Both must be unlinked. Linking changes neither, but from then on
names and addresses change together. A link ends only with its user or when the person leaves the directory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from django.db.models import Q

from qxportal.engine.models import Brand, OrgStructure, Person, User
from qxportal.engine.models.mailboxes import key

Row = TypeVar("Row", User, Person)
SHARED = ("first_name", "last_name", "email")


def lock(brand: Brand) -> None:
    """Lock a brand's persons and users against concurrent changes until the transaction ends."""
    list(OrgStructure.objects.select_for_update().filter(brand=brand).order_by("pk"))


def bare(user_name: str, brand: Brand) -> str:
    """A user name without `#brand`."""
    return user_name.removesuffix(f"#{brand.name}")


def shared(changes: Mapping[str, str]) -> dict[str, str]:
    """The changes that apply to the linked person or user, too."""
    return keyed({name: value for name, value in changes.items() if name in SHARED})


def keyed(changes: Mapping[str, str]) -> dict[str, str]:
    """The changes with their comparison keys."""
    keys = {f"{name}_key": key(changes[name]) for name in ("email", "user_name") if name in changes}
    return {**changes, **keys}


def link_to_users(brand: Brand, persons: Sequence[Person]) -> None:
    """Link new persons to matching users, without saving them."""
    addresses = Counter(key(person.email) for person in persons)
    named, addressed = _free_users(brand, {key(person.user_name) for person in persons}, addresses)
    for person in persons:
        address = key(person.email)
        user = _only(named[key(bare(person.user_name, brand))])
        if user is None and addresses[address] == 1:
            user = _only(addressed[address])
        if user is not None:
            person.user = user
            named[key(bare(user.user_name, brand))].remove(user)
            addressed[key(user.email)].remove(user)


def _free_users(
    brand: Brand, names: Iterable[str], addresses: Iterable[str]
) -> tuple[defaultdict[str, list[User]], defaultdict[str, list[User]]]:
    """Unlinked users by bare name and by address."""
    wanted = {name for known in names for name in (known, f"{known}#{key(brand.name)}")}
    named, addressed = defaultdict[str, list[User]](list), defaultdict[str, list[User]](list)
    free = User.objects.filter(brand=brand, person=None)
    for user in free.filter(Q(user_name_key__in=wanted) | Q(email_key__in=set(addresses))).order_by("pk"):
        named[key(bare(user.user_name, brand))].append(user)
        addressed[key(user.email)].append(user)
    return named, addressed


def link_to_person(user: User) -> None:
    """Link a new user to the matching person, if any."""
    free = Person.objects.filter(org_structure__brand=user.brand, removed_at=None, user=None)
    names = {key(user.user_name), key(bare(user.user_name, user.brand))}
    person = _only(free.filter(user_name_key__in=names)[:2]) or _only(free.filter(email_key=key(user.email))[:2])
    if person is not None:
        Person.objects.filter(pk=person.pk).update(user=user)


def rename_person(user: User, old: str) -> None:
    """Rename the linked person to the user's new name; with `#brand` only if it had that before."""
    person = Person.objects.filter(user=user).first()
    if person is not None:
        person.user_name = user.user_name if person.user_name == old else bare(user.user_name, user.brand)
        person.save(update_fields=["user_name", "user_name_key"])


def _only(found: Iterable[Row]) -> Row | None:
    rows = list(found)
    return rows[0] if len(rows) == 1 else None
