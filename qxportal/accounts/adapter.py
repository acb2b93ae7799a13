"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from qxportal.accounts.callers import caller_of
from qxportal.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up uninvited; each user has the one address that the invitation proved."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from invitations only."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """What throttling counts by, and mails about the account name; empty when nothing is known."""
        return caller_of(request)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell users, at their address, what was changed about their sign-in."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)
