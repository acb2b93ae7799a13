"""Freshness of mirrored listings, and deletion of rows that a listing no longer has.

Absence alone removes nothing: a row that a consistent listing lacks is stamped `missing_since`; when a later one lacks
it too, and a second check confirms it, it gets `gone_at`. Too many missing rows at once are held for a person.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.mirror.deletions import Candidate, MissingRows, repeats
from qxportal.ledger.mirror.merge import Merged, refresh_statistics
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.registry import CLOSE_HANDLERS, GONE_HANDLERS, Before
from qxportal.ledger.models import ResourceSync
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

FEW = 5
SHARE = 0.2
MANY = 1_000
NAMED = 200  # keys in the log
FOUND = (
    "seen_at",
    "tried_at",
    "rows",
    "added",
    "changed",
    "gone",
    "held",
    "held_digest",
    "quarantined",
    "quarantine",
    "problem",
)

Confirm = Callable[[list[Candidate]], Collection[Candidate]]  # returns rows the vendor confirms as missing


def complete_sync(
    model: type[Mirrored],
    org: Organisation,
    resource: str,
    merged: Merged,
    *,
    as_of: datetime,
    confirm: Confirm,
    problem: Message = "",
    scope: Mapping[str, Any] | None = None,
) -> ResourceSync:
    """Close one sync of a listing. With a `problem` it was inconsistent: no row becomes missing.

    `confirm` asks the vendor about rows that two consistent syncs in a row lacked.
    """
    failpoint("sync.merged")
    constant = {"org_id": org.pk, **(scope or {})}
    count = model._default_manager.filter(**constant, gone_at=None).count()
    sync, _new = ResourceSync.objects.get_or_create(org=org, resource=resource)
    before = Before(sync.seen_at, sync.tried_at)
    sync.tried_at = timezone.now()
    sync.added, sync.changed, sync.rows = merged.added, merged.changed, merged.rows
    sync.quarantined, sync.quarantine = merged.quarantined, merged.quarantine
    if merged.added > max(MANY, SHARE * count):
        refresh_statistics(model)
    candidates: list[Candidate] = []
    repeated = repeats(merged.ids)
    problem = problem or _inconsistency(org, merged, count, repeated)
    if not problem:
        with transaction.atomic():
            locked = ResourceSync.objects.select_for_update()  # a person may be confirming at this moment
            sync.held = locked.values_list("held", flat=True).get(pk=sync.pk)
            problem, candidates = _sort_out_missing(sync, model, constant, merged, count, repeated, as_of)
            if not problem:
                sync.seen_at = as_of
    failpoint("sync.sorted-out")
    if candidates:
        gone = [candidate.pk for candidate in confirm(candidates)]
        failpoint("sync.confirmed")
        found = model._default_manager.filter(pk__in=gone, gone_at=None, seen_at__lt=as_of)
        sync.gone += found.update(gone_at=as_of)
        failpoint("sync.gone")
    for close in CLOSE_HANDLERS.values():
        close(model, org, constant, before)
    failpoint("sync.explained")
    sync.problem = problem
    sync.save(update_fields=FOUND)
    failpoint("sync.closed")
    return sync


def confirm_held(sync: ResourceSync, *, by: Member) -> None:
    """Record a person's confirmation that the held rows are gone; the next consistent sync marks them.

    Raises ActionRefused if other rows are held by now than the ones that the person saw, whose digest `sync` has.
    """
    seen = sync.held_digest
    with transaction.atomic():
        sync = ResourceSync.objects.select_for_update().get(pk=sync.pk)
        if sync.held_digest != seen:
            raise ActionRefused(_("Other records are missing now. Check the list again."))
        keys = list(sync.suspected_deletions.values_list("vendor_id", flat=True)[:NAMED])
        note(
            sync.org,
            by=by,
            verb="mirror.removal-confirmed",
            target=sync.resource,
            count=sync.held,
            keys=keys,
            digest=sync.held_digest,
        )
        sync.suspected_deletions.filter(confirmed_at=None).update(confirmed_at=timezone.now())


def _inconsistency(org: Organisation, merged: Merged, count: int, repeated: int | None) -> Message:
    """The reason why this sync cannot make rows missing, as far as it shows at once."""
    if not Organisation.objects.filter(pk=org.pk).exists():
        return gettext_stored("The organisation could not be found in the database during the sync.")
    if merged.keyless:
        return ngettext_stored(
            "%(n)s record came without an identifier, so no removals were detected.",
            "%(n)s records came without an identifier, so no removals were detected.",
            merged.keyless,
        )
    if twice := merged.repeated + (repeated or 0):
        return _twice(twice)
    if count and not merged.rows:
        return ngettext_stored(
            "The list came back empty although it had %(n)s record before, so no removals were detected.",
            "The list came back empty although it had %(n)s records before, so no removals were detected.",
            count,
        )
    return ""


def _twice(rows: int) -> Message:
    return ngettext_stored(
        "The list changed during the sync (%(n)s record came twice), so no removals were detected.",
        "The list changed during the sync (%(n)s records came twice), so no removals were detected.",
        rows,
    )


def _sort_out_missing(
    sync: ResourceSync,
    model: type[Mirrored],
    constant: Mapping[str, Any],
    merged: Merged,
    count: int,
    repeated: int | None,
    as_of: datetime,
) -> tuple[Message, list[Candidate]]:
    """The reason why the listing was inconsistent after all, and the rows to ask the vendor about."""
    if repeated == 0 and count == len(merged.ids) + merged.added:  # nothing is missing
        if sync.held:
            sync.suspected_deletions.all().delete()
        sync.held, sync.held_digest, sync.gone = 0, "", 0
        return "", []
    missing = MissingRows(model, constant, sync, as_of)
    missing.find(merged.ids)
    if repeated is None and (twice := missing.repeated()):
        return _twice(twice), []
    unconfirmed = missing.unconfirmed()
    if unconfirmed > max(FEW, SHARE * count):
        sync.held, sync.held_digest, sync.gone = unconfirmed, missing.hold(), 0
        return "", []
    sync.held, sync.held_digest = 0, ""
    sync.gone = missing.mark_gone()
    if sync.gone:
        for tell in GONE_HANDLERS.values():
            tell(model, sync)
    candidates = missing.candidates()
    missing.mark_missing()
    sync.suspected_deletions.all().delete()
    return "", candidates
