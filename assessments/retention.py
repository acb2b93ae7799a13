"""Deletes records that the vendor stopped listing long ago, with their dependants, and files without a row.

Only this module deletes mirrored rows. An organisation is skipped while a sync reads it; rows seen again meanwhile, or
what an open change refers to, stays.
"""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Model, Q
from django.utils import timezone

from assessments.critical import forget_names
from assessments.models import Assessment, Evaluation, Report, Subject
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.models import Organisation
from qxportal.ledger.history.versions import completing
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.retention import named_by_open_changes
from qxportal.ledger.models import ResourceSync
from qxportal.ui.stored_messages import ngettext_stored
from surveys.models import Survey

log = structlog.get_logger(__name__)

BATCH = 500
YOUNG = timedelta(days=1)  # a file that was written a moment ago may yet get its row


def purge_gone() -> int:
    """Delete rows gone for longer than GONE_KEEP, in small batches; returns their number."""
    limit = timezone.now() - settings.GONE_KEEP
    purged = 0
    for org in Organisation.objects.order_by("pk"):
        with held(f"sync:{org.pk}") as alone:
            if alone:
                purged += _purge(org, limit)
    return purged


def forget_files() -> int:
    """Delete stored report files without a row; returns their number."""
    old = (timezone.now() - YOUNG).timestamp()
    forgotten = 0
    for folder in Path(settings.REPORTS_ROOT).glob("[0-9]*"):
        files = [path for path in folder.iterdir() if path.stat().st_mtime < old]
        named = set(Report.objects.filter(org_id=int(folder.name)).values_list("file", flat=True))
        for path in files:
            if path.name not in named:
                path.unlink(missing_ok=True)
                forgotten += 1
    if forgotten:
        log.info("report_files_forgotten", files=forgotten)
    return forgotten


def _purge(org: Organisation, limit: datetime) -> int:
    """Leaves first, so that a batch never takes along more than itself."""
    gone, of_assessment, of_subject = (
        Q(gone_at__lte=limit),
        Q(assessment__gone_at__lte=limit),
        Q(subject__gone_at__lte=limit),
    )
    steps: list[tuple[type[Model], Q, str]] = [
        (Evaluation, gone | of_assessment | of_subject, "assessment__vendor_id"),
        (Report, of_assessment | of_subject, "assessment__vendor_id"),
        (Subject, gone | of_assessment, "assessment__vendor_id"),
        (Assessment, gone, "vendor_id"),
        (Survey, gone, "vendor_id"),
        (Person, gone, "vendor_id"),
    ]
    counts: Counter[str] = Counter()
    for model, wanted, named in steps:
        while batch := _purge_batch(org, model, wanted, named):
            counts[str(model._meta.verbose_name_plural)] += batch
    forget_names(org)
    if counts:
        log.info("gone_rows_purged", org=org.slug, **counts)
    return counts.total()


def _purge_batch(org: Organisation, model: type[Model], wanted: Q, named: str) -> int:
    """Deleting a person clears references to the person, which must not count as a change of the referring rows."""
    with completing():
        kept = named_by_open_changes(org)
        rows = model._default_manager.filter(wanted, org=org).exclude(**{f"{named}__in": kept})
        rows = rows.order_by("pk")
        if named == "vendor_id":
            rows = rows.select_for_update(of=("self",), skip_locked=True)
        else:  # nor may the assessment come back meanwhile
            rows = rows.select_related("assessment").select_for_update(of=("self", "assessment"), skip_locked=True)
        batch = [row.pk for row in rows[:BATCH]]
        if not batch:
            return 0
        if model is Assessment:
            for vendor_id in Assessment.objects.filter(pk__in=batch).values_list("vendor_id", flat=True):
                ResourceSync.objects.filter(org=org, resource__endswith=f":{vendor_id}").delete()
        model._default_manager.filter(pk__in=batch).delete()
        note(
            org,
            by=None,
            verb="rows.purged",
            target=model._meta.label_lower,
            rows=len(batch),
            words=ngettext_stored(
                "%(n)s record that disappeared long ago",
                "%(n)s records that disappeared long ago",
                len(batch),
                details=str(model._meta.verbose_name_plural),
            ),
        )
    return len(batch)
