"""Our own requests about personal links: group `links`."""

from typing import Any

from qxportal.engine.models import PersonalLink
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _person_of(sample: SampleReview) -> Parameters:
    return {"PersonID": sample.people[2].public_id}


def _have_ended(sample: SampleReview, sent: Parameters, result: Any) -> None:
    row = sample.run(PersonalLink.objects.get, person__public_id=sent["PersonID"])
    assert row.generation > 1
    assert (result["Key"], row.ended_key) == (sent["IdempotencyKey"],) * 2
    assert result["EndedAt"]


CASES = {
    "qxEndLinks": Case(
        required=_person_of, full=lambda sample: {"IdempotencyKey": f"key-{sample.number}"}, state=_have_ended
    ),
    "qxGetLink": Case(required=_person_of, full=lambda sample: {}),
}
