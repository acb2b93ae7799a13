"""The ledger's Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Jobs, the outbox of changes, the mirror of the vendor's rows and its history."""

    name = "qxportal.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Enter what outbox and history do when a job or a sync run ends, and the store of what changes keep sealed."""
        from qxportal.ledger.history import versions
        from qxportal.ledger.outbox import serialize, transitions
        from qxportal.security import sealed, stores

        versions.register()
        transitions.register()
        stores.register(sealed.store_of(serialize.PURPOSE, "files of open changes"))
