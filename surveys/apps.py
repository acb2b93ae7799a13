"""The Django app of surveys."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """What is asked: surveys and their library."""

    name = "surveys"

    def ready(self) -> None:
        """Enter the labels of surveys."""
        from qxportal.ui.labels import register
        from surveys.labels import LABELS

        register(LABELS)
