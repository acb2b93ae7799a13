"""The Django app of the directory."""

from django.apps import AppConfig

from qxportal.core import failpoints


class DirectoryConfig(AppConfig):
    """Persons, divisions and vendor users."""

    name = "directory"

    def ready(self) -> None:
        """Register the labels, failpoints, job kinds and sealed stores of the directory."""
        from directory.failpoints import FAILPOINTS
        from directory.imports.uploads import PURPOSE
        from directory.job_kinds import SYNC, SYNC_PEOPLE, SYNC_USERS
        from directory.labels import LABELS
        from qxportal.ledger import job_kinds
        from qxportal.security import sealed, stores
        from qxportal.ui.labels import register

        register(LABELS)
        job_kinds.register(SYNC, SYNC_PEOPLE, SYNC_USERS)
        failpoints.declare(FAILPOINTS)
        stores.register(sealed.store_of(PURPOSE, "uploaded files"))
