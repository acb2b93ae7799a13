"""The Django app of the directory."""

from django.apps import AppConfig

from qxportal import failpoints


class DirectoryConfig(AppConfig):
    """Who: persons, divisions and vendor users."""

    name = "directory"

    def ready(self) -> None:
        """Enter the labels and failpoints of the directory."""
        from directory.failpoints import FAILPOINTS
        from directory.labels import LABELS
        from qxportal.ui.labels import register

        register(LABELS)
        failpoints.declare(FAILPOINTS)
