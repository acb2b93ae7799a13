"""Mails lost personal links, without revealing whether an address is known."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from qxportal.engine.models import Brand, Evaluation, Mail, Participant, Person, ReportAccess, mailboxes
from qxportal.mail.queue import State

PAUSE = timedelta(minutes=10)  # between two links to one person


def queue_links(address: str, *, now: datetime) -> int:
    """Queue a personal link to each participant with this address; returns the number of mails."""
    asked = Evaluation.objects.filter(evaluator=OuterRef("pk")).exclude(assessment__status="Draft")
    chosen = Q(assessment__options__SubjectsNominate=True) | Q(assessment__options__ManagersChoose=True)
    subjects = Participant.objects.filter(chosen, is_subject=True, removed_at=None, assessment__status="Active")
    chooses = subjects.filter(Q(person=OuterRef("pk")) | Q(person__manager=OuterRef("pk")))
    own = Q(person=OuterRef("pk"))
    approves = Q(assessment__options__ReportApproval=True, subject__person__manager=OuterRef("pk"))
    reads = ReportAccess.objects.filter(own | approves)
    recent = Mail.objects.filter(person=OuterRef("pk"), kind=Mail.Kind.LINK, created_at__gt=now - PAUSE)
    found = (
        Person.objects.select_related("org_structure__brand")
        .filter(email_key=mailboxes.key(address), removed_at=None)
        .exclude(org_structure__brand__mail=Brand.MailMode.OFF)
        .exclude(Exists(recent.exclude(state=State.FAILED)))
        .filter(Exists(asked) | Exists(chooses) | Exists(reads))
    )
    mails = [
        Mail(brand=person.org_structure.brand, person=person, kind=Mail.Kind.LINK, not_before=now) for person in found
    ]
    return len(Mail.objects.bulk_create(mails))
