"""The engine's Django app."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from qxportal.core import failpoints
from qxportal.engine.failpoints import FAILPOINTS
from qxportal.engine.reports import typefaces


class EngineConfig(AppConfig):
    """A ThreeSixty server with its own database."""

    name = "qxportal.engine"
    label = "engine"

    def ready(self) -> None:
        """Register the system check for report fonts and, in an engine, the sealed columns for `manage.py keys`."""
        failpoints.declare(FAILPOINTS)
        register(_fonts)
        if settings.PROCESS != "portal":  # the portal has a key ring of its own
            from qxportal.engine.people.stored_reports import STORE
            from qxportal.security import stores

            stores.register(STORE)


def _fonts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warnings about missing font packages, on a machine that runs an engine."""
    if settings.PROCESS != "engine" and not settings.ENGINE_ALLOWED:
        return []
    return [Warning(words, id="engine.W001") for words in typefaces.warnings()]
