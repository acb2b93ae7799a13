"""Requests of the catalogue's group `reports`."""

import json
from typing import Any

from qxportal.engine.models import DataSource, Participant, Report
from tests.qxportal.engine.conformance.assessments import named, nothing
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def about(sample: SampleReview) -> Parameters:
    """The report of the sample's subject, whose round is over."""
    sample.run(Participant.objects.filter(pk=sample.subject.pk).update, status="Done")
    return {**named(sample), "PersonID": sample.people[0].public_id}


def _norms(sample: SampleReview) -> Parameters:
    source = sample.run(DataSource.objects.select_related("report").get, report__assessment=sample.assessment)
    rows = [{"Competency": "Results", "Mean": 3.7}, {"Note": "Figures of last year"}]
    return {
        "ReportID": source.report.public_id,
        "DataSourceID": source.public_id,
        "PredefinedData": json.dumps(rows),
    }


def _norms_are_kept(sample: SampleReview, sent: Parameters, result: Any) -> None:
    source = sample.run(DataSource.objects.get, public_id=sent["DataSourceID"])
    assert source.rows == json.loads(sent["PredefinedData"])
    if result is not None:
        assert result == {"Success": True, "Rows": 2, "Shown": 1}


def _report(sample: SampleReview) -> Parameters:
    return {"ReportID": sample.run(Report.objects.get, assessment=sample.assessment).public_id}


CASES = {
    "getSubjectReport": Case(required=about, full=nothing),
    "getSubjectReportPDF": Case(required=about, full=lambda sample: {"Viewer": sample.people[1].public_id}),
    "qxGetPredefinedData": Case(required=_report, full=nothing),
    "qxPreviewReport": Case(required=named, full=lambda _sample: {"Language": "DE", "Seed": "second"}),
    "setPredefinedData": Case(required=_norms, full=nothing, state=_norms_are_kept),
}
