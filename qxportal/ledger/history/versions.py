"""Differences in the mirror and their source: our own changes, or the vendor's side.

A trigger writes the versions (triggers.py). Those that a change of ours wrote carry it at once; the others are sorted
out when a reading is closed: what the first reading after a change found is its doing, unless it takes back what the
change had set. What is left happened at the vendor.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from qxportal.accounts.models import Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.history.attribution import REMOVING, Claims
from qxportal.ledger.mirror.mirrored import Mirrored, kind_of, mirrored_models
from qxportal.ledger.mirror.registry import CLOSE_HANDLERS, GONE_HANDLERS, Before
from qxportal.ledger.models import Change, ResourceSync, Version

BATCH = 2_000
LONGEST = timedelta(days=1)  # how far back a change can explain what a reading found, when nothing says more


@contextmanager
def ours(change: Change) -> Iterator[None]:
    """Attribute rows written in this context to the change."""
    with transaction.atomic():
        _set("portal.change", str(change.pk))
        yield
        _set("portal.change", "")


@contextmanager
def completing() -> Iterator[None]:
    """Keep no version of rows written in this context: their details arrive for the first time."""
    with transaction.atomic():
        _set("portal.completing", "on")
        yield
        _set("portal.completing", "")


def register() -> None:
    """Register the history's handlers for closed sync runs."""
    CLOSE_HANDLERS["history"] = close_reading
    GONE_HANDLERS["history"] = knew_of_gone


def close_reading(model: type[Mirrored], org: Organisation, constant: Mapping[str, Any], before: Before) -> None:
    """Attribute the differences that a sync of a listing found. Rows of the first consistent sync are no additions.

    Additions found by an interrupted sync are picked up by the next one, even if that adds nothing itself.
    """
    read_before = before.began_at is not None and before.ended_at is not None
    if read_before and model._default_manager.filter(**constant, first_seen_at__gt=before.ended_at).exists():
        _note_additions(model, constant, before.ended_at)
    _sort_out(org, before.began_at or timezone.now() - LONGEST)


def knew_of_gone(model: type[Mirrored], sync: ResourceSync) -> None:
    """Acknowledge rows whose deletion a person confirmed; call it while their suspected deletions still exist."""
    confirmed = sync.suspected_deletions.filter(confirmed_at__isnull=False).values("vendor_id")
    gone = Version.objects.filter(org_id=sync.org_id, kind=kind_of(model), source=Version.Source.NEW)
    gone.filter(event=Version.Event.GONE, vendor_id__in=confirmed).update(acknowledged_at=timezone.now())


def forget(model: type[Mirrored], ids: Iterable[int]) -> None:
    """Delete the history of rows; the history of deleted rows is deleted by trigger."""
    Version.objects.filter(kind=kind_of(model), row_id__in=list(ids)).delete()


def purge_versions() -> int:
    """Delete versions that ended longer ago than HISTORY_KEEP, in small batches; returns their number."""
    old = Version.objects.filter(valid_to__lt=timezone.now() - settings.HISTORY_KEEP)
    purged = 0
    while batch := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        purged += Version.objects.filter(pk__in=batch).delete()[0]
        failpoint("purge.batch")
    return purged


def _set(name: str, value: str) -> None:
    """Set a session variable that the triggers read, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _note_additions(model: type[Mirrored], constant: Mapping[str, Any], before: datetime | None) -> None:
    """Record an addition for each row first seen after the previous sync."""
    kind, table = kind_of(model), connection.ops.quote_name(model._meta.db_table)
    where = " AND ".join(f"{connection.ops.quote_name(column)} = %s" for column in constant)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO ledger_version (org_id, kind, row_id, vendor_id, assessment_id, person_key, event,
                    valid_from, valid_to, gone, columns, after, progress, source, alarm)
                SELECT org_id, %s, id, vendor_id, {model.of_assessment or "NULL"}, {model.of_person or "''"}, 'added',
                    first_seen_at, first_seen_at, true, '{{}}', '{{}}', false, 'new', ''
                FROM {table} AS found WHERE {where} AND first_seen_at > %s AND NOT EXISTS (
                    SELECT FROM ledger_version v WHERE v.kind = %s AND v.row_id = found.id AND v.event = 'added'
                ) ORDER BY id""",  # noqa: S608
            [kind, *constant.values(), before, kind],
        )


def _sort_out(org: Organisation, since: datetime) -> None:
    """Give every new version its source, and raise alarms for external changes."""
    new = Version.objects.filter(org=org, source=Version.Source.NEW)
    while True:
        with transaction.atomic():
            ids = list(new.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not ids:
                return
            batch = Version.objects.filter(pk__in=ids)
            _attribute(org, batch, since)
            left = batch.filter(source=Version.Source.NEW)
            for kind, model in mirrored_models().items():
                for alarm in model.alarms:
                    left.filter(_raises(kind, alarm)).update(alarm=alarm.name)
            left.update(source=Version.Source.VENDOR)


def _raises(kind: str, alarm: Any) -> Q:
    if alarm.gone:
        return Q(kind=kind, event=Version.Event.GONE)
    wanted = Q(**{"kind": kind, "event": Version.Event.CHANGED, f"after__{alarm.column}": alarm.after})
    return wanted & Q(**{f"columns__{alarm.column}": alarm.before}) if alarm.before else wanted


def _attribute(org: Organisation, batch: QuerySet[Version], since: datetime) -> None:
    """Mark versions that a change of ours explains."""
    sent = Change.objects.filter(org=org, sent_at__isnull=False).exclude(state=Change.State.REFUSED)
    missing = _missing_since(batch)
    recent = Q(settled_at=None) | Q(settled_at__gte=since)
    if missing:  # a row is gone only at a later reading than the first after the change that removed it
        recent |= Q(request__in=REMOVING, settled_at__gte=min(missing.values()) - LONGEST)
    changes = list(
        sent.filter(recent)
        .only("number", "request", "assessment_id", "vendor_id", "parameters", "sent_at", "settled_at")
        .order_by("number")
    )
    if not changes:
        return
    claims = Claims(org, changes, since=since)
    explained = []
    for version in batch.only("kind", "row_id", "vendor_id", "assessment_id", "event", "after", "columns"):
        if change := claims.explain(version, missing_since=missing.get((version.kind, version.row_id))):
            version.source, version.change = Version.Source.PORTAL, change
            explained.append(version)
    Version.objects.bulk_update(explained, ["source", "change"], batch_size=500)


def _missing_since(batch: QuerySet[Version]) -> dict[tuple[str, int], datetime]:
    """When each removed row was first missing, by kind and row."""
    gone: dict[str, list[int]] = defaultdict(list)
    for kind, row in batch.filter(event=Version.Event.GONE).values_list("kind", "row_id"):
        gone[kind].append(row)
    models = mirrored_models()
    return {
        (kind, row): at
        for kind, rows in gone.items()
        for row, at in models[kind]
        .objects.filter(pk__in=rows, missing_since__isnull=False)
        .values_list("pk", "missing_since")
    }
