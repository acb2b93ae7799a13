"""Gathers everything about one subject that a report is computed from."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from qxportal.engine import norms, report_scale
from qxportal.engine.models import Answer, Assessment, DataSource, Evaluation, Participant, Question
from qxportal.engine.relationships import BUILT_IN, SELF
from qxportal.engine.reports import shape

LABELS = {"Self": "Self", "Manager": "Manager", "Peer": "Peers", "DirectReport": "Direct reports"}
NO_HEADING = "General"


def report_source(assessment: Assessment, subject: Participant) -> shape.ReportSource:
    """Read one subject's results; only completed evaluations count."""
    questions = list(assessment.survey.questions.select_related("competency"))
    ratings = [question for question in questions if question.kind == Question.Kind.RATING]
    evaluations = list(Evaluation.objects.filter(subject=subject).order_by("pk"))
    person, scale, zone = subject.person, report_scale.scale(ratings), assessment.brand.zone
    competencies = _competencies(ratings, len(scale))
    return shape.ReportSource(
        assessment_id=assessment.public_id,
        assessment_name=assessment.name,
        brand_name=assessment.brand.title,
        subject_id=person.public_id,
        subject_name=f"{person.first_name} {person.last_name}",
        subject_title=str(person.metadata.get("Title", "")),
        subject_department=str(person.metadata.get("Department", "")),
        scale=scale,
        competencies=competencies,
        open_questions=tuple(
            shape.OpenQuestion(id=question.public_id, text=question.text)
            for question in questions
            if question.kind == Question.Kind.TEXT
        ),
        relationships=_relationships(assessment, evaluations),
        evaluations=_completed(evaluations, len(scale)),
        data_date=timezone.now().astimezone(zone).date(),
        time_zone=zone.key,
        other_questions=len(questions) - len(ratings) - sum(one.kind == Question.Kind.TEXT for one in questions),
        opened_on=_day(assessment.activated_at, zone),
        closed_on=_day(subject.done_at or assessment.closed_at, zone),
        norms=norms.norms(_tables(assessment), competencies, len(scale), person_id=person.public_id),
    )


def shown_rows(source: DataSource) -> int:
    """How many rows of a table reports show."""
    ratings = source.report.assessment.survey.questions.filter(kind=Question.Kind.RATING).select_related("competency")
    found = list(ratings)
    points = len(report_scale.scale(found))
    return norms.shown(source.rows, _competencies(found, points), points)


def _tables(assessment: Assessment) -> Sequence[tuple[str, Sequence[norms.Row]]]:
    return list(DataSource.objects.filter(report__assessment=assessment).order_by("pk").values_list("name", "rows"))


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _competencies(ratings: Iterable[Question], points: int) -> tuple[shape.Competency, ...]:
    groups: defaultdict[tuple[int, str, str], list[shape.Item]] = defaultdict(list)
    for question in ratings:
        heading = question.competency
        key = (heading.position, heading.name, heading.description) if heading else (1_000, NO_HEADING, "")
        groups[key].append(_item(question, points))
    return tuple(
        shape.Competency(id=f"C{number}", name=name, description=description, items=tuple(groups[_, name, description]))
        for number, (_, name, description) in enumerate(sorted(groups), start=1)
    )


def _item(question: Question, points: int) -> shape.Item:
    own = len(question.choices)
    return shape.Item(id=question.public_id, text=question.text, points=None if own == points else own)


def _relationships(assessment: Assessment, evaluations: Iterable[Evaluation]) -> tuple[shape.Relationship, ...]:
    """The built-in ones and the assessment's own; those asked come from evaluations that were not unsolicited."""
    invited = Counter(one.relationship for one in evaluations if not one.unsolicited)
    used = {one.relationship for one in evaluations}
    own = [relationship.name for relationship in assessment.relationships.all()]
    names = [name for name in BUILT_IN if name == SELF or name in used]
    names += [name for name in own if name in used]
    names += sorted(used - {*BUILT_IN, *own})
    return tuple(
        shape.Relationship(
            name=name,
            label=LABELS.get(name, name),
            kind=shape.Kind(name) if name in BUILT_IN else shape.Kind.CUSTOM,
            invited=invited[name],
        )
        for name in names
    )


def _completed(evaluations: Iterable[Evaluation], scale: int) -> tuple[shape.Evaluation, ...]:
    completed = {one.pk: one for one in evaluations if one.status == Evaluation.Status.COMPLETED}
    points: defaultdict[int, dict[str, shape.Score | None]] = defaultdict(dict)
    comments: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for answer in Answer.objects.filter(evaluation__in=completed).select_related("question"):
        question = answer.question
        if question.kind == Question.Kind.RATING:
            score = report_scale.score(question, answer.value, scale)
            points[answer.evaluation_id][question.public_id] = score
        elif question.kind == Question.Kind.TEXT and answer.text.strip():
            comments[answer.evaluation_id][question.public_id] = answer.text.strip()
    return tuple(
        shape.Evaluation(
            relationship=one.relationship, answers=points[pk], comments=comments[pk], unasked=one.unsolicited
        )
        for pk, one in completed.items()
    )
