"""The Django app of shared screen components."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Badges, labels, terms, template tags and the catalogue of messages; no tables."""

    name = "qxportal.ui"
    label = "ui"
