"""Our settings of allauth's behaviour."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from qxportal.accounts.callers import caller_of
from qxportal.accounts.models import User

TRIES = {"login": "30/m/ip"}  # allauth's own limit of that name also counts correct passwords, so it is off

OUR_OWN_GERMAN = (  # allauth's German messages say “du”; ours, which say “Sie”, take precedence
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Please type your current password."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("You have signed out."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your password has been changed."),
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up; each user has one address, which the invitation proved."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from invitations only."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; beyond the limit, answer with 429 before any password is hashed."""
        self._try = ratelimit.consume(request, app="allauth.account", action="login", config=TRIES)
        if not self._try:
            raise ImmediateHttpResponse(ratelimit.respond_429(request))
        super().pre_authenticate(request, **credentials)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """A correct password takes back its own attempt, so that only failures count."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and self._try:
            self._try.rollback()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address used for throttling and in mails about the account; empty if unknown."""
        return caller_of(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail about signing in, to MAIL_ONLY_TO if that is set."""
        super().send_mail(template_prefix, settings.MAIL_ONLY_TO or email, context)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Notify users, at their address, of changes to their sign-in."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)
