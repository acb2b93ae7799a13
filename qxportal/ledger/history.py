"""What changed in the mirror, and who changed it: we, or somebody at the vendor.

A trigger writes the versions (keeping.py). Those that a change of ours wrote carry it at once; the others are sorted
out when a reading is closed: what the first reading after a change found is its doing, unless it takes back what the
change had set. What is left happened at the vendor.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirrored import Mirrored, kind_of, mirrored_models
from qxportal.ledger.models import Change, Version

BATCH = 2_000
LONGEST = timedelta(days=1)  # how far back a change can explain what a reading found, when nothing says more


@contextmanager
def ours(change: Change) -> Iterator[None]:
    """Rows that are written inside are the change's doing."""
    with transaction.atomic():
        _set("portal.change", str(change.pk))
        yield
        _set("portal.change", "")


@contextmanager
def completing() -> Iterator[None]:
    """Rows that are written inside are told of for the first time, not changed: no version is kept."""
    with transaction.atomic():
        _set("portal.completing", "on")
        yield
        _set("portal.completing", "")


@dataclass(frozen=True)
class Before:
    """The reading of a listing before this one: when it began, if one was sound, and when one ended."""

    began_at: datetime | None
    ended_at: datetime | None


def close_reading(
    model: type[Mirrored], org: Organisation, constant: Mapping[str, Any], *, added: int, before: Before
) -> None:
    """Sort out what a reading of a listing found. What the first sound reading finds is no addition."""
    if added and before.began_at is not None and before.ended_at is not None:
        _note_additions(model, constant, before.ended_at)
    _sort_out(org, before.began_at or timezone.now() - LONGEST)


def forget(model: type[Mirrored], ids: Iterable[int]) -> None:
    """Forget what rows said earlier; those of deleted rows are forgotten by themselves."""
    Version.objects.filter(kind=kind_of(model), row_id__in=list(ids)).delete()


def purge_versions() -> int:
    """Delete the versions that ended longer ago than HISTORY_KEEP, in small batches; gives how many."""
    old = Version.objects.filter(valid_to__lt=timezone.now() - settings.HISTORY_KEEP)
    purged = 0
    while batch := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        purged += Version.objects.filter(pk__in=batch).delete()[0]
    return purged


def _set(name: str, value: str) -> None:
    """For the triggers, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _note_additions(model: type[Mirrored], constant: Mapping[str, Any], before: datetime) -> None:
    """A version for each row that was not there when the listing was read last."""
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
    """Give every new version its source, and raise the alarms of what happened at the vendor."""
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
    """Mark the versions that a change of ours explains."""
    sent = Change.objects.filter(org=org, sent_at__isnull=False).exclude(state=Change.State.REFUSED)
    changes = list(
        sent.filter(Q(settled_at=None) | Q(settled_at__gte=since))
        .only("assessment_id", "parameters")
        .order_by("number")
    )
    if not changes:
        return
    claims = _Claims(org, changes)
    explained = []
    for version in batch.only("kind", "row_id", "vendor_id", "assessment_id", "event", "after", "columns"):
        if change := claims.explain(version):
            version.source, version.change = Version.Source.PORTAL, change
            explained.append(version)
    Version.objects.bulk_update(explained, ["source", "change"], batch_size=500)


class _Claims:
    """What changes of ours may have caused, by the assessment and by the ids that they name."""

    def __init__(self, org: Organisation, changes: list[Change]) -> None:
        self.named: dict[tuple[str, str], list[Change]] = defaultdict(list)  # by assessment and id
        self.whole: dict[str, Change] = {}  # by assessment: the last change that names nobody in it
        for change in changes:
            names = {text for text in _texts(change.parameters) if text.startswith("P_") or "@" in text}
            for name in names | {change.assessment_id, change.vendor_id} - {""}:
                self.named[change.assessment_id, name].append(change)
            if change.assessment_id and not names:
                self.whole[change.assessment_id] = change
        ids = mirrored_models()["assessment"].objects.filter(org=org, vendor_id__in={c.assessment_id for c in changes})
        self.assessments: dict[int, str] = dict(ids.values_list("pk", "vendor_id"))
        self.written: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
        marked = Version.objects.filter(org=org, change__in=changes).order_by("pk")
        for kind, row, after in marked.values_list("kind", "row_id", "after"):
            self.written[kind, row] |= after

    def explain(self, version: Version) -> Change | None:
        """The latest change that may have caused it, if any did."""
        if self._takes_back(version):
            return None
        scope = self.assessments.get(version.assessment_id or 0, "")
        keys = [version.vendor_id, *(version.vendor_id.split("|")[:2] if version.kind == "evaluation" else [])]
        found = [change for key in keys for change in self.named.get((scope, key), ())]
        found = [change for change in found if not _contradicts(change, version)]
        if found:
            return max(found, key=lambda change: change.number)
        watched = version.kind == "subject" and (version.event == Version.Event.GONE or "status" in version.after)
        return None if watched else self.whole.get(scope)

    def _takes_back(self, version: Version) -> bool:
        """Whether it says otherwise than what one of the changes wrote; another time of the same deed is no other."""
        set_by_us = self.written.get((version.kind, version.row_id), {})
        return any(
            name in set_by_us and set_by_us[name] != value and not (_is_time(value) and _is_time(set_by_us[name]))
            for name, value in version.after.items()
        )


def _contradicts(change: Change, version: Version) -> bool:
    return any(
        isinstance(wanted := change.parameters.get(name), str) and wanted != value
        for name, value in version.after.items()
    )


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_datetime(value) is not None
    except ValueError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
