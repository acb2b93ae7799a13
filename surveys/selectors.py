"""Reading the mirrored surveys."""

from django.db.models import QuerySet

from qxportal.accounts.models import Organisation
from surveys.models import Survey

ORDERS = {"name": ("name", "pk"), "state": ("status", "name", "pk")}


def surveys(org: Organisation, *, gone: bool = False) -> QuerySet[Survey]:
    """The surveys that still exist, by name; with `gone`, those that are no longer listed."""
    return Survey.objects.filter(org=org, gone_at__isnull=not gone)


def all_surveys(org: Organisation) -> QuerySet[Survey]:
    """All surveys that were ever listed."""
    return Survey.objects.filter(org=org)
