"""Our own requests about what reports show of groups: group `editions`."""

import json
from typing import Any
from uuid import uuid4

from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview

GROUPS = [{"Name": "Everybody else", "Relationships": ["Customer", "Peer"], "Translations": {"DE": "Alle anderen"}}]


def _together(sample: SampleReview) -> Parameters:
    return {**named(sample), "Groups": json.dumps(GROUPS)}


def _stand_together(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.assessment).report_groups == GROUPS


CASES = {
    "qxGetThresholds": Case(required=lambda sample: {}, full=named),
    "qxSetReportGroups": Case(
        required=_together, full=lambda sample: {"IdempotencyKey": uuid4().hex}, state=_stand_together
    ),
}
