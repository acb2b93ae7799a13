"""Reading the mirrored surveys."""

from django.db.models import QuerySet

from qxportal.accounts.models import Organisation
from surveys.models import Survey


def surveys(org: Organisation) -> QuerySet[Survey]:
    """The surveys that still exist, by name."""
    return Survey.objects.filter(org=org, gone_at=None)
