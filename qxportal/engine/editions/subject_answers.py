"""A subject's finished evaluations and their answers to a report's questions, as plain data."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.editions.managers import stands
from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Person, Question
from qxportal.engine.reports import scale
from qxportal.engine.reports.types import Score


@dataclass(frozen=True, slots=True)
class CompletedEvaluation:
    """One finished evaluation; `only_manager`: nobody else evaluated as Manager when it was finished."""

    pk: int
    public_id: str
    relationship: str
    given: bool
    only_manager: bool
    unasked: bool
    person: Person


@dataclass(frozen=True, slots=True)
class Said:
    """One usable answer: a point of the report's scale or a text, and the class that has shown it, if any."""

    pk: int
    form: int
    question: str  # public id
    value: Score | str
    shown_in: int | None


@dataclass
class SubjectAnswers:
    """Everything answered about one subject."""

    forms: list[CompletedEvaluation] = field(default_factory=list)  # latest first
    said: list[Said] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)  # relationship -> number of evaluators asked
    managers: list[Person] = field(default_factory=list)  # evaluators as Manager, finished or not
    open: int = 0
    in_progress: int = 0


def questions(assessment: Assessment) -> Mapping[int, Question]:
    """The questions that a report is about."""
    kinds = (Question.Kind.RATING, Question.Kind.TEXT)
    return {question.pk: question for question in assessment.survey.questions.filter(kind__in=kinds)}


def read(
    assessment: Assessment, subjects: Sequence[Participant], asked: Mapping[int, Question]
) -> Mapping[int, SubjectAnswers]:
    """The answers about subjects of one assessment by the subjects' primary keys; two queries."""
    found: defaultdict[int, SubjectAnswers] = defaultdict(SubjectAnswers)
    subject_of: dict[int, int] = {}
    evaluations = (
        Evaluation.objects.filter(assessment=assessment, subject__in=subjects)
        .select_related("evaluator")
        .order_by("-finished_at", "-pk")
    )
    for one in evaluations:
        reading = found[one.subject_id]
        _count(reading, one)
        if one.status == Evaluation.Status.COMPLETED:
            subject_of[one.pk] = one.subject_id
            reading.forms.append(
                CompletedEvaluation(
                    one.pk,
                    one.public_id,
                    one.relationship,
                    not one.imported,
                    one.only_manager is not False,
                    one.unsolicited,
                    one.evaluator,
                )
            )
    points = len(scale.scale([one for one in asked.values() if one.kind == Question.Kind.RATING]))
    answers = Answer.objects.filter(evaluation__in=subject_of, question__in=asked).order_by("pk")
    for pk, form, question_id, value, text, shown_in in answers.values_list(
        "pk", "evaluation", "question", "value", "text", "shown_in"
    ).iterator(10_000):
        question = asked[question_id]
        usable = _usable(question, value, text, points)
        if usable is not None:
            found[subject_of[form]].said.append(Said(pk, form, question.public_id, usable, shown_in))
    return found


def _count(reading: SubjectAnswers, one: Evaluation) -> None:
    reading.asked.setdefault(one.relationship, 0)
    reading.asked[one.relationship] += not one.unsolicited
    if one.status in (Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS):
        reading.open += 1
        reading.in_progress += one.status == Evaluation.Status.IN_PROGRESS
    if stands(one):
        reading.managers.append(one.evaluator)


def _usable(question: Question, value: int | None, text: str, points: int) -> Score | str | None:
    """The scale point or text that a report counts; None if there is none."""
    if question.kind == Question.Kind.TEXT:
        return text.strip() or None
    return scale.score(question, value, points)


def by_question(said: Iterable[Said]) -> Mapping[str, list[Said]]:
    """Answers grouped by question."""
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        found[one.question].append(one)
    return found
