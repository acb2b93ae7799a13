"""Our own requests about single evaluators of a subject; callers cannot use them about themselves."""

from collections.abc import Callable, Mapping

from qxportal.engine.assessments import evaluators
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.models import Assessment, Evaluation, Participant, User
from qxportal.engine.people import access, confidential


def get_evaluators(user: User, arguments: Arguments) -> object:
    """List the evaluators of a subject, or of all but the caller, with reasons for declining."""
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    rows = assessment.evaluations.filter(subject__removed_at=None)
    if arguments.has("SubjectID"):
        rows = rows.filter(subject=_subject(user, assessment, arguments))
    told = rows.exclude(confidential.about(confidential.own_person_ids(user))).order_by("pk")
    columns = ("subject__person__public_id", "evaluator__public_id", "relationship", "status", "declined_because")
    return {
        "Evaluators": [
            {
                "SubjectID": subject,
                "PersonID": person,
                "Relationship": relationship,
                "State": state,
                "DeclinedBecause": because if state == Evaluation.Status.DECLINED else "",
                "Unsolicited": int(unsolicited),
            }
            for subject, person, relationship, state, because, unsolicited in told.values_list(*columns, "unsolicited")
        ]
    }


def add_evaluator(user: User, arguments: Arguments) -> object:
    """Ask one person of the directory to evaluate a subject."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    subject = _subject(user, assessment, arguments)
    person = access.person(user, arguments.required("PersonID"))
    wanted = evaluators.relationship(assessment, arguments.required("Relationship"))
    evaluators.add(assessment, subject, person, wanted)
    return {"Success": True}


def change_relationship(user: User, arguments: Arguments) -> object:
    """Change the relationship of one evaluation."""
    assessment, _subject, evaluation = _held(user, arguments)
    wanted = evaluators.relationship(assessment, arguments.required("Relationship"))
    evaluators.change_relationship(evaluation, wanted)
    return {"Success": True}


def remove_evaluator(user: User, arguments: Arguments) -> object:
    """Remove one evaluation; one with answers only with RemoveAnswers."""
    _assessment, _subject, evaluation = _held(user, arguments)
    evaluators.remove(evaluation, with_answers=arguments.flag("RemoveAnswers"))
    return {"Success": True}


def reopen_evaluation(user: User, arguments: Arguments) -> object:
    """Reopen a submitted or declined evaluation."""
    evaluators.reopen(*_held(user, arguments))
    return {"Success": True}


def reset_evaluation(user: User, arguments: Arguments) -> object:
    """Delete an evaluation's answers, so that the evaluator starts over."""
    evaluators.reset(*_held(user, arguments))
    return {"Success": True}


def _held(user: User, arguments: Arguments) -> tuple[Assessment, Participant, Evaluation]:
    """One evaluation, with locks on it and its assessment."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    confidential.require(user, assessment)
    subject = _subject(user, assessment, arguments)
    return assessment, subject, evaluators.find(subject, arguments.required("PersonID"))


def _subject(user: User, assessment: Assessment, arguments: Arguments) -> Participant:
    found = access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID")
    confidential.refuse_oneself(user, found.person_id)
    return found


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxAddEvaluator": add_evaluator,
    "qxChangeRelationship": change_relationship,
    "qxGetEvaluators": get_evaluators,
    "qxRemoveEvaluator": remove_evaluator,
    "qxReopenEvaluation": reopen_evaluation,
    "qxResetEvaluation": reset_evaluation,
}
