"""Chooses the misbehaviour that a call meets, if any; see `models.Fault` for the kinds."""

from django.db import transaction
from django.db.models import Q

from qxportal.engine.models import Fault, User

MAINTENANCE = b"""<!DOCTYPE html>
<html lang="en"><head><title>Scheduled maintenance</title></head>
<body><h1>We will be back soon</h1><p>The site is down for scheduled maintenance.</p></body></html>
"""


def next_fault(user: User, request_name: str) -> Fault | None:
    """Give the oldest fault that applies and count it down."""
    matching = Fault.objects.filter(Q(request="") | Q(request=request_name), user=user)
    if not matching.exists():
        return None
    with transaction.atomic(using="engine"):
        fault = matching.select_for_update().order_by("pk").first()
        if fault is None:
            return None
        if fault.remaining is not None and fault.remaining <= 1:
            Fault.objects.filter(pk=fault.pk).delete()
        elif fault.remaining is not None:
            Fault.objects.filter(pk=fault.pk).update(remaining=fault.remaining - 1)
    return fault
