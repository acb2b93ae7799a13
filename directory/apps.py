"""The Django app of the directory."""

from django.apps import AppConfig

from qxportal.core import failpoints


class DirectoryConfig(AppConfig):
    """Who: persons, divisions and vendor users."""

    name = "directory"

    def ready(self) -> None:
        """Enter the labels, failpoints and kinds of jobs of the directory."""
        from directory.failpoints import FAILPOINTS
        from directory.job_kinds import SYNC, SYNC_PEOPLE
        from directory.labels import LABELS
        from qxportal.ledger import job_kinds
        from qxportal.ui.labels import register

        register(LABELS)
        job_kinds.register(SYNC, SYNC_PEOPLE)
        failpoints.declare(FAILPOINTS)
