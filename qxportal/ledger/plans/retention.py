"""Retention of plans."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from qxportal.ledger.models import Change, Plan, PlanLine

UNAPPLIED_KEEP = timedelta(days=90)
BATCH = 20


def purge_plans() -> int:
    """Delete plans unapplied for 90 days, and applied plans older than the history that is kept."""
    now = timezone.now()
    old = Q(state__in=Plan.UNAPPLIED, made_at__lt=now - UNAPPLIED_KEEP) | Q(
        state=Plan.State.APPLIED, applied_at__lt=now - settings.HISTORY_KEEP
    )
    kept = Q(lines__change__state__in=Change.OPEN)
    purged = 0
    while True:
        with transaction.atomic():
            batch = list(Plan.objects.filter(old).exclude(kept).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not batch:
                return purged
            PlanLine.objects.filter(plan__in=batch)._raw_delete(using="default")
            Plan.objects.filter(pk__in=batch).delete()
        purged += len(batch)
