"""Asks outside nominees of an approved list, who become external persons of the directory."""

from qxportal.engine.assessments import evaluators
from qxportal.engine.models import Evaluation, NominationList, OutsideNominee, Person, mailboxes
from qxportal.engine.nominations import rules
from qxportal.engine.people import directory


def ask_outside(listed: NominationList) -> None:
    """Turn the outside nominees of an approved list into persons of the directory and ask them."""
    for one in listed.outside.all():
        person = _person(listed, one)
        if person is not None and not Evaluation.objects.filter(subject=listed.subject, evaluator=person).exists():
            evaluators.add(listed.assessment, listed.subject, person, one.relationship)
    listed.outside.all().delete()


def _person(listed: NominationList, one: OutsideNominee) -> Person | None:
    """The person with the nominee's address, existing or new; None if it is the subject's own address."""
    structure = listed.subject.person.org_structure
    directory.lock(structure)
    listed.subject.person.refresh_from_db(fields=["email", "email_key", "user_name", "user_name_key"])
    if mailboxes.key(one.email) in rules.own_addresses(listed.subject):
        return None  # the subject would answer as another person
    known = rules.with_address(listed.subject, one.email)
    if known is not None:
        return known
    return Person.objects.create(
        org_structure=structure,
        position=directory.take_positions(structure, 1)[0],
        first_name=one.first_name,
        last_name=one.last_name,
        email=one.email,
        user_name=one.email,
        external=True,
    )
