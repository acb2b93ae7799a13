"""The Django app of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, organisations, members, credentials and the audit log."""

    name = "qxportal.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Enter the sealed stores of accounts."""
        from qxportal.accounts.sealed_stores import CREDENTIALS, FACTORS
        from qxportal.security.stores import register

        register(CREDENTIALS)
        register(FACTORS)
