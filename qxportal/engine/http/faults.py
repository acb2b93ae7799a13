"""Chooses the injected fault for a call, if any; see `models.Fault` for the kinds."""

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
    """The fault injected into one call."""

    kind: str
    seconds: float
    cut_at: int | None  # None: anywhere
    chance: Random

    def end(self, length: int) -> int:
        """Number of bytes after which a body of this length is cut off."""
        return self.chance.randrange(length + 1) if self.cut_at is None else min(self.cut_at, length)


def next_fault(user: User, spec: RequestSpec) -> ActiveFault | None:
    """The oldest fault that applies to this call, with its remaining count decreased; None if there is none."""
    if FAULTS.first(user=user.pk) is None:  # the usual case
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
