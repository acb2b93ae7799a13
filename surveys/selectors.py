"""Queries for mirrored surveys."""

from django.db.models import QuerySet

from qxportal.accounts.models import Organisation
from surveys.models import Survey

ORDERS = {"name": ("name", "pk"), "state": ("status", "name", "pk")}


def surveys(org: Organisation, *, gone: bool = False) -> QuerySet[Survey]:
    """Existing surveys, by name; with `gone`, those no longer listed."""
    return Survey.objects.filter(org=org, gone_at__isnull=not gone)


def all_surveys(org: Organisation) -> QuerySet[Survey]:
    """All surveys ever listed."""
    return Survey.objects.filter(org=org)
