"""How changes of people are mirrored in assessments, and how removals from the directory are compared."""

from datetime import datetime

from django.db.models import Q

from assessments.models import Assessment
from assessments.person_roles import subject_in
from assessments.returned_mail import look_after_correction
from assessments.sync import start_refresh, start_sync
from directory.handlers import mirror_updated, person_of
from directory.models import Person
from directory.person_edits import IDENTITY
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import MirroredValues

READ_ONE_BY_ONE = 5  # assessments; beyond that everything is read again


def mirror_person(change: Change, as_of: datetime) -> None:
    """Apply a change to the mirrored person, and read assessments again that contain a changed name or address."""
    mirror_updated(change, as_of)
    person = person_of(change)
    if person is None or not change.parameters.keys() & set(IDENTITY):
        return
    look_after_correction(change.org)
    taking_part = Q(subjects__person=person) | Q(evaluations__evaluator=person)
    found = Assessment.objects.filter(taking_part, org=change.org, gone_at=None).order_by()
    named = list(found.values_list("vendor_id", flat=True).distinct()[: READ_ONE_BY_ONE + 1])
    if len(named) > READ_ONE_BY_ONE:
        start_sync(change.org, afresh=True)
        return
    for vendor_id in named:
        start_refresh(change.org, vendor_id)


def mirrored_leaving(change: Change) -> MirroredValues | None:
    """Current values of the fields that the member saw of a person to be removed."""
    person = person_of(change)
    return MirroredValues({"subject_in": subject_in(person)}, person.seen_at) if person else None


def mirror_left(change: Change, as_of: datetime) -> None:
    """The person left the directory."""
    person_id = change.parameters["person_id"]
    Person.objects.filter(org=change.org, vendor_id=person_id, gone_at=None).update(gone_at=as_of)
    start_sync(change.org, afresh=True)
