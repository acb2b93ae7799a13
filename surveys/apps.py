"""The Django app of surveys."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """Surveys and their library."""

    name = "surveys"

    def ready(self) -> None:
        """Register the labels and the job kind of surveys."""
        from qxportal.ledger import job_kinds
        from qxportal.ui.labels import register
        from surveys.job_kinds import READ_LIBRARY, SYNC_SURVEY
        from surveys.labels import LABELS

        register(LABELS)
        job_kinds.register(READ_LIBRARY, SYNC_SURVEY)
