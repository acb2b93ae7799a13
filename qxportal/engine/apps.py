"""The engine's Django app."""

from django.apps import AppConfig


class EngineConfig(AppConfig):
    """A ThreeSixty server with its own database."""

    name = "qxportal.engine"
    label = "engine"
