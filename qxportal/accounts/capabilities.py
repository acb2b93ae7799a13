"""Requests that a credential's server supports: by its API version, and by its refusals in the last day."""

from datetime import datetime, timedelta

from django.utils import timezone

from qxportal.accounts.models import Credential, Organisation
from qxportal.threesixty.calls.base import Call

ASK_AGAIN = timedelta(days=1)  # a server may have been upgraded


def version_has(org: Organisation, call: type[Call[object]]) -> bool:
    """Whether the API version of the organisation's credential has a request; True without a credential."""
    credential = Credential.objects.filter(org=org).first()
    return credential is None or call.known(credential.version)


def may_ask(org: Organisation, call: type[Call[object]]) -> bool:
    """Whether to try a request that not every server supports; at once after a new token or name."""
    credential = Credential.objects.filter(org=org).first()
    if credential is None or not call.known(credential.version):
        return False
    heard = credential.heard.get(call.request)
    if not heard or heard.get("outcome") != "unknown":
        return True
    at = datetime.fromisoformat(heard["at"])
    renamed = heard.get("name") != credential.names.get(call.request, call.request)
    replaced = credential.token_set_at is not None and at < credential.token_set_at
    return renamed or replaced or timezone.now() - at > ASK_AGAIN
