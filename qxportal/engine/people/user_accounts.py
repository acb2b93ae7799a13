"""User accounts: validation of names, types and passwords, look-up and changes."""

import json
import re
from collections.abc import Mapping

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from qxportal.engine.http.arguments import Arguments, address
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Brand, Person, User
from qxportal.engine.models.mailboxes import EMAIL_LIMIT
from qxportal.engine.people import person_user_links
from qxportal.engine.people.personal_links import end_links_to_earlier_addresses

BRAND_ADMIN = "UT_BRANDADMIN"  # the only type with administrator's rights
TYPE = re.compile(r"UT_[A-Za-z0-9]{1,37}", re.ASCII)
NAME = re.compile(r"[^\s<>\"]+")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200
PERMISSIONS_LIMIT = 64 * 1024


def user_name(arguments: Arguments, parameter: str, brand: Brand) -> str:
    """A valid user name from a parameter, with or without `#brand`; raises Invalid."""
    name = arguments.text(parameter, limit=EMAIL_LIMIT)
    known_as, mark, suffix = name.partition("#")
    if NAME.fullmatch(known_as) is None or (mark and suffix != brand.name):
        raise Invalid(parameter, f"A name without spaces is expected, alone or with #{brand.name} behind it.")
    return name


def email(arguments: Arguments, parameter: str = "Email") -> str:
    """A mail address from a parameter; raises Invalid."""
    return address(arguments, parameter)


def user_type(arguments: Arguments, parameter: str) -> str:
    """A user type from a parameter; raises Invalid."""
    chosen = arguments.text(parameter)
    if TYPE.fullmatch(chosen) is None:
        raise Invalid(parameter, f"A user type is expected, such as {BRAND_ADMIN}.")
    return chosen


def password_hash(arguments: Arguments, parameter: str = "NewPassword") -> str:
    """The hash of a password parameter; raises Invalid."""
    password = arguments.secret(parameter)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(parameter, f"It has from {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    return make_password(password)


def permissions(given: object, *, over: Mapping[str, object], parameter: str = "Permissions") -> dict[str, object]:
    """A user's permissions updated with the given ones, at every depth; raises Invalid."""
    if not isinstance(given, Mapping):
        raise Invalid(parameter, "A JSON object is expected.")
    merged = _merged(over, given)
    if len(json.dumps(merged)) > PERMISSIONS_LIMIT:
        raise Invalid(parameter, f"At most {PERMISSIONS_LIMIT // 1024} kB are kept.")
    return merged


def _merged(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    result = dict(old)
    for key, value in new.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(before, value)
        else:
            result[key] = value
    return result


def find(user: User, parameter: str = "UserID", **which: str) -> User:
    """A user of the caller's brand, locked for a change; raises Invalid."""
    found = User.objects.select_related("brand").select_for_update(of=("self",)).filter(brand=user.brand, **which)
    if not found:
        raise Invalid(parameter, "There is no such user.")
    return found[0]


def add(user: User) -> None:
    """Store a new user and link it to the matching person."""
    _save(user)
    person_user_links.link_to_person(user)


def change(user: User, changes: Mapping[str, str], *, name: str) -> None:
    """Store a changed user, and its changed names, address and user name in the linked person."""
    old, user.user_name = user.user_name, name
    for field, value in changes.items():
        setattr(user, field, value)
    _save(user)
    following = person_user_links.shared(changes)
    if following:
        theirs = Person.objects.filter(user=user)
        address = following.get("email_key")
        moved = list(theirs.exclude(email_key=address).values_list("pk", flat=True)) if address else []
        theirs.update(**following)
        end_links_to_earlier_addresses(moved)
    if name != old:
        _rename_person(user, old)


def _save(user: User) -> None:
    try:
        with transaction.atomic(using="engine"):
            user.save()
    except IntegrityError as error:  # names are unique on the whole server, ignoring case
        raise _taken(user.user_name) from error


def _rename_person(user: User, old: str) -> None:
    try:
        with transaction.atomic(using="engine"):
            person_user_links.rename_person(user, old)
    except IntegrityError as error:
        raise _taken(person_user_links.bare(user.user_name, user.brand)) from error


def _taken(name: str) -> Conflict:
    return Conflict("ETS2", f"A person or a user with the user name {name} exists.")
