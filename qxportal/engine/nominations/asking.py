"""Asking those from outside on an approved list: they become external persons of the directory."""

from qxportal.engine.assessments import evaluators
from qxportal.engine.models import Evaluation, NominationList, OutsideNominee, Person, mailboxes
from qxportal.engine.people import directory


def ask_outside(listed: NominationList) -> None:
    """Make those from outside on an approved list persons of the directory, and ask them."""
    for one in listed.outside.all():
        person = _person(listed, one)
        if not Evaluation.objects.filter(subject=listed.subject, evaluator=person).exists():
            evaluators.add(listed.assessment, listed.subject, person, one.relationship)
    listed.outside.all().delete()


def _person(listed: NominationList, one: OutsideNominee) -> Person:
    """The person with the address: who came into the directory meanwhile, or a new one."""
    structure = listed.subject.person.org_structure
    directory.lock(structure)
    there = Person.objects.filter(org_structure=structure, removed_at=None)
    known = there.filter(email_key=mailboxes.key(one.email)).exclude(pk=listed.subject.person_id).first()
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
