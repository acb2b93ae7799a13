"""Retention of ended jobs, and ids that open changes still refer to."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Change, Job

BATCH = 200
APART = re.compile(r"[/:, ]+")


def purge_jobs() -> int:
    """Delete jobs that ended longer ago than JOBS_KEEP, with their items, in small batches; returns their number."""
    still_open = Change.objects.filter(job=OuterRef("pk"), state__in=Change.OPEN)
    ended = Job.objects.exclude(state__in=Job.OPEN).filter(finished_at__lt=timezone.now() - settings.JOBS_KEEP)
    purged = 0
    while True:
        with transaction.atomic():
            batch = list(ended.filter(~Exists(still_open)).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not batch:
                return purged
            Job.objects.filter(pk__in=batch).delete()
        purged += len(batch)


def named_by_open_changes(org: Organisation) -> set[str]:
    """Every word in the organisation's open changes that may be an id."""
    words: set[str] = set()
    for change in Change.objects.filter(org=org, state__in=Change.OPEN).iterator(500):
        texts = [change.assessment_id, change.vendor_id, change.target, *change.writes, *change.reads]
        for text in [*texts, *_texts(change.parameters), *_texts(change.expected_values)]:
            words |= {text, *APART.split(text)}
    return words - {""}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield str(name)
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
