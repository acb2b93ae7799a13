"""The Django app of assessments."""

from django.apps import AppConfig

from qxportal import failpoints


class AssessmentsConfig(AppConfig):
    """The 360s: assessments, subjects, evaluations, relationships and reports."""

    name = "assessments"

    def ready(self) -> None:
        """Enter the labels and failpoints of assessments, and the sealed store of report files."""
        from assessments.failpoints import FAILPOINTS
        from assessments.labels import LABELS
        from assessments.report_files import REPORTS
        from qxportal.security import stores
        from qxportal.ui import labels

        labels.register(LABELS)
        stores.register(REPORTS)
        failpoints.declare(FAILPOINTS)
