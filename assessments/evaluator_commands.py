"""Commands for evaluators; each records a change, which a worker sends."""

import uuid
from collections.abc import Iterable
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.fence import refuse_own
from assessments.imports import STILL_OPEN, evaluator_row, evaluators_import, rest_of
from assessments.intents import record_about, refuse_if_closed
from assessments.models import Assessment, Subject
from assessments.selectors import relationships_of
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import record, recorded
from qxportal.ledger.outbox.review import dismiss_attention
from qxportal.threesixty.relationships import SELF
from qxportal.ui.stored_messages import ngettext_stored


def add_evaluators(
    subject: Subject, evaluators: Iterable[tuple[Person, str]], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Ask people to evaluate a subject, each in a relationship (importPersons, type Evaluators, nothing cleared)."""
    refuse_own(by, subject)
    if not recorded(subject.org, intent):
        refuse_if_settled(subject)
    allowed = relationships_of(subject.assessment)
    known = subject.evaluations.filter(gone_at=None).values_list("evaluator_key", "relationship")
    there = set() if recorded(subject.org, intent) else set(known)
    rows = []
    for person, relationship in evaluators:
        if relationship not in allowed:
            raise ActionRefused(_("This assessment has no relationship “%(name)s”.") % {"name": relationship})
        if relationship != SELF and person.vendor_id == subject.vendor_id:
            raise ActionRefused(_("%(name)s is the subject and can only evaluate as Self.") % {"name": person})
        if (person.vendor_id, relationship) not in there:
            rows.append(evaluator_row(person, subject.email, subject.vendor_id, relationship))
    if not rows:
        raise ActionRefused(_("Choose at least one person who is not yet an evaluator in this relationship."))
    return record_about(
        subject.assessment,
        evaluators_import(subject.assessment.vendor_id, rows),
        f"evaluators:{subject.vendor_id}",
        ngettext_stored(
            "Add %(n)s evaluator for %(subject)s", "Add %(n)s evaluators for %(subject)s", len(rows), subject=subject
        ),
        by=by,
        intent=intent,
        expected_values={STILL_OPEN: True},
        parameters={"assessment_id": subject.assessment.vendor_id, "rows": rows},
    )


def send_rest(change: Change, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Send those rows of an import once more that were not taken, and no others."""
    with transaction.atomic():
        if not change.attention_message and not recorded(change.org, intent):
            raise ActionRefused(_("There is nothing left to send."))
        target = Assessment.objects.filter(org=change.org, vendor_id=change.assessment_id).first()
        if target is not None and not recorded(change.org, intent):
            refuse_if_closed(target)
        rest = record(change.org, replace(rest_of(change), id=intent or uuid.uuid4()), by=by)
        dismiss_attention(change, by=by)
    return rest


def refuse_if_settled(subject: Subject) -> None:
    """Raise ActionRefused if a new evaluator could not answer about the subject."""
    refuse_if_closed(subject.assessment)
    if subject.gone_at is not None:
        raise ActionRefused(_("%(name)s is no longer a subject.") % {"name": subject})
    if subject.status == Subject.Status.DONE:
        raise ActionRefused(
            _("%(name)s is done, so no more evaluators can be added. Reopen the subject first.") % {"name": subject}
        )
