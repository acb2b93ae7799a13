"""Our own requests beside the catalogue's: group `report access`."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from qxportal.engine.models import ReportAccess
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview
from tests.qxportal.engine.conformance.reports import about

FROM, UNTIL = datetime(2027, 1, 4, 8, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


def _to_the_subject(sample: SampleReview) -> Parameters:
    him = sample.people[0].public_id
    return {**named(sample), "SubjectID": him, "PersonID": him, "Viewer": "Subject"}


def _all(sample: SampleReview) -> Parameters:
    del sample
    key = {"IdempotencyKey": uuid4().hex}
    return {"From": "2027-01-04 08:00:00", "Until": "2027-02-01 00:00:00", "Edition": "", "Notify": "1", **key}


def _many(sample: SampleReview) -> Parameters:
    entry = {"SubjectID": sample.people[0].public_id, "PersonID": sample.people[0].public_id, "Viewer": "Subject"}
    times = {"From": "2027-01-04 08:00:00", "Until": "2027-02-01 00:00:00"}
    return {**named(sample), "Accesses": json.dumps([{**entry, **times}])}


def _all_of_many(sample: SampleReview) -> Parameters:
    del sample
    return {"Notify": "1", "IdempotencyKey": uuid4().hex}


def _are_given(sample: SampleReview, sent: Parameters, result: Any) -> None:
    _is_given(sample, sent, result["Results"][0] if result is not None else None)


def _is_given(sample: SampleReview, sent: Parameters, result: Any) -> None:
    row = sample.run(ReportAccess.objects.get, subject=sample.subject)
    assert (row.viewer, row.person_id, row.brand_id) == ("Subject", sample.people[0].pk, sample.assessment.brand_id)
    assert (row.from_at, row.until_at, row.edition) == (FROM, UNTIL, None)
    if result is not None:
        assert result["AccessID"] == row.public_id


CASES = {
    "qxGetReportAccess": Case(required=named, full=lambda sample: {"SubjectID": sample.people[0].public_id}),
    "qxGetReportKey": Case(required=about, full=lambda sample: {"Viewer": "Admin"}),
    "qxSetReportAccess": Case(required=_to_the_subject, full=_all, state=_is_given),
    "qxSetReportAccesses": Case(required=_many, full=_all_of_many, state=_are_given),
}
