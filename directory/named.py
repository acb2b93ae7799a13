"""People of the directory that a table's rows identify by address or identifier."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Q

from directory.alike_ids import alike_identifiers
from directory.models import Person
from directory.unclear_people import PERSON, other_address, other_identifier, same_person, two_people
from qxportal.accounts.models import Organisation
from qxportal.ledger.plans.sources import SAME, SourceRow
from qxportal.ui.stored_messages import Message, gettext_stored

BATCH = 5_000


class NamedPeople:
    """People in the directory, by all values that rows may identify them by."""

    def __init__(
        self,
        org: Organisation,
        rows: Iterable[SourceRow],
        fields: Iterable[tuple[str, str]],
        *,
        alike_are_same: bool = False,
    ) -> None:
        """Look up all rows at once; `fields` are pairs of field names for address and identifier.

        `alike_are_same`: an identifier that differs in case, blanks or invisible characters means the same person.
        """
        self.alike_are_same = alike_are_same
        self.by_email: defaultdict[str, list[Person]] = defaultdict(list)
        self.by_id: dict[str, Person] = {}
        emails: set[str] = set()
        ids: set[str] = set()
        self.fields = fields = list(fields)
        for row in rows:
            for email, unique_id in fields:
                emails.add(row.address(email))
                ids.add(row.text(unique_id))
        for people in (_of("email", org, emails), _of("vendor_id", org, ids), _own(org, ids)):
            for person in people:
                self._add(person)

        alike = alike_identifiers(org, ids - set(self.by_id))
        there = {person.vendor_id: person for person in _of("vendor_id", org, set(alike.values()))}
        self.alike = {given: there[vendor_id] for given, vendor_id in alike.items() if vendor_id in there}

    def _add(self, person: Person) -> None:
        known = self.by_email[person.email.lower()]
        if person not in known:
            known.append(person)
        self.by_id[person.vendor_id] = person
        if person.external_reference:
            self.by_id.setdefault(person.external_reference, person)

    def find(
        self, row: SourceRow, fields: tuple[str, str] = PERSON, *, by_id: bool = False
    ) -> tuple[Person | None, Message]:
        """The one person that a row's address and identifier mean, or why that is unclear; neither for someone
        new. If both refer to people, they must refer to the same one.

        `by_id`: people are matched by the identifier, so an unknown address does not matter.
        """
        address, identifier = row.address(fields[0]), row.text(fields[1])
        at = self.by_email.get(address, []) if address else []
        with_id, reason = self._with_id(identifier)
        if reason:
            return None, reason
        if with_id is not None:
            if not address or with_id.email.lower() == address:
                return with_id, ""
            if at:
                return None, two_people(fields, identifier, with_id, address, at[0])
            return (with_id, "") if by_id else (None, other_address(str(with_id)))
        if identifier and (not address or (by_id and at)):
            return None, gettext_stored("No one in the directory has the identifier %(id)s.", id=identifier)
        if len(at) > 1:
            words = gettext_stored("Several people have the address %(email)s. Use the identifier.", email=address)
            return None, words
        if at and identifier and at[0].external_reference:
            return None, other_identifier(address, str(at[0]), at[0].external_reference)
        return (at[0] if at else None), ""

    def _with_id(self, identifier: str) -> tuple[Person | None, Message]:
        """The person with an identifier; with `alike_are_same` also one that is written differently."""
        person, alike = self.by_id.get(identifier), self.alike.get(identifier)
        if not identifier or person is not None or alike is None:
            return (person if identifier else None), ""
        if not self.alike_are_same:
            return None, same_person(identifier, alike.external_reference, str(alike))
        return alike, ""

    def may_be(self, address: str, identifier: str) -> set[str]:
        """Vendor ids of all people that an unclear address and identifier may refer to."""
        found = [self.by_id.get(identifier), self.alike.get(identifier)] if identifier else []
        found += self.by_email.get(address, []) if address else []
        return {person.vendor_id for person in found if person is not None}

    def same_as(self, row: SourceRow) -> Mapping[str, object]:
        """Stored in a refused line: people whose identifiers differ from the row's only in how they are
        written, so that a member may say that they are meant."""
        alike = {}
        for _email, name in self.fields:
            given = row.text(name)
            person = None if self.alike_are_same or given in self.by_id else self.alike.get(given)
            if person is not None:
                alike[name] = [person.external_reference, str(person)]
        return {SAME: alike} if alike else {}


def _of(field: str, org: Organisation, values: set[str]) -> Iterable[Person]:
    every = sorted(values - {""})
    for start in range(0, len(every), BATCH):
        part = every[start : start + BATCH]
        yield from Person.objects.filter(Q(**{f"{field}__in": part}), org=org, gone_at=None)


def _own(org: Organisation, ids: set[str]) -> Iterable[Person]:
    """By the organisation's own key of a person."""
    return _of("raw__ExternalDataReference", org, ids)
