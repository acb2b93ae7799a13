"""The Django app for sealed secrets and for the detection of copies."""

from django.apps import AppConfig

from qxportal.core import failpoints


class SecurityConfig(AppConfig):
    """The key ring, sealed records, and what tells this installation from its copies."""

    name = "qxportal.security"
    label = "security"

    def ready(self) -> None:
        """Register the failpoints of security."""
        from qxportal.security.failpoints import FAILPOINTS

        failpoints.declare(FAILPOINTS)
