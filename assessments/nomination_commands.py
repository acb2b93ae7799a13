"""Commands on a subject's list of nominations: change, submit, approve, send back and reopen it."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.fence import refuse_own
from assessments.intents import record_about
from assessments.models import Evaluation, Subject
from assessments.nominations import OPEN, SENT_BACK, SUBMITTED, NominationList, list_of
from assessments.selectors import relationships_of
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.nominations import DecideNominations, SetNominations
from qxportal.threesixty.relationships import SELF
from qxportal.ui.stored_messages import Message, gettext_stored

DECISIONS = ("Submit", "Approve", "SendBack", "Reopen")
WITH_REASON = ("SendBack", "Reopen")


class Wanted(NamedTuple):
    """A person to put on a list."""

    key: str  # the person's id at the server
    name: str
    relationship: str


def choices_of(subject: Subject) -> list[str]:
    """Possible relationships of a nominee to the subject."""
    return [name for name in relationships_of(subject.assessment) if name != SELF]


def set_nominations(
    subject: Subject,
    wanted: Sequence[Wanted],
    *,
    by: Member,
    without: Sequence[str] = (),
    intent: uuid.UUID | None = None,
) -> Change:
    """Replace a subject's list of nominees (qxSetNominations); people who were already asked stay asked.

    External people stay on it, except those with the addresses `without`.
    """
    refuse_own(by, subject)
    expected = {}
    if not recorded(subject.org, intent):
        found = _known(subject)
        _refuse_useless(subject, found, wanted, without)
        expected = {"nominees": sorted(one.seen for one in found.nominees)}
    intent = intent or uuid.uuid4()
    ids = {"assessment_id": subject.assessment.vendor_id, "subject_id": subject.vendor_id}
    call = SetNominations(
        **ids,
        nominees=tuple({"PersonID": one.key, "Relationship": one.relationship} for one in wanted),
        without_outside=tuple(without) or None,
        idempotency_key=intent.hex,
    )
    named = [  # names for readers of the change
        {"PersonID": one.key, "FirstName": one.name, "LastName": "", "Relationship": one.relationship} for one in wanted
    ]
    return record_about(
        subject.assessment,
        call,
        _target(subject),
        gettext_stored("Change the nominations of %(subject)s", subject=subject),
        by=by,
        intent=intent,
        expected_values=expected,
        parameters={
            **ids,
            "nominees": named,
            "idempotency_key": intent.hex,
            **({"without_outside": list(without)} if without else {}),
        },
    )


def decide_nominations(
    subject: Subject, decision: str, *, by: Member, reason: str = "", intent: uuid.UUID | None = None
) -> Change:
    """Submit, approve, send back or reopen a subject's list (qxDecideNominations)."""
    refuse_own(by, subject)
    expected = {}
    if not recorded(subject.org, intent):
        found = _known(subject)
        if decision not in decisions_of(found):
            raise ActionRefused(_("This is not possible: the list is in another state by now."))
        if decision == "Submit" and found.missing:
            words = ngettext("Choose at least %(n)d more person.", "Choose at least %(n)d more people.", found.missing)
            raise ActionRefused(words % {"n": found.missing})
        expected = {"nominations_state": found.state, "nominees": sorted(one.seen for one in found.nominees)}
    call = DecideNominations(
        assessment_id=subject.assessment.vendor_id,
        subject_id=subject.vendor_id,
        decision=decision,
        reason=reason if decision in WITH_REASON else None,
    )
    title = _title(subject, decision)
    return record_about(
        subject.assessment, call, _target(subject), title, by=by, intent=intent, expected_values=expected
    )


def decisions_of(found: NominationList) -> list[str]:
    """Possible decisions about a list in its state."""
    if found.state in (OPEN, SENT_BACK):
        return ["Submit"]
    return ["Approve", "SendBack"] if found.state == SUBMITTED else ["Reopen"]


def why_unchangeable(subject: Subject) -> str:
    """The reason why a subject's list cannot be changed or decided on now; empty if it can."""
    found = list_of(subject)
    if found is None:
        return _("Nothing is known of this list. Refresh the assessment and try again.")
    if not found.editable:
        return _("Nobody can be chosen any more: answers are no longer collected.")
    open_changes = Change.objects.filter(org=subject.org, state__in=Change.OPEN)
    if open_changes.filter(target=f"{subject.assessment.vendor_id}:{_target(subject)}").exists():
        return _("An earlier change of this list is not finished. Wait for it, and reload the page.")
    return ""


def _known(subject: Subject) -> NominationList:
    """The list, if it can be changed now; raises ActionRefused."""
    found = list_of(subject)
    if problem := why_unchangeable(subject):
        raise ActionRefused(problem)
    if found is None:
        raise LookupError(subject.pk)
    return found


def _refuse_useless(subject: Subject, found: NominationList, wanted: Sequence[Wanted], without: Sequence[str]) -> None:
    """Raise ActionRefused for a list that the server would refuse, or that is unchanged."""
    allowed, keys = choices_of(subject), [one.key for one in wanted]
    for one in wanted:
        if one.key == subject.vendor_id:
            raise ActionRefused(_("%(name)s is the subject and cannot be on the own list.") % {"name": one.name})
        if one.relationship not in allowed:
            raise ActionRefused(_("This assessment has no relationship “%(name)s”.") % {"name": one.relationship})
    if len(set(keys)) < len(keys):
        raise ActionRefused(_("A person is on the list twice."))
    there = {(one.key, one.relationship) for one in found.nominees}
    if not without and there == {(one.key, one.relationship) for one in wanted}:
        raise ActionRefused(_("Nothing was changed."))
    asked = Evaluation.objects.filter(subject=subject, gone_at=None, unsolicited=False).exclude(relationship=SELF)
    counted = {*keys, *asked.values_list("evaluator_key", flat=True)}
    more = set(keys) - {one.key for one in found.nominees}
    if found.maximum and more and len(counted) > found.maximum:
        words = ngettext(
            "At most %(n)d person can be chosen. Remove a person first.",
            "At most %(n)d people can be chosen. Remove a person first.",
            found.maximum,
        )
        raise ActionRefused(words % {"n": found.maximum})


def _target(subject: Subject) -> str:
    return f"nominations:{subject.vendor_id}"


def _title(subject: Subject, decision: str) -> Message:
    match decision:
        case "Submit":
            return gettext_stored("Submit the nominations of %(subject)s", subject=subject)
        case "Approve":
            return gettext_stored("Approve the nominations of %(subject)s", subject=subject)
        case "SendBack":
            return gettext_stored("Send back the nominations of %(subject)s", subject=subject)
    return gettext_stored("Reopen the nominations of %(subject)s", subject=subject)
