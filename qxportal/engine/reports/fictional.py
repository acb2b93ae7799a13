"""Made-up evaluations of a fictional person for example reports; equal seeds give equal reports."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from django.utils.translation import gettext as _

from qxportal.engine.reports.types import Competency, Earlier, Evaluation, Kind, ReportSource

PERSON = "Example"  # the fictional person's id
OWN_LIFT = 0.3  # how much higher people rate themselves, on a scale of 1 to 5
SPREAD, LEVEL, NOISE = 0.5, 3.7, 0.6
CANNOT_SAY = 0.04
SEED = "1"
YEAR = timedelta(days=365)
ABOVE_MINIMUM = {Kind.PEER: 3, Kind.DIRECT_REPORT: 2}


def raters(kind: Kind, minimum: int) -> int:
    """Number of example raters of one relationship: enough for the group to be shown."""
    return 1 if kind.exempt else minimum + ABOVE_MINIMUM.get(kind, 1)


def with_answers(source: ReportSource, seed: str) -> ReportSource:
    """The source with made-up evaluations, which depend only on the seed and the positions of questions."""
    levels = _levels(source.competencies, Random(f"levels|{seed}"))
    found: list[Evaluation] = []
    for number, relationship in enumerate(source.relationships):
        for each in range(relationship.invited):
            rng = Random(f"{seed}|{number}|{each}")
            lift = OWN_LIFT if relationship.kind is Kind.SELF else rng.gauss(0, 0.2)
            found.append(
                Evaluation(
                    relationship=relationship.name,
                    answers=_answers(source, levels, lift, rng),
                    comments=_said(source, relationship.kind, number + each),
                )
            )
    return replace(source, evaluations=tuple(found))


def with_earlier(
    example: ReportSource, source: ReportSource, seed: str, *, name: str, pairs: Mapping[str, str]
) -> ReportSource:
    """The example compared with a fictional report of a year ago."""
    before = replace(source, assessment_name=name, data_date=example.data_date - YEAR)
    return replace(example, earlier=Earlier(source=with_answers(before, f"{seed}|earlier"), pairs=pairs, edition=1))


def _levels(competencies: Iterable[Competency], rng: Random) -> Mapping[str, float]:
    """The example's true level by statement, on a scale of 1 to 5."""
    levels: dict[str, float] = {}
    for competency in competencies:
        level = rng.gauss(LEVEL, SPREAD)
        levels |= {item.id: level + rng.gauss(0, 0.3) for item in competency.items}
    return levels


def _answers(source: ReportSource, levels: Mapping[str, float], lift: float, rng: Random) -> dict[str, int | None]:
    points = len(source.scale)
    answers: dict[str, int | None] = {}
    for item, level in levels.items():
        score = level + lift + rng.gauss(0, NOISE)
        silent = rng.random() < CANNOT_SAY
        answers[item] = None if silent else min(points, max(1, round(1 + (score - 1) * (points - 1) / 4)))
    return answers


def _said(source: ReportSource, kind: Kind, number: int) -> dict[str, str]:
    """One rater's comments by open question; each says that it is an example."""
    if kind is Kind.SELF:
        return {question.id: _("Example: this is what you wrote about yourself.") for question in source.open_questions}
    texts = (
        _("Example: a short comment."),
        _("Example: a comment of medium length, which says what works well and gives a reason."),
        _("Example: I would wish for more time to talk about priorities."),
        _("Example: a longer comment. It has several sentences. The third one says what could change from now on."),
    )
    return {question.id: texts[(number + place) % len(texts)] for place, question in enumerate(source.open_questions)}
