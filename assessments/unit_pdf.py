"""A group report as a PDF: the figures of its page, in the report's language; rendered on request.

Nothing is decided here: the server decided about each figure when the report was made, and its response is stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import override

from assessments import unit_tables
from assessments.models import UnitReport
from assessments.pdf_pages import printed
from assessments.unit_tables import Row
from qxportal.core.languages import written
from qxportal.threesixty.records.group_reports import GroupReportRecord

STYLES = Path(__file__).parent / "unit_report.css"
ACROSS = 6  # columns of figures beside each other


@dataclass(frozen=True)
class Table:
    """A table that fits on a page: some columns of a wider one."""

    heads: Sequence[str]
    rows: Sequence[Row]


def unit_pdf(made: UnitReport, report: GroupReportRecord) -> bytes:
    """The PDF; raises BusyError if other pages take too long."""
    language = written(report.language, made.org.language)
    with override(language):
        names = [name for name, _unit in unit_tables.units_of(report)]
        context = {
            "made": made,
            "report": report,
            "language": language,
            "heat_map": tables([one.text for one in report.competencies], unit_tables.heat_map(report)),
            "scales": [(scale.name, list(tables(names, scale.rows))) for scale in unit_tables.scales(report)],
            "left_out": [one for one in unit_tables.ahead(report) if one.left_out],
            "reasons": unit_tables.reasons(report),
            "partial": unit_tables.partial(report),
        }
        page = render_to_string("assessments/unit_report_pdf.html", context)
    return printed(page, STYLES)


def tables(heads: Sequence[str], rows: Sequence[Row]) -> Iterator[Table]:
    """A wide table in parts of about the same width, each with all its rows."""
    width = ceil(len(heads) / ceil(len(heads) / ACROSS)) if heads else ACROSS
    for start in range(0, len(heads), width):
        end = start + width
        yield Table(heads[start:end], [replace(row, cells=row.cells[start:end]) for row in rows])
