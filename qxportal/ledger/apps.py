"""The ledger's Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Jobs, the outbox of changes, the mirror of the vendor's rows and its history."""

    name = "qxportal.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Let the outbox and the history enter what they do when a job or a sync run below them ends."""
        from qxportal.ledger.history import versions
        from qxportal.ledger.outbox import transitions

        versions.register()
        transitions.register()
