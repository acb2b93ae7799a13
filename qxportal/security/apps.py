"""The Django app of sealing and of fencing copies."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """The key ring, what is sealed with it, and what tells this installation from its copies."""

    name = "qxportal.security"
    label = "security"
