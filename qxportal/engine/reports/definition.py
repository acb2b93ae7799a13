"""The report that every assessment has, and the tables of figures from outside that it can show."""

from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from qxportal.core.languages import written
from qxportal.engine.models import Assessment, DataSource, Report

FIRST_SOURCE = "Norms"


def define(assessment: Assessment, *, source: str = FIRST_SOURCE) -> DataSource:
    """Give a new assessment its report with one table, which setPredefinedData fills."""
    with translation.override(written(assessment.brand.language)):
        name = _("%(assessment)s: subject report") % {"assessment": assessment.name}
    report = Report.objects.create(assessment=assessment, name=name[:200])
    return DataSource.objects.create(report=report, name=source)


def listed(assessment: Assessment) -> list[Mapping[str, object]]:
    """The reports and tables with the ids that setPredefinedData wants."""
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
