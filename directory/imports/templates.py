"""Templates to fill in, as CSV or as a workbook with text cells."""

from collections.abc import Iterable, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from qxportal.core.export import csv_file
from qxportal.core.workbooks import xlsx_file

AS_XLSX = "as=xlsx"  # in a template's URL


def template_file(
    request: HttpRequest, name: str, columns: Sequence[object], rows: Iterable[Sequence[object]]
) -> HttpResponseBase:
    """The template in the format of the URL."""
    if request.GET.get("as") == "xlsx":
        return xlsx_file(f"{name}.xlsx", columns, rows)
    return csv_file(f"{name}.csv", columns, rows)


def both_formats(address: str) -> tuple[tuple[str, str], ...]:
    """Names and URLs of a template in both formats."""
    return (_("Template (XLSX)"), f"{address}?{AS_XLSX}"), (_("Template (CSV)"), address)
