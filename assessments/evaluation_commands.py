"""Commands on one evaluation: change its relationship, reopen, reset and remove it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.editions import Facts
from assessments.fence import refuse_own
from assessments.intents import record_about
from assessments.models import Assessment, Evaluation, Subject
from assessments.selectors import relationships_of
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.evaluators import (
    ChangeRelationship,
    GetEvaluators,
    RemoveEvaluator,
    ReopenEvaluation,
    ResetEvaluation,
)
from qxportal.threesixty.relationships import SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import Message, gettext_stored, label_stored

ENDED = (Evaluation.Status.COMPLETED, Evaluation.Status.DECLINED)


@dataclass(frozen=True)
class Verbs:
    """Actions that are possible for one evaluation."""

    relationship: bool = False
    extend: bool = False  # if the assessment has a closing time
    reopen: bool = False
    reset: bool = False
    remove: bool = False

    @property
    def any(self) -> bool:
        """Whether any action is possible."""
        return self.relationship or self.extend or self.reopen or self.reset or self.remove


def server_can(subject: Subject, facts: Facts | None) -> bool:
    """Whether the server supports requests on single evaluations: it reports editions, and has refused none."""
    return facts is not None and may_ask(subject.org, GetEvaluators)


def verbs_of(subject: Subject, evaluation: Evaluation, *, extends: bool = False) -> Verbs:
    """Possible actions on a subject's evaluation; `extends` if the assessment has a closing time."""
    if subject.gone_at is not None or evaluation.gone_at is not None:
        return Verbs()
    collecting = subject.status != Subject.Status.DONE and subject.assessment.status != Assessment.Status.CLOSED
    return Verbs(
        relationship=evaluation.relationship != SELF,
        extend=extends and subject.status != Subject.Status.DONE and evaluation.status not in ENDED,
        reopen=collecting and evaluation.status in ENDED,
        reset=collecting and evaluation.status != Evaluation.Status.NOT_STARTED,
        remove=True,
    )


def change_relationship(
    evaluation: Evaluation, *, by: Member, relationship: str, intent: uuid.UUID | None = None
) -> Change:
    """Give an evaluation another relationship (qxChangeRelationship)."""
    subject = _subject(evaluation, by, intent)
    if relationship == SELF or relationship not in relationships_of(subject.assessment):
        raise ActionRefused(_("Choose a relationship of this assessment."))
    if relationship == evaluation.relationship and not recorded(evaluation.org, intent):
        raise ActionRefused(_("The evaluation has this relationship already."))
    words = RELATIONSHIPS.get(relationship)
    title = gettext_stored(
        "Change the relationship of %(name)s with %(subject)s to “%(relationship)s”",
        name=evaluation.evaluator_name,
        subject=subject,
        relationship=label_stored(words) if words else relationship,
    )
    call = ChangeRelationship(**_ids(evaluation), relationship=relationship)
    return _record(evaluation, call, title, by, intent, {"relationship": evaluation.relationship})


def reopen_evaluation(evaluation: Evaluation, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Let an evaluator continue a submitted or declined evaluation (qxReopenEvaluation)."""
    subject = _subject(evaluation, by, intent)
    if not recorded(evaluation.org, intent):
        _refuse_over(subject)
        if evaluation.status not in ENDED:
            raise ActionRefused(_("The evaluation of %(name)s is open.") % {"name": evaluation.evaluator_name})
    title = gettext_stored(
        "Reopen the evaluation of %(subject)s by %(name)s", name=evaluation.evaluator_name, subject=subject
    )
    expected = {"evaluation_state": evaluation.status}
    return _record(evaluation, ReopenEvaluation(**_ids(evaluation)), title, by, intent, expected)


def reset_evaluation(evaluation: Evaluation, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Drop an evaluation's answers so that the evaluator begins again (qxResetEvaluation)."""
    subject = _subject(evaluation, by, intent)
    if not recorded(evaluation.org, intent):
        _refuse_over(subject)
        if evaluation.status == Evaluation.Status.NOT_STARTED:
            raise ActionRefused(_("%(name)s has not answered anything.") % {"name": evaluation.evaluator_name})
    title = gettext_stored(
        "Reset the evaluation of %(subject)s by %(name)s", name=evaluation.evaluator_name, subject=subject
    )
    expected = {"evaluation_state": evaluation.status}
    call = ResetEvaluation(**_ids(evaluation))
    return _record(evaluation, call, title, by, intent, expected, verb="evaluation.reset")


def remove_evaluator(
    evaluation: Evaluation, *, by: Member, remove_answers: bool, intent: uuid.UUID | None = None
) -> Change:
    """Remove an evaluator, with the answers if the member confirmed that (qxRemoveEvaluator)."""
    subject = _subject(evaluation, by, intent)
    title = gettext_stored(
        "Remove %(name)s as an evaluator of %(subject)s", name=evaluation.evaluator_name, subject=subject
    )
    expected = {"relationship": evaluation.relationship, "evaluation_state": evaluation.status}
    call = RemoveEvaluator(**_ids(evaluation), remove_answers=remove_answers)
    return _record(evaluation, call, title, by, intent, expected, verb="evaluator.removed")


def _subject(evaluation: Evaluation, by: Member, intent: uuid.UUID | None) -> Subject:
    """The evaluation's subject, who must not be the member and must still take part."""
    subject = evaluation.subject
    if subject is None:
        raise ActionRefused(_("The subject of this evaluation is no longer listed."))
    refuse_own(by, subject)
    if subject.gone_at is not None and not recorded(evaluation.org, intent):
        raise ActionRefused(_("%(name)s is no longer a subject.") % {"name": subject})
    return subject


def _refuse_over(subject: Subject) -> None:
    """Raise ActionRefused if the subject can no longer receive answers."""
    if subject.status == Subject.Status.DONE:
        raise ActionRefused(_("%(name)s is done. Reopen the subject first.") % {"name": subject})
    if subject.assessment.status == Assessment.Status.CLOSED:
        raise ActionRefused(_("“%(name)s” is closed. Reopen the assessment first.") % {"name": subject.assessment.name})


def _ids(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "assessment_id": evaluation.assessment.vendor_id,
        "subject_id": evaluation.subject_key,
        "person_id": evaluation.evaluator_key,
    }


def _record(
    evaluation: Evaluation,
    call: Call[Any],
    title: Message,
    by: Member,
    intent: uuid.UUID | None,
    expected_values: dict[str, Any],
    *,
    verb: str = "",
) -> Change:
    """Record one open change per evaluation; deletion of answers also goes into the audit log."""
    known = recorded(evaluation.org, intent)
    target = f"evaluation:{evaluation.subject_key}:{evaluation.evaluator_key}"
    with transaction.atomic():
        change = record_about(
            evaluation.assessment, call, target, title, by=by, intent=intent, expected_values=expected_values
        )
        if verb and not known:
            about = [evaluation.subject_key]
            note(evaluation.org, by=by, verb=verb, target=evaluation.assessment.vendor_id, about=about, words=title)
    return change
