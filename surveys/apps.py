"""The Django app of surveys."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """What is asked: surveys and their library."""

    name = "surveys"

    def ready(self) -> None:
        """Enter the labels of surveys, and their kind of job."""
        from qxportal.ledger import job_kinds
        from qxportal.ui.labels import register
        from surveys.job_kinds import READ_LIBRARY, SYNC_SURVEY
        from surveys.labels import LABELS

        register(LABELS)
        job_kinds.register(READ_LIBRARY, SYNC_SURVEY)
