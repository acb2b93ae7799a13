"""Stored times from a clock that ran ahead, or from before a clock was put back.

Nothing may wait longer than with a right clock: work due later than any delay allows is due now.
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Change, Job, ResourceSync

log = structlog.get_logger(__name__)
LONGEST_WAIT = timedelta(hours=1)  # of a job or a change that was put off; the vendor's own wish is at most six minutes


def mend_waits() -> int:
    """Make jobs and changes due now that wait for longer than any delay allows; returns their number."""
    now = timezone.now()
    longest = max(LONGEST_WAIT, 2 * settings.VERIFY_EVERY, 2 * settings.VERIFY_FIRST)
    late = {"not_before__gt": now + longest}
    jobs = Job.objects.filter(state=Job.State.WAITING, **late).update(not_before=now)
    changes = Change.objects.filter(state__in=Change.MOVING, **late).update(not_before=now)
    ahead = now + timedelta(minutes=1)
    doubts = Change.objects.filter(state=Change.State.UNKNOWN, unknown_since__gt=ahead).update(unknown_since=now)
    if jobs or changes or doubts:
        log.warning("clock_went_back", jobs=jobs, changes=changes, doubts=doubts)
    return jobs + changes + doubts


def mend_stamps(org: Organisation) -> int:
    """Reset stamps that lie in the future, as no older stamp would overwrite those rows; returns their number."""
    now = timezone.now()
    ahead = now + timedelta(minutes=1)
    late = ResourceSync.objects.filter(org=org).filter(Q(seen_at__gt=ahead) | Q(tried_at__gt=ahead))
    if not late.exists():
        return 0
    rows: int = sum(
        model._default_manager.filter(org=org, seen_at__gt=ahead).update(seen_at=now)
        for model in mirrored_models().values()
    )
    late.filter(seen_at__gt=ahead).update(seen_at=now)
    late.update(tried_at=now)
    log.warning("clock_went_back", org=org.slug, rows=rows)
    return rows
