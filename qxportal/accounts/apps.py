"""The Django app of accounts."""

from django.apps import AppConfig

from qxportal.core import failpoints


class AccountsConfig(AppConfig):
    """Users, organisations, members, credentials and the audit log."""

    name = "qxportal.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the labels, failpoints, sealed stores and mail writers of accounts."""
        from qxportal.accounts import invitation_mail, portal_mail
        from qxportal.accounts.failpoints import FAILPOINTS
        from qxportal.accounts.labels import LABELS
        from qxportal.accounts.sealed_stores import CREDENTIALS, FACTORS
        from qxportal.security import stores
        from qxportal.ui import labels

        labels.register(LABELS)
        stores.register(CREDENTIALS)
        stores.register(FACTORS)
        failpoints.declare(FAILPOINTS)
        portal_mail.register_writer(invitation_mail.KIND, invitation_mail.write_invitation)
