"""The report definition of an assessment, and its tables of external figures."""

from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from qxportal.core.languages import written
from qxportal.engine.models import Assessment, DataSource, Report

FIRST_SOURCE = "Norms"


def define(assessment: Assessment, *, source: str = FIRST_SOURCE) -> DataSource:
    """Create a new assessment's report with one table for setPredefinedData."""
    with translation.override(written(assessment.brand.language)):
        name = _("%(assessment)s: subject report") % {"assessment": assessment.name}
    report = Report.objects.create(assessment=assessment, name=name[:200])
    return DataSource.objects.create(report=report, name=source)


def listed(assessment: Assessment) -> list[Mapping[str, object]]:
    """Reports and tables with the ids that setPredefinedData takes."""
    return [
        {
            "ReportID": report.public_id,
            "Name": report.name,
            "DataSources": [
                {"DataSourceID": source.public_id, "Name": source.name, "Rows": len(source.rows)}
                for source in report.data_sources.order_by("pk")
            ],
        }
        for report in assessment.reports.order_by("pk")
    ]
