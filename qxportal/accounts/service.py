"""The organisation's name for its survey service."""

from django.conf import settings

from qxportal.accounts.models import Credential, Organisation
from qxportal.ui.terms import SERVICE


def service_name(org: Organisation) -> str:
    """The name that the organisation chose, Qualtrics for one of its hosts, or empty for "the survey service"."""
    if own := org.terms.get(SERVICE):
        return str(own)
    host = Credential.objects.filter(org=org).values_list("host", flat=True).first() or ""
    return "Qualtrics" if host == settings.VENDOR_DOMAIN or host.endswith(f".{settings.VENDOR_DOMAIN}") else ""
