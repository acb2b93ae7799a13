"""Our own request about means of units."""

import json

from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _unit(sample: SampleReview) -> Parameters:
    subject = sample.whole().people[0].public_id
    return {**named(sample), "Groups": json.dumps([{"Name": "Everybody", "SubjectIDs": [subject]}])}


def _all(sample: SampleReview) -> Parameters:
    return {"Readers": json.dumps([[sample.people[0].public_id]]), "Language": "DE", "Preview": "1"}


CASES = {"qxGetGroupReport": Case(required=_unit, full=_all)}
