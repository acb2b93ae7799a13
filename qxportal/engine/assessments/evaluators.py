"""Changes to single evaluations by an assessment's administrator: add, change, remove, reopen and reset.

Answers that an edition has shown stay where they are (see `engine/editions`). An evaluation with such answers keeps
its relationship and can be removed only after they were taken out of the report.
"""

from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.deadlines import takes_answers
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.assessments.relationships import names_of, squeeze
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Assessment, Evaluation, Participant, Person, Voice
from qxportal.threesixty.relationships import BUILT_IN, MANAGER, SELF

Status = Evaluation.Status
SHOWN = (
    "The report has shown answers of this evaluation. "
    "Remove the evaluator's answers from the report first (qxTakeOutAnswers)."
)


def relationship(assessment: Assessment, given: str) -> str:
    """The canonical name of an assessment's relationship."""
    known = {squeeze(name): name for name in (*names_of(assessment), *BUILT_IN)}
    found = known.get(squeeze(given))
    if found is None:
        raise Invalid("Relationship", f"Possible: {', '.join(known.values())}.")
    return found


def find(subject: Participant, person_id: str) -> Evaluation:
    """The person's evaluation of the subject, locked until the transaction ends."""
    rows = Evaluation.objects.select_for_update(of=("self",)).select_related("evaluator")
    found = rows.filter(subject=subject, evaluator__public_id=person_id).first()
    if found is None:
        raise Invalid("PersonID", "This person does not evaluate the subject.")
    return found


def add(assessment: Assessment, subject: Participant, person: Person, wanted: str) -> None:
    """Ask a person to evaluate the subject; does nothing if already asked in this relationship."""
    if (wanted == SELF) != (person.pk == subject.person_id):
        raise Invalid("Relationship", "Self is for the subject alone, and the subject is nothing else.")
    known = Evaluation.objects.filter(subject=subject, evaluator=person).first()
    if known is not None:
        if known.relationship != wanted:
            raise Conflict("ETS3", f"This person evaluates the subject as {known.relationship}: change that instead.")
        return
    _refuse_over(assessment, subject, "nobody can be added")
    enlist(assessment, [person], subjects=False)
    language = str(person.metadata.get("Language") or assessment.survey.language)
    Evaluation.objects.create(
        assessment=assessment, subject=subject, evaluator=person, relationship=wanted, language=language[:10]
    )


def change_relationship(evaluation: Evaluation, wanted: str) -> None:
    """Change an evaluation's relationship, unless that would reveal answers or break a promise to the evaluator.

    Evaluators who have begun were told that their answers are shown in a group; a Manager's answers would stand alone.
    """
    if evaluation.relationship == wanted:
        return
    if SELF in (evaluation.relationship, wanted):
        raise Invalid("Relationship", "Self is for the subject alone, and the subject is nothing else.")
    if _voice(evaluation) or _shown(evaluation):
        raise Conflict("ETS3", "The report has shown answers of this evaluation: its relationship is decided for good.")
    if wanted == MANAGER and evaluation.answers.exists():
        raise Conflict(
            "ETS3",
            "This evaluation has answers, and a manager's may be shown alone, which the evaluator was not told. "
            "Reset it first.",
        )
    evaluation.relationship = wanted
    evaluation.save(update_fields=["relationship"])


def remove(evaluation: Evaluation, *, with_answers: bool) -> None:
    """Remove an evaluation. Raises Conflict if it has answers and not `with_answers`, or if the report shows them."""
    if evaluation.answers.exists() and not with_answers:
        raise Conflict("ETS3", "This evaluation has answers. Remove them, too (RemoveAnswers), or keep it.")
    voice = _voice(evaluation)
    if (voice or _shown(evaluation)) and not (voice and voice.taken_out):
        raise Conflict("ETS3", SHOWN)
    evaluation.delete()


def reopen(assessment: Assessment, subject: Participant, evaluation: Evaluation) -> None:
    """Reopen a submitted or declined evaluation; its answers stay."""
    if evaluation.status in answering.OPEN:
        return
    if evaluation.imported:
        raise Conflict("ETS3", "These answers were imported: there is nothing the evaluator could continue.")
    _refuse_over(assessment, subject, "nothing can be reopened")
    _refuse_after_closing(evaluation)
    try:
        answering.take_up_again(evaluation)
    except answering.NotOpenError as reason:
        raise Conflict("ETS3", str(reason)) from reason


def reset(assessment: Assessment, subject: Participant, evaluation: Evaluation) -> None:
    """Delete an evaluation's answers so that the evaluator starts over; raises Conflict if the report shows them."""
    _refuse_over(assessment, subject, "nothing can be reset")
    _refuse_after_closing(evaluation)
    voice = _voice(evaluation)
    if voice and voice.taken_out:
        raise Conflict("ETS3", "This evaluator's answers were removed from the report: new ones would not be shown.")
    if voice or _shown(evaluation):
        raise Conflict("ETS3", SHOWN)
    evaluation.answers.all().delete()
    evaluation.status, evaluation.started_at, evaluation.finished_at = Status.NOT_STARTED, None, None
    evaluation.partial = evaluation.imported = False
    evaluation.only_manager = evaluation.subject_metadata = evaluation.evaluator_metadata = None
    evaluation.declined_because = ""
    evaluation.save()


def _refuse_over(assessment: Assessment, subject: Participant, what: str) -> None:
    """Raise Conflict if the subject is Done or the assessment is closed; `what` completes the message."""
    if subject.status == Participant.Status.DONE:
        raise Conflict("ETS3", f"The subject is Done: {what}. Set the status to Waiting first.")
    if assessment.status == Assessment.Status.CLOSED:
        raise Conflict("ETS3", f"The assessment is closed: {what}. Reopen it first.")


def _refuse_after_closing(evaluation: Evaluation) -> None:
    """Raise Conflict if the evaluator's deadline has passed."""
    if not Evaluation.objects.filter(takes_answers(timezone.now()), pk=evaluation.pk).exists():
        raise Conflict("ETS3", "The closing time has passed. Give the evaluator more time first (qxSetExtension).")


def _voice(evaluation: Evaluation) -> Voice | None:
    return Voice.objects.filter(form=evaluation.public_id).order_by("-taken_out").first()


def _shown(evaluation: Evaluation) -> bool:
    return evaluation.answers.filter(shown_in__isnull=False).exists()
