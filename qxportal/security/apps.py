"""The Django app of sealing and of fencing copies."""

from django.apps import AppConfig

from qxportal.core import failpoints


class SecurityConfig(AppConfig):
    """The key ring, what is sealed with it, and what tells this installation from its copies."""

    name = "qxportal.security"
    label = "security"

    def ready(self) -> None:
        """Enter the failpoints of security."""
        from qxportal.security.failpoints import FAILPOINTS

        failpoints.declare(FAILPOINTS)
