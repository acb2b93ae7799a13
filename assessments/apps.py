"""The Django app of assessments."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    """The 360s: assessments, subjects, evaluations, relationships and reports."""

    name = "assessments"

    def ready(self) -> None:
        """Enter the sealed store of report files."""
        from assessments.report_files import REPORTS
        from qxportal.security.stores import register

        register(REPORTS)
