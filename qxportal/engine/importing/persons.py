"""Finds or makes the person that each row means."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Lower

from qxportal.engine import directory, ids
from qxportal.engine.importing.sheet import Row
from qxportal.engine.models import OrgStructure, Person
from qxportal.engine.problems import Invalid

MANAGER_COLUMN = "ManagerEmail"


@dataclass
class Register:
    """The persons of a directory that a file may mean, by everything that names them."""

    by_email: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    by_user_name: dict[str, Person] = field(default_factory=dict)
    by_unique_id: dict[str, Person] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        """Know one more."""
        self.by_email[person.email.lower()].append(person)
        self.by_user_name[person.user_name.lower()] = person
        self.by_unique_id[person.public_id] = person
        if person.unique_identifier:
            self.by_unique_id[person.unique_identifier] = person


class NotClearError(Exception):
    """A row does not say whom it means; the words say why."""


def load(
    org_structure: OrgStructure, emails: Iterable[str], names: Iterable[str], unique_ids: Iterable[str]
) -> Register:
    """Look up everybody that a file names, in three questions."""
    register = Register()
    live = Person.objects.filter(org_structure=org_structure, removed_at=None).annotate(
        lower_email=Lower("email"), lower_user_name=Lower("user_name")
    )
    addresses = {email.lower() for email in emails if email}
    found: dict[int, Person] = {}
    for wanted in (
        Q(lower_email__in=addresses),
        Q(lower_user_name__in={name.lower() for name in names if name} | addresses),
        Q(public_id__in=set(unique_ids)) | Q(unique_identifier__in={key for key in unique_ids if key}),
    ):
        found.update({person.pk: person for person in live.filter(wanted)})
    for pk in sorted(found):
        register.add(found[pk])
    return register


def resolve(register: Register, email: str, user_name: str, unique_id: str, *, by_unique_id: bool) -> Person | None:
    """Give the one person that is meant, None for a new one."""
    if by_unique_id and unique_id:
        return register.by_unique_id.get(unique_id)
    candidates = register.by_email.get(email.lower(), [])
    if len(candidates) > 1:
        if unique_id:
            candidates = [one for one in candidates if unique_id in (one.public_id, one.unique_identifier)]
        elif user_name:
            candidates = [one for one in candidates if one.user_name.lower() == user_name.lower()]
    if len(candidates) > 1:
        raise NotClearError(f"More than one person has the address {email}: use UniqueIdentifier.")
    if candidates:
        return candidates[0]
    return register.by_unique_id.get(unique_id) if unique_id and not email else None


class Intake:
    """Takes rows as persons: collects new and changed ones and writes them together."""

    def __init__(self, org_structure: OrgStructure, register: Register, *, by_unique_id: bool) -> None:
        self.org_structure = org_structure
        self.register = register
        self.by_unique_id = by_unique_id
        self.new: list[Person] = []
        self.changed: dict[str, Person] = {}

    def take(self, row: Row, *, external: bool = False) -> Person:
        """Give the row's person, made or brought up to date."""
        person = self.known(row)
        return self._update(person, row) if person else self._make(row, external=external)

    def known(self, row: Row) -> Person | None:
        """The row's person as it is, None for a new one."""
        return resolve(self.register, row["email"], row["user_name"], row["unique_id"], by_unique_id=self.by_unique_id)

    def write(self) -> None:
        """Store what was collected."""
        changed = [person for person in self.changed.values() if person.pk]
        for person, position in zip(self.new, directory.take_positions(self.org_structure, len(self.new)), strict=True):
            person.position = position
        fields = ["first_name", "last_name", "email", "user_name", "unique_identifier", "metadata"]
        try:
            Person.objects.bulk_create(self.new, batch_size=1_000)
            Person.objects.bulk_update(changed, fields, batch_size=500)
        except IntegrityError as error:  # the database folds some letters that Python keeps apart
            raise Invalid("FileContents", "Two people would have the same user name.") from error

    def _make(self, row: Row, *, external: bool) -> Person:
        if not (row["first_name"] and row["last_name"] and row["email"]):
            raise NotClearError("The directory has no such person, and a new one needs FirstName, LastName and Email.")
        if ids.well_formed(row["unique_id"], "P"):
            raise NotClearError(f"There is no person {row['unique_id']}.")
        user_name = row["user_name"] or row["email"]
        self._refuse_taken(user_name, row["unique_id"])
        person = Person(
            org_structure=self.org_structure,
            first_name=row["first_name"],
            last_name=row["last_name"],
            email=row["email"],
            user_name=user_name,
            unique_identifier=row["unique_id"],
            external=external,
            metadata={key: text for key, text in row.metadata.items() if text},
        )
        self.new.append(person)
        self.register.add(person)
        return person

    def _update(self, person: Person, row: Row) -> Person:
        email, user_name = row["email"] or person.email, row["user_name"] or person.user_name
        if self.by_unique_id and email != person.email and person.user_name == person.email and not row["user_name"]:
            user_name = email  # the user name was the address and goes with it
        unique_id = "" if row["unique_id"] == person.public_id else row["unique_id"]
        self._refuse_taken(user_name, unique_id, person)
        after = {
            "first_name": row["first_name"] or person.first_name,
            "last_name": row["last_name"] or person.last_name,
            "email": email if self.by_unique_id else person.email,
            "user_name": user_name,
            "unique_identifier": unique_id or person.unique_identifier,
            "metadata": {key: text for key, text in {**person.metadata, **row.metadata}.items() if text},
        }
        if any(getattr(person, name) != value for name, value in after.items()):
            for name, value in after.items():
                setattr(person, name, value)
            self.changed[person.public_id] = person
            self.register.add(person)
        return person

    def _refuse_taken(self, user_name: str, unique_id: str, person: Person | None = None) -> None:
        other = self.register.by_user_name.get(user_name.lower())
        if other is not None and other is not person:
            raise NotClearError(f"The user name {user_name} belongs to somebody else.")
        other = self.register.by_unique_id.get(unique_id) if unique_id else None
        if other is not None and other is not person:
            raise NotClearError(f"The unique identifier {unique_id} belongs to somebody else.")


def set_managers(org_structure: OrgStructure, persons: Sequence[Person]) -> None:
    """Link persons to the managers that their metadata names."""
    addresses = {person.metadata.get(MANAGER_COLUMN, "").lower() for person in persons} - {""}
    managers = {
        manager.email.lower(): manager
        for manager in Person.objects.filter(org_structure=org_structure, removed_at=None)
        .annotate(lower_email=Lower("email"))
        .filter(lower_email__in=addresses)
        .order_by("-pk")
    }
    changed: list[Person] = []
    for person in persons:
        manager = managers.get(person.metadata.get(MANAGER_COLUMN, "").lower())
        if manager and manager.pk not in (person.manager_id, person.pk):
            person.manager = manager
            changed.append(person)
    Person.objects.bulk_update(changed, ["manager"], batch_size=500)
