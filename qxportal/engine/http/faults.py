"""Chooses the fault that a call meets, if any; see `models.Fault` for the kinds."""

from dataclasses import dataclass
from random import Random

from django.db import transaction
from django.db.models import Q

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.models import Fault, User
from qxportal.threesixty.catalogue import RequestSpec

FAULTS = Prepared(lambda values: Fault.objects.filter(user=values["user"])[:1], user=int)
MAINTENANCE = b"""<!DOCTYPE html>
<html lang="en"><head><title>Scheduled maintenance</title></head>
<body><h1>We will be back soon</h1><p>The site is down for scheduled maintenance.</p></body></html>
"""


@dataclass(frozen=True)
class ActiveFault:
    """What one call meets."""

    kind: str
    seconds: float
    cut_at: int | None  # None: anywhere
    chance: Random

    def end(self, length: int) -> int:
        """After how many bytes of a body of that length it breaks off."""
        return self.chance.randrange(length + 1) if self.cut_at is None else min(self.cut_at, length)


def next_fault(user: User, spec: RequestSpec) -> ActiveFault | None:
    """Give the oldest fault that shows itself to this call, and count it down."""
    if FAULTS.first(user=user.pk) is None:  # as almost always
        return None
    matching = Fault.objects.filter(Q(request="") | Q(request=spec.name), user=user)
    if spec.mutates:
        matching = matching.exclude(kind__in=Fault.READING)
    with transaction.atomic(using="engine"):
        for fault in matching.select_for_update().order_by("pk"):
            fault.met += 1
            chance = Random(f"{fault.seed}:{fault.kind}:{fault.request}:{fault.met}")
            shows = chance.random() < fault.share
            if shows and fault.remaining == 1:
                fault.delete()
            else:
                fault.remaining = fault.remaining - 1 if shows and fault.remaining else fault.remaining
                fault.shown += int(shows)
                fault.save(update_fields=["met", "shown", "remaining"])
            if shows:
                return _drawn(fault, chance)
    return None


def _drawn(fault: Fault, chance: Random) -> ActiveFault:
    seconds = chance.uniform(0, fault.seconds) if fault.at_random else fault.seconds
    return ActiveFault(fault.kind, seconds, None if fault.at_random else fault.cut_at, chance)
