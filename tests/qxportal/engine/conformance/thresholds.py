"""Our own requests about what reports show of groups: group `editions`."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F

from qxportal.engine.models import Assessment
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview

GROUPS = [{"Name": "Everybody else", "Relationships": ["Customer", "Peer"], "Translations": {"DE": "Alle anderen"}}]


def _together(sample: SampleReview) -> Parameters:
    return {**named(sample), "Groups": json.dumps(GROUPS)}


def _stand_together(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.assessment).report_groups == GROUPS


def _round_before(sample: SampleReview) -> Parameters:
    """An assessment that was active a year before, with the same survey."""
    given = named(sample)
    before = sample.engine.assessment("The round before", survey=sample.survey)
    row = Assessment.objects.filter(pk=before.pk)
    sample.run(row.update, activated_at=F("activated_at") - timedelta(days=365))
    first = sample.run(lambda: sample.survey.questions.filter(kind="Rating").order_by("position").first())
    return {**given, "EarlierID": before.public_id, "NotCompared": json.dumps([first.public_id])}


def _is_compared(sample: SampleReview, sent: Parameters, result: Any) -> None:
    kept = sample.now(sample.assessment)
    assert sample.run(lambda: kept.compared_with.public_id) == sent["EarlierID"]
    assert kept.not_compared == json.loads(sent["NotCompared"])


CASES = {
    "qxGetThresholds": Case(required=lambda sample: {}, full=named),
    "qxSetComparison": Case(
        required=named,
        full=lambda sample: {**_round_before(sample), "IdempotencyKey": uuid4().hex},
        state=_is_compared,
    ),
    "qxSetReportGroups": Case(
        required=_together, full=lambda sample: {"IdempotencyKey": uuid4().hex}, state=_stand_together
    ),
}
