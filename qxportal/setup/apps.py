"""The Django app of what opens organisations; it has commands and no tables."""

from django.apps import AppConfig

from qxportal.core import failpoints


class SetupConfig(AppConfig):
    """`manage.py organisation`."""

    name = "qxportal.setup"
    label = "setup"

    def ready(self) -> None:
        """Enter the failpoints of opening an organisation."""
        from qxportal.setup.failpoints import FAILPOINTS

        failpoints.declare(FAILPOINTS)
