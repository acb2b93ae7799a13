"""The ledger's Django app."""

from django.apps import AppConfig

from qxportal.core import failpoints


class LedgerConfig(AppConfig):
    """Jobs, the outbox of changes, the mirror of the vendor's rows and its history."""

    name = "qxportal.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Enter what the ledger adds to registries, and what outbox and history do when a job or a sync run ends."""
        from qxportal.ledger import job_kinds
        from qxportal.ledger.failpoints import FAILPOINTS
        from qxportal.ledger.history import versions
        from qxportal.ledger.labels import LABELS
        from qxportal.ledger.outbox import serialize, transitions
        from qxportal.ledger.plans import apply, outcomes
        from qxportal.security import sealed, stores
        from qxportal.ui import labels

        labels.register(LABELS)
        job_kinds.register(
            job_kinds.APPLY, job_kinds.PREPARE, job_kinds.RECORD, job_kinds.TEST_CONNECTION, job_kinds.PROBE
        )
        failpoints.declare(FAILPOINTS)
        versions.register()
        transitions.register()
        outcomes.register()
        apply.register()
        stores.register(sealed.store_of(serialize.PURPOSE, "files of open changes"))
