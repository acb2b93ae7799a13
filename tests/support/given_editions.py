"""Editions of reports in the engine's form, created directly, without filling in evaluations.

Call these within the engine's database thread (`engine.run`).
"""

from collections.abc import Iterable

from qxportal.engine.models import AnswerClass, Assessment, Edition, Participant, Person, Question, Series

FRAME = {
    "asked": {"Peer": 3},
    "manager": False,
    "opened": None,
    "closed": None,
    "minimum": 3,
    "minimum_comments": 3,
    "minimum_spread": 5,
    "hidden": [],
    "raters": {"group:Peer": 3},
    "unasked": {},
}


def statements_of(assessment: Assessment) -> list[str]:
    """Ids of an assessment's rated statements, in order."""
    ratings = Question.objects.filter(survey=assessment.survey_id, kind=Question.Kind.RATING)
    return list(ratings.order_by("position").values_list("public_id", flat=True))


def enlist_done(assessment: Assessment, people: Iterable[Person]) -> None:
    """Make people subjects who are Done, and give the n-th an edition in which three peers answer 1 + n % 5."""
    people = list(people)
    Participant.objects.bulk_create([Participant(assessment=assessment, person=one, status="Done") for one in people])
    for place, person in enumerate(people):
        give_edition(assessment, person, [1 + place % 5] * 3)


def give_edition(
    assessment: Assessment, person: Person, values: list[int], statements: Iterable[str] | None = None
) -> None:
    """Another edition about a person with that number of further peers, who answered `statements`, by default all."""
    series, _made = Series.objects.get_or_create(assessment_key=assessment.public_id, person_key=person.public_id)
    number = series.editions.count() + 1
    Edition.objects.create(series=series, number=number, frame=FRAME)
    common = {"series": series, "line": "group:Peer", "since": number, "size": len(values), "given": len(values)}
    asked = statements_of(assessment) if statements is None else statements
    AnswerClass.objects.bulk_create([AnswerClass(question=one, values=values, **common) for one in asked])
