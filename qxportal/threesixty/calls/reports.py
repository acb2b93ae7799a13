"""Calls about subject reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import AnswerKind, As, Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import Pdf
from qxportal.threesixty.records.predefined import PredefinedData
from qxportal.threesixty.values import Raw, as_map


@dataclass(frozen=True, kw_only=True)
class GetSubjectReport(Call[Raw]):
    """Data of one person's subject report (getSubjectReport, since 2.0); its layout is the server's own."""

    request = "getSubjectReport"

    assessment_id: str = param("ThreeSixtyID")
    person_id: str = param("PersonID")

    def read(self, answer: Any) -> Raw:
        """The report's data, unchanged."""
        return as_map(answer, "a report")


@dataclass(frozen=True, kw_only=True)
class GetSubjectReportPDF(Call[Pdf]):
    """One person's subject report as a PDF (getSubjectReportPDF, since 2.0).

    `viewer` is "Admin", "Subject" or a person's id, and is always sent.
    """

    request = "getSubjectReportPDF"
    answer = AnswerKind.PDF

    assessment_id: str = param("ThreeSixtyID")
    person_id: str = param("PersonID")
    viewer: str = param("Viewer")

    def __post_init__(self) -> None:
        if self.viewer not in ("Admin", "Subject") and not self.viewer.startswith("P_"):
            raise ValueError("The viewer is Admin, Subject or a person's id.")

    def read(self, answer: Any) -> Pdf:
        """The checked file."""
        return Pdf(content=answer)


@dataclass(frozen=True, kw_only=True)
class PreviewReport(Call[Pdf]):
    """The report of a fictional person for an assessment's questions, as a PDF (qxPreviewReport)."""

    request = "qxPreviewReport"
    answer = AnswerKind.PDF

    assessment_id: str = param("ThreeSixtyID")
    language: str | None = param("Language", default=None)
    seed: str | None = param("Seed", default=None)

    def read(self, answer: Any) -> Pdf:
        """The checked file."""
        return Pdf(content=answer)


@dataclass(frozen=True, kw_only=True)
class GetPredefinedData(Call[PredefinedData]):
    """The tables of figures in one report, with the names that their rows can use (qxGetPredefinedData)."""

    request = "qxGetPredefinedData"

    report_id: str = param("ReportID")

    def read(self, answer: Any) -> PredefinedData:
        """The tables with their rows."""
        return PredefinedData.read(answer)


@dataclass(frozen=True, kw_only=True)
class SetPredefinedData(Call[None]):
    """Replace the rows of a report's predefined data source (setPredefinedData, since 2.0).

    `rows` are maps from column to value. Only our own server can read them back.
    """

    request = "setPredefinedData"
    retry_policy = RetryPolicy.STATE

    report_id: str = param("ReportID")
    data_source_id: str = param("DataSourceID")
    rows: tuple[Mapping[str, Any], ...] = param("PredefinedData", how=As.JSON)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetPredefinedData:
        """The report's tables."""
        return GetPredefinedData(report_id=self.report_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the table has these rows."""
        if isinstance(found, Rejected):
            return None
        table = next((one for one in found.tables if one.source_id == self.data_source_id), None)
        return None if table is None else [*map(_as_texts, self.rows)] == [*map(_as_texts, table.rows)]


def _as_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """A row with all figures as text, as in XML."""
    return {name: "" if value is None else str(value) for name, value in row.items()}


def person_of(row: Mapping[str, Any]) -> str:
    """Id of the person whose report alone shows a row of figures; empty for all reports.

    >>> person_of({"Competency": "Trust", "Mean": 4.1, "Person ID": "P_1"})
    'P_1'
    """
    named = (value for column, value in row.items() if "".join(column.split()).casefold() == "personid")
    return next((str(value or "").strip() for value in named), "")
