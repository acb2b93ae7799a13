"""Shared parts of this app's commands: intents about an assessment, and when they are refused."""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, PlanLine
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import record
from qxportal.threesixty.calls.assessments import SetSubjectStatus
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.evaluators import ChangeRelationship, RemoveEvaluator
from qxportal.threesixty.calls.persons import AddPerson, RemovePerson
from qxportal.threesixty.enums import SubjectStatus
from qxportal.ui.stored_messages import Message, gettext_stored

MOST_AT_ONCE = 5_000
ANSWERED = (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED)


def refuse_if_closed(assessment: Assessment) -> None:
    """Raise ActionRefused if an added person could not take part."""
    if assessment.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed, so no one can be added.") % {"name": assessment.name})
    if assessment.status == Assessment.Status.CLOSED:
        raise ActionRefused(_("“%(name)s” is closed. Reopen it before you add anyone.") % {"name": assessment.name})


def addition(
    vendor_id: str, name: str, person: Person, *, expected_values: Mapping[str, Any] = MappingProxyType({})
) -> Intent:
    """Forced, so that a person who only evaluates in the assessment becomes a subject."""
    return Intent(
        call=AddPerson(person_id=person.vendor_id, assessment_id=vendor_id, force_update=True),
        target=f"{vendor_id}:member:{person.vendor_id}",
        assessment_id=vendor_id,
        assessment_name=name,
        title=gettext_stored("Add %(person)s to “%(name)s”", person=person, name=name),
        expected_values=expected_values,
    )


def status_change(subject: Subject, status: str, close_sessions: bool, intent: uuid.UUID, reason: str = "") -> Intent:
    """Another status for one subject; the reason stays here."""
    wanted = Subject.Status(status)
    return Intent(
        id=intent,
        call=SetSubjectStatus(
            assessment_id=subject.assessment.vendor_id,
            subject_id=subject.vendor_id,
            status=SubjectStatus(wanted.value),
            close_sessions=close_sessions,
        ),
        target=f"{subject.assessment.vendor_id}:subject-status:{subject.vendor_id}",
        assessment_id=subject.assessment.vendor_id,
        assessment_name=subject.assessment.name,
        title=gettext_stored("Mark %(subject)s as done", subject=subject)
        if wanted is Subject.Status.DONE
        else gettext_stored("Reopen %(subject)s", subject=subject),
        expected_values={"status": subject.status},
        reason=reason,
    )


def removal(subject: Subject, *, remove_evaluations: bool) -> Intent:
    """A subject's removal from an assessment, with or without the evaluations that the person gave there."""
    return Intent(
        call=RemovePerson(
            person_id=subject.vendor_id,
            assessment_id=subject.assessment.vendor_id,
            remove_evaluations=remove_evaluations,
        ),
        target=f"{subject.assessment.vendor_id}:member:{subject.vendor_id}",
        title=gettext_stored("Remove %(subject)s from “%(name)s”", subject=subject, name=subject.assessment.name),
        assessment_id=subject.assessment.vendor_id,
        assessment_name=subject.assessment.name,
        expected_values={"evaluations_given": subject.given().count()} if remove_evaluations else {},
    )


def evaluator_removal(
    assessment_id: str, assessment_name: str, subject_id: str, evaluator_id: str, *, seen: Mapping[str, str], names: str
) -> Intent:
    """An evaluator's removal, with the answers if the `seen` state has some."""
    intent = uuid.uuid4()
    call = RemoveEvaluator(
        assessment_id=assessment_id,
        subject_id=subject_id,
        person_id=evaluator_id,
        remove_answers=seen["state"] in ANSWERED,
    )
    return Intent(
        id=intent,
        call=marked(call, intent),
        target=f"{assessment_id}:evaluation:{subject_id}:{evaluator_id}",
        title=gettext_stored("Remove an evaluator: %(names)s", names=names),
        expected_values={"relationship": seen["relationship"], "evaluation_state": seen["state"]},
        assessment_id=assessment_id,
        assessment_name=assessment_name,
    )


def relationship_change(assessment_id: str, assessment_name: str, line: PlanLine) -> Intent:
    """Another relationship for the evaluator of a plan's line."""
    subject, evaluator, intent = line.data["subject"], line.data["evaluator"], uuid.uuid4()
    call = ChangeRelationship(
        assessment_id=assessment_id, subject_id=subject, person_id=evaluator, relationship=line.new["relationship"]
    )
    return Intent(
        id=intent,
        call=marked(call, intent),
        target=f"{assessment_id}:evaluation:{subject}:{evaluator}",
        title=gettext_stored("Change a relationship: %(names)s", names=line.label),
        expected_values={"relationship": line.old["relationship"]},
        assessment_id=assessment_id,
        assessment_name=assessment_name,
    )


def record_about(
    assessment: Assessment,
    call: Call[Any],
    target: str,
    title: Message,
    *,
    by: Member,
    intent: uuid.UUID | None,
    expected_values: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    then: tuple[Intent, ...] = (),
) -> Change:
    """Record a change of one assessment with its dependants; `target` names the changed part."""
    intent = intent or uuid.uuid4()
    wanted = Intent(
        id=intent,
        call=marked(call, intent),
        target=f"{assessment.vendor_id}:{target}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=title,
        expected_values=expected_values or {},
        parameters=parameters,
        then=then,
    )
    return record(assessment.org, wanted, by=by)


def refuse_too_many(chosen: Sequence[object] | QuerySet[Any]) -> None:
    """Raise ActionRefused for more items than one job accepts."""
    if len(chosen) > MOST_AT_ONCE:
        raise ActionRefused(
            _("Choose at most %(most)s at once; you chose %(n)s.") % {"most": MOST_AT_ONCE, "n": len(chosen)}
        )
