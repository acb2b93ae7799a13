"""Finds or creates the person of each row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError
from django.db.models import Q

from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.sheet import SheetRow
from qxportal.engine.models import OrgStructure, Person, User, ids
from qxportal.engine.models.mailboxes import key, key_as_pasted, skeleton, strange_letters
from qxportal.engine.people import directory, person_user_links, user_data
from qxportal.engine.people.fields import merged
from qxportal.engine.people.personal_links import end_links_to_earlier_addresses
from qxportal.engine.people.user_data import Fields

MANAGER_COLUMN = "ManagerEmail"
STRANGE = r"[^ -~]|xn--"  # addresses that may look like another one: non-ASCII letters, perhaps in the domain


@dataclass
class Register:
    """The persons of a directory that a file may refer to, by address, user name and id."""

    by_email: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    by_user_name: dict[str, Person] = field(default_factory=dict)
    by_unique_id: dict[str, Person] = field(default_factory=dict)
    by_looks: dict[str, Person] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        """Add a person to all indexes."""
        known = self.by_email[key(person.email)]
        if person not in known:
            known.append(person)
        self.by_user_name[key(person.user_name)] = person
        self.by_looks.setdefault(skeleton(person.email), person)
        self.by_unique_id[person.public_id] = person
        if person.unique_identifier:
            self.by_unique_id[person.unique_identifier] = person


class NotClearError(Exception):
    """A row does not identify one person; the message says why."""


def load(
    org_structure: OrgStructure, emails: Iterable[str], names: Iterable[str], unique_ids: Iterable[str]
) -> Register:
    """The register of all persons that a file refers to or resembles; five queries."""
    register = Register()
    live = Person.objects.filter(org_structure=org_structure, removed_at=None).select_related("user")
    emails = [email for email in emails if email]
    addresses = {key(email) for email in emails}
    looks = {skeleton(email) for email in emails}
    strange = live.filter(email_key__regex=STRANGE).values_list("pk", "email").order_by() if looks else []
    twins = [pk for pk, email in strange if skeleton(email) in looks]
    found: dict[int, Person] = {}
    for wanted in (
        Q(email_key__in=addresses | looks),
        Q(pk__in=twins),
        Q(user_name_key__in={key(name) for name in names if name} | addresses),
        Q(public_id__in=set(unique_ids)) | Q(unique_identifier__in={one for one in unique_ids if one}),
    ):
        found.update({person.pk: person for person in live.filter(wanted)})
    for pk in sorted(found):
        register.add(found[pk])
    return register


def resolve(register: Register, email: str, user_name: str, unique_id: str, *, by_unique_id: bool) -> Person | None:
    """The existing person of a row, None for a new one; raises NotClearError."""
    if by_unique_id and unique_id:
        return register.by_unique_id.get(unique_id)
    candidates = register.by_email.get(key(email), [])
    if len(candidates) > 1 and unique_id:
        candidates = [one for one in candidates if unique_id in (one.public_id, one.unique_identifier)]
    elif user_name and not by_unique_id:
        candidates = _of_that_name(candidates, user_name)
    if len(candidates) > 1:
        raise NotClearError(f"More than one person has the address {email}: use UniqueIdentifier.")
    if candidates:
        return candidates[0]
    return register.by_unique_id.get(unique_id) if unique_id and not email else None


def _of_that_name(candidates: list[Person], user_name: str) -> list[Person]:
    """Those of several persons with one address who have this user name; empty if all have other ones."""
    for one in candidates:
        if key(one.user_name) != key(user_name) and one.user_name == one.email:
            raise NotClearError(f"{one.email} is the user name too: only UseUniquePersonID=1 changes it.")
    return [one for one in candidates if key(one.user_name) == key(user_name)]


@dataclass(frozen=True)
class Rules:
    """Rules for changing persons by a file."""

    by_unique_id: bool = False  # identify persons by it only; other identifiers may change
    fields: Fields = field(default_factory=dict)  # the brand's own
    users_too: bool = False  # whether the caller may change linked users
    own_ids: frozenset[int] = frozenset()  # persons who may be the caller


class Intake:
    """Turns rows into persons: collects new and changed ones and writes them in bulk."""

    def __init__(self, org_structure: OrgStructure, register: Register, rules: Rules) -> None:
        self.org_structure = org_structure
        self.brand = org_structure.brand
        self.register = register
        self.rules = rules
        self.new: list[Person] = []
        self.changed: dict[str, Person] = {}
        self.users: dict[int, User] = {}  # changed together with their person
        self.rows: dict[str, SheetRow] = {}  # the first row of each person, by public id

    def take(self, row: SheetRow, *, external: bool = False) -> Person:
        """The row's person, created or updated."""
        person = self.known(row)
        if person:
            self.refuse_second_id(person, row)
        taken = self._update(person, row) if person else self._make(row, external=external)
        self.rows.setdefault(taken.public_id, row)
        return taken

    def known(self, row: SheetRow) -> Person | None:
        """The row's existing person, None for a new one."""
        return resolve(
            self.register, row["email"], row["user_name"], row["unique_id"], by_unique_id=self.rules.by_unique_id
        )

    def write(self) -> None:
        """Store the collected changes."""
        changed = [person for person in self.changed.values() if person.pk]
        for person, position in zip(self.new, directory.take_positions(self.org_structure, len(self.new)), strict=True):
            person.position = position
        fields = [
            "first_name",
            "last_name",
            "email",
            "email_key",
            "user_name",
            "user_name_key",
            "unique_identifier",
            "metadata",
        ]
        moved = [person.pk for person in changed if person.email_key != key(person.email)]
        for person in changed:
            person.email_key, person.user_name_key = key(person.email), key(person.user_name)
        person_user_links.link_to_users(self.brand, self.new)
        try:
            Person.objects.bulk_create(self.new, batch_size=1_000)
            Person.objects.bulk_update(changed, fields, batch_size=500)
            User.objects.bulk_update(
                self.users.values(),
                [*person_user_links.SHARED, "email_key", "user_name", "user_name_key"],
                batch_size=500,
            )
        except IntegrityError as error:  # user names that move between persons within one file
            raise Invalid("FileContents", "Two people would have the same user name while it is imported.") from error
        end_links_to_earlier_addresses(moved)

    def _make(self, row: SheetRow, *, external: bool) -> Person:
        if not (row["first_name"] and row["last_name"] and row["email"]):
            raise NotClearError("The directory has no such person, and a new one needs FirstName, LastName and Email.")
        if ids.well_formed(row["unique_id"], "P"):
            raise NotClearError(f"There is no person {row['unique_id']}.")
        user_name = row["user_name"] or row["email"]
        self._refuse_lookalike(row["email"])
        self._refuse_taken(user_name, row["unique_id"])
        self._refuse_unfit(row, complete=not external)
        person = Person(
            org_structure=self.org_structure,
            first_name=row["first_name"],
            last_name=row["last_name"],
            email=row["email"],
            user_name=user_name,
            unique_identifier=row["unique_id"],
            external=external,
            metadata=merged({}, row.metadata),
        )
        self.new.append(person)
        self.register.add(person)
        return person

    def _update(self, person: Person, row: SheetRow) -> Person:
        by_unique_id = self.rules.by_unique_id
        user_name = person.user_name
        if by_unique_id:
            with_address = (
                person.user_name == person.email and row["email"]
            )  # the user name was the address, so it changes with it
            user_name = row["user_name"] or (row["email"] if with_address else user_name)
        unique_id = "" if row["unique_id"] == person.public_id else row["unique_id"]
        self._refuse_taken(user_name, unique_id, person)
        self._refuse_unfit(row, complete=False)
        after = {
            "first_name": row["first_name"] or person.first_name,
            "last_name": row["last_name"] or person.last_name,
            "email": (row["email"] or person.email) if by_unique_id else person.email,
            "user_name": user_name,
            "unique_identifier": unique_id or person.unique_identifier,
        }
        changes = {name: value for name, value in after.items() if getattr(person, name) != value}
        details = merged(person.metadata, row.metadata)
        if person.user and changes:
            self._change_user(person.user, person, changes)
        if changes or details != person.metadata:
            for name, value in changes.items():
                setattr(person, name, value)
            person.metadata = details
            self.changed[person.public_id] = person
            self.register.add(person)
        return person

    def _change_user(self, user: User, person: Person, changes: Mapping[str, str]) -> None:
        """Update the linked user's names and address, and its user name if it equalled the person's."""
        following = person_user_links.shared(changes)
        names = (key(user.user_name), key(person_user_links.bare(user.user_name, self.brand)))
        if "user_name" in changes and key(person.user_name) in names:
            suffix = user.user_name[len(person.user_name) :]
            following = person_user_links.keyed({**following, "user_name": changes["user_name"] + suffix})
            others = User.objects.exclude(pk=user.pk).filter(user_name_key=following["user_name_key"])
            if others.exists():
                raise NotClearError(f"The user name {following['user_name']} belongs to another person.")
        if following and not self.rules.users_too:
            raise NotClearError(f"{person.email} signs in here too: only a brand administrator changes such people.")
        for name, value in following.items():
            setattr(user, name, value)
        if following:
            self.users[user.pk] = user

    def _refuse_lookalike(self, email: str) -> None:
        """Raise NotClearError if another person's address looks like this one: a typing error or impersonation."""
        twin = self.register.by_looks.get(skeleton(email))
        if twin is not None and key(twin.email) != key(email):
            which = f"{email}: {strange_letters(email)}" if not email.isascii() else email
            other = f" ({strange_letters(twin.email)})" if not twin.email.isascii() else ""
            raise NotClearError(
                f"It looks like the address of {twin.first_name} {twin.last_name}{other}, and is {which}."
            )

    def refuse_second_id(self, person: Person, row: SheetRow) -> None:
        """Raise NotClearError if an earlier row gives the person another identifier: a shared mailbox or an error."""
        earlier = self.rows.get(person.public_id)
        if earlier is None or not (earlier["unique_id"] and row["unique_id"]):
            return
        if {earlier["unique_id"], row["unique_id"]} <= {person.public_id, person.unique_identifier}:
            return
        raise NotClearError(
            f"Row {earlier.number} has {earlier['email'] or 'this person'} with the unique identifier "
            f"{earlier['unique_id']}, this row with {row['unique_id']}: give each of the two a UserName of its own."
        )

    def _refuse_unfit(self, row: SheetRow, *, complete: bool) -> None:
        reason = user_data.fault(row.metadata, self.rules.fields, complete=complete)
        if reason:
            raise NotClearError(reason)

    def _refuse_taken(self, user_name: str, unique_id: str, person: Person | None = None) -> None:
        other = self.register.by_user_name.get(key(user_name))
        if other is not None and other is not person:
            raise NotClearError(_taken(user_name, other))
        other = self.register.by_unique_id.get(unique_id) if unique_id else None
        if other is not None and other is not person:
            raise NotClearError(f"The unique identifier {unique_id} belongs to another person.")


def _taken(user_name: str, other: Person) -> str:
    who = f"{other.first_name} {other.last_name} ({other.unique_identifier or other.public_id})"
    if key(user_name) == key(other.email) == key(other.user_name):
        return f"The address {user_name} is the user name of {who}: a second person with it needs a UserName."
    return f"The user name {user_name} belongs to {who}."


def set_managers(org_structure: OrgStructure, persons: Sequence[Person]) -> None:
    """Link persons to the managers that their metadata names."""
    addresses = {key_as_pasted(person.metadata.get(MANAGER_COLUMN, "")) for person in persons} - {""}
    managers = {
        key(manager.email): manager
        for manager in Person.objects.filter(
            org_structure=org_structure, removed_at=None, email_key__in=addresses
        ).order_by("-pk")
    }
    changed: list[Person] = []
    for person in persons:
        manager = managers.get(key_as_pasted(person.metadata.get(MANAGER_COLUMN, "")))
        if manager and manager.pk not in (person.manager_id, person.pk):
            person.manager = manager
            changed.append(person)
    Person.objects.bulk_update(changed, ["manager"], batch_size=500)
