"""Calls about subject reports."""

from qxportal.engine.models import DataSource, Report
from qxportal.threesixty.calls.reports import (
    GetPredefinedData,
    GetSubjectReport,
    GetSubjectReportPDF,
    PreviewReport,
    SetPredefinedData,
)
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_subject_report(at: Place) -> None:
    at.done()
    report = at.call(GetSubjectReport(assessment_id=at.review.public_id, person_id=at.anna.public_id))
    assert "Report" in report


def get_subject_report_pdf(at: Place) -> None:
    at.done()
    call = GetSubjectReportPDF(assessment_id=at.review.public_id, person_id=at.anna.public_id, viewer="Admin")
    assert at.call(call).content.startswith(b"%PDF-")


def preview_report(at: Place) -> None:
    call = PreviewReport(assessment_id=at.review.public_id, language="DE", seed="second")
    assert at.call(call).content.startswith(b"%PDF-")


def get_predefined_data(at: Place) -> None:
    report = at.engine.run(Report.objects.get, assessment=at.review)
    source = at.engine.run(DataSource.objects.get, report=report)
    rows = [{"Competency": "Juggling", "Mean": 3.1}, {"Competency": "Results", "Mean": 3.8}]
    at.engine.run(DataSource.objects.filter(pk=source.pk).update, rows=rows)

    found = at.call(GetPredefinedData(report_id=report.public_id))

    [table] = found.tables
    assert (table.source_id, table.name, table.shown) == (source.public_id, "Norms", (2,))
    assert [{name: str(value) for name, value in row.items()} for row in table.rows] == [
        {name: str(value) for name, value in row.items()} for row in rows
    ]
    assert found.points == 5 and {"Communication", "Results"} <= set(found.competencies)
    assert "QID2" in found.statements


def set_predefined_data(at: Place) -> None:
    report = at.engine.run(Report.objects.get, assessment=at.review)
    source = at.engine.run(DataSource.objects.create, report=report, name="Norms")
    rows = ({"Competency": "Communication", "Norm": 3.8},)
    at.carry_out(SetPredefinedData(report_id=report.public_id, data_source_id=source.public_id, rows=rows))
    assert at.engine.refreshed(source).rows == list(rows)


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxGetPredefinedData": get_predefined_data,
    "getSubjectReport": get_subject_report,
    "getSubjectReportPDF": get_subject_report_pdf,
    "qxPreviewReport": preview_report,
    "setPredefinedData": set_predefined_data,
}
