"""Makes one assessment of the demo with its subjects, evaluators and answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from qxportal.engine.assessments import snapshots, workflow
from qxportal.engine.editions import thresholds
from qxportal.engine.models import (
    Answer,
    Assessment,
    Brand,
    Evaluation,
    Participant,
    Person,
    Relationship,
    Survey,
    User,
)
from qxportal.engine.seed import answers, traces
from qxportal.engine.seed.demo_assessments import DemoAssessment, evaluators, state
from qxportal.engine.seed.people import Colleague

BATCH = 5_000
PARTIAL = 0.4  # how much of a form is filled in when it is in progress


@dataclass(frozen=True, slots=True)
class Round:
    """One assessment that was made."""

    assessment: Assessment
    evaluations: list[Evaluation]


def make_round(
    demo: DemoAssessment,
    *,
    brand: Brand,
    owner: User,
    survey: Survey,
    persons: Sequence[tuple[Colleague, Person]],
    today: date,
    rng: Random,
) -> Round:
    """Make the assessment that a demo describes."""
    people = [colleague for colleague, _person in persons]
    rows = {person.email: person for _colleague, person in persons}
    assessment = Assessment.objects.create(
        brand=brand,
        owner=owner,
        survey=survey,
        org_structure=persons[0][1].org_structure,
        name=demo.name,
        status=demo.status,
        options=workflow.options({"DeclineEvaluations": demo.declined > 0, **demo.options}),
        created_at=_moment(today, demo.created),
        activated_at=None if demo.activated is None else _moment(today, demo.activated),
        closed_at=None if demo.closed is None else _moment(today, demo.closed, hour=17),
    )
    if assessment.status != Assessment.Status.DRAFT:
        thresholds.fix(assessment)
        assessment.save(update_fields=thresholds.COLUMNS)
    if demo.own:
        Relationship.objects.create(
            assessment=assessment, name=demo.own[0], translations=demo.translations or {}, position=0
        )
    able = [one for one in people if demo.who(one) and one.email != owner.email]  # no subject can print letters
    chosen = rng.sample(able, min(demo.subjects, len(able)))
    asked = {colleague.email: evaluators(colleague, demo, people, rng) for colleague in chosen}
    subjects = _participants(demo, assessment, asked, rows, today)
    planned = [
        (number, colleague, evaluator, relationship)
        for number, colleague in enumerate(chosen)
        for evaluator, relationship in asked[colleague.email]
    ]
    evaluations = [
        _evaluation(demo, subjects[about.email], rows[evaluator.email], relationship, number, today, rng)
        for number, about, evaluator, relationship in planned
    ]
    Evaluation.objects.bulk_create(evaluations, batch_size=BATCH)
    snapshots.take(assessment.evaluations.filter(status=Evaluation.Status.COMPLETED))
    _answer(evaluations, survey, rng)
    return Round(assessment, evaluations)


def _moment(today: date, days_ago: float, hour: int = 9) -> datetime:
    return datetime.combine(today, time(hour), tzinfo=UTC) - timedelta(days=days_ago)


def _participants(
    demo: DemoAssessment,
    assessment: Assessment,
    asked: dict[str, list[tuple[Colleague, str]]],
    rows: dict[str, Person],
    today: date,
) -> dict[str, Participant]:
    """Subjects and those who only evaluate, by address."""
    emails = list(dict.fromkeys([*asked, *(one.email for pairs in asked.values() for one, _relationship in pairs)]))
    closed = demo.closed if demo.closed is not None else 6
    participants = [
        Participant(
            assessment=assessment,
            person=rows[email],
            is_subject=email in asked,
            status=Participant.Status.DONE if demo.done and email in asked else Participant.Status.WAITING,
            done_at=_moment(today, closed + 1, hour=15) if demo.done and email in asked else None,
            report_ready=demo.done and email in asked,
            created_at=_moment(today, demo.created),
        )
        for email in emails
    ]
    Participant.objects.bulk_create(participants)
    return dict(zip(emails, participants, strict=True))


def _evaluation(
    demo: DemoAssessment,
    about: Participant,
    evaluator: Person,
    relationship: str,
    number: int,
    today: date,
    rng: Random,
) -> Evaluation:
    status = state(demo, number, relationship, rng)
    started = finished = None
    if status != Evaluation.Status.NOT_STARTED and demo.activated is not None:
        last = demo.closed if demo.closed is not None else (8 if demo.done else 0)
        started = _moment(today, rng.uniform(last + 0.6, demo.activated - 0.1))
        if status != Evaluation.Status.IN_PROGRESS:
            finished = started + timedelta(minutes=rng.uniform(7, 34))
    evaluation = Evaluation(
        assessment=about.assessment,
        subject=about,
        evaluator=evaluator,
        relationship=relationship,
        status=status,
        language=str(evaluator.metadata["Language"]),
        created_at=_moment(today, demo.created),
        started_at=started,
        finished_at=finished,
    )
    if started:
        traces.leave(evaluation)
    return evaluation


def _answer(evaluations: Sequence[Evaluation], survey: Survey, rng: Random) -> None:
    """Fill in the forms that were completed, and the first pages of those in progress."""
    questions = list(survey.questions.select_related("competency"))
    first_pages = questions[: int(len(questions) * PARTIAL)]
    used: defaultdict[int, set[str]] = defaultdict(set)
    rows: list[Answer] = []
    for evaluation in evaluations:
        if evaluation.status not in (Evaluation.Status.COMPLETED, Evaluation.Status.IN_PROGRESS):
            continue
        said = used[evaluation.subject.pk]
        given = answers.draw(
            answers.subject(evaluation.subject.person.email),
            questions if evaluation.status == Evaluation.Status.COMPLETED else first_pages,
            relationship=evaluation.relationship,
            language=evaluation.language,
            home=evaluation.assessment.brand.language,
            used=said,
            rng=rng,
        )
        said.update(each.text for each in given.values() if each.text)
        rows += [
            Answer(evaluation=evaluation, question=question, value=each.value, text=each.text)
            for question, each in given.items()
        ]
    Answer.objects.bulk_create(rows, batch_size=BATCH)
