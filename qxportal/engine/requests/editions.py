"""Our own requests about what reports have shown, and the changes that are still possible."""

from collections.abc import Callable, Mapping

from django.db.models import Q

from qxportal.engine.assessments.report_groups import line_names
from qxportal.engine.editions import facts, leaving, making
from qxportal.engine.editions.managers import State
from qxportal.engine.editions.subject_answers import SubjectAnswers, questions, read
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid
from qxportal.engine.models import Assessment, Evaluation, Participant, Series, User
from qxportal.engine.people import access, confidential

OWN_EDITIONS = "Subjects learn nothing of their own raters and decide nothing about them."


def get_editions(user: User, arguments: Arguments) -> object:
    """What editions show and which answers wait, for one subject or for all but the caller."""
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    if arguments.has("SubjectID"):
        subjects = [_subject(user, assessment, arguments)]
    else:
        present = assessment.participants.filter(is_subject=True, removed_at=None)
        subjects = list(present.exclude(_himself(user)).select_related("person__manager").order_by("pk"))
    return {"Editions": facts.facts(assessment, subjects)}


def confirm_manager(user: User, arguments: Arguments) -> object:
    """Confirm that the only evaluator as Manager is the subject's manager, if the directory names none."""
    assessment, subject, series = _held(user, arguments)
    person_id = arguments.required("PersonID")
    asked = questions(assessment)
    reading = read(assessment, [subject], asked).get(subject.pk, SubjectAnswers())
    known = making.planned(series, assessment, subject, reading, asked).manager
    if known.state is State.DIRECTORY:
        raise Conflict("ETS3", "The directory names the manager: there is nothing to confirm.")
    if known.state is State.SEVERAL:
        raise Conflict(
            "ETS3",
            "Several people are managers, or one who is not the manager in the directory: they are shown as a group.",
        )
    if known.person_id != person_id:
        raise Invalid("PersonID", "This person does not evaluate the subject as Manager.")
    if known.state is State.UNCONFIRMED:
        if making.last(series) is not None:
            raise Conflict("ETS3", "The first edition was given: who stands in which line is decided.")
        series.confirmed_manager = person_id
        series.save(update_fields=["confirmed_manager"])
    return {"Success": True}


def hide_report_line(user: User, arguments: Arguments) -> object:
    """Hide one line's figures and comments permanently."""
    assessment, _subject, series = _held(user, arguments)
    name = arguments.required("Line")
    possible = (*line_names(assessment), facts.OTHERS)
    if name not in possible:
        raise Invalid("Line", f"Possible: {', '.join(possible)}.")
    leaving.hide(series, facts.lines(name))
    return {"Success": True}


def take_out_answers(user: User, arguments: Arguments) -> object:
    """Remove an evaluator's shown answers with their classes, and delete answers not shown yet."""
    assessment, subject, series = _held(user, arguments)
    by_him = assessment.evaluations.filter(subject=subject, evaluator__public_id=arguments.required("PersonID"))
    if not by_him.exists():
        raise Invalid("PersonID", "This person does not evaluate the subject.")
    finished = by_him.filter(status=Evaluation.Status.COMPLETED).select_related("evaluator")
    classes, answers = leaving.take_out(series, assessment, finished.order_by("pk"))
    return {"Classes": classes, "Answers": answers}


def _held(user: User, arguments: Arguments) -> tuple[Assessment, Participant, Series]:
    """Assessment, subject and series, with locks on assessment and series."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    confidential.require(user, assessment)
    subject = _subject(user, assessment, arguments)
    series = making.series_of(assessment, subject)
    return assessment, subject, Series.objects.select_for_update().get(pk=series.pk)


def _subject(user: User, assessment: Assessment, arguments: Arguments) -> Participant:
    found = access.subject(assessment, arguments.text("SubjectID"), parameter="SubjectID")
    if Participant.objects.filter(_himself(user), pk=found.pk).exists():
        raise Forbidden(OWN_EDITIONS)
    return Participant.objects.select_related("person__manager").get(pk=found.pk)


def _himself(user: User) -> Q:
    """Filter for subjects who may be the caller."""
    return Q(person__in=confidential.own_person_ids(user))


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxConfirmManager": confirm_manager,
    "qxGetEditions": get_editions,
    "qxHideReportLine": hide_report_line,
    "qxTakeOutAnswers": take_out_answers,
}
