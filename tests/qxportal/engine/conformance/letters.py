"""Our own requests about letters with a code: group `letters`."""

from typing import Any

from qxportal.engine.models import PersonalLink, PrintedLetter
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _raters(sample: SampleReview) -> Parameters:
    people = [sample.people[2].public_id, sample.subject.person.public_id]
    return {**named(sample), "PersonIDs": ",".join(people)}


def _are_printed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    told = [(row["PersonID"], len(row["Code"])) for row in result["Letters"]]
    assert told == [(one, 14) for one in sent["PersonIDs"].split(",")]
    rows = sample.run(lambda: list(PrintedLetter.objects.filter(key=sent["IdempotencyKey"])))
    assert [row.assessment_id for row in rows] == [sample.assessment.pk] * 2
    generations = sample.run(lambda: dict(PersonalLink.objects.values_list("person", "generation")))
    assert all(generations[row.person_id] == row.generation > 1 for row in rows)


CASES = {
    "qxGetLetters": Case(required=named, full=lambda sample: {"PersonID": sample.subject.person.public_id}),
    "qxPrintLetters": Case(
        required=_raters, full=lambda sample: {"IdempotencyKey": f"key-{sample.number}"}, state=_are_printed
    ),
}
