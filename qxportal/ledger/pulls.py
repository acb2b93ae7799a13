"""How fresh a mirrored listing is, and what becomes of the rows that it no longer has.

Absence alone removes nothing: a row that a sound listing lacks is stamped `missing_since`; when a later sound listing
lacks it too, and a single reading (where the API has one) says so as well, it gets `gone_at`. Too many missing at once
are held for a person.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.changes import Refusal
from qxportal.ledger.merge import Merged
from qxportal.ledger.mirrored import Mirrored
from qxportal.ledger.models import Pull

FEW = 5
SHARE = 0.2
SHOWN = 200
FOUND = (
    "seen_at", "tried_at", "rows", "added", "changed", "gone", "held", "held_keys", "quarantine", "problem",
)  # fmt: skip

Confirm = Callable[[str], bool]  # whether the vendor, asked for this one key, says that it is not there


def finish_pull(
    model: type[Mirrored],
    org: Organisation,
    resource: str,
    merged: Merged,
    *,
    as_of: datetime,
    problem: str = "",
    scope: Mapping[str, Any] | None = None,
    confirm: Confirm | None = None,
) -> Pull:
    """Close one reading of a listing. With a `problem` it was not sound: nothing goes missing by it."""
    live = model._default_manager.filter(org=org, gone_at=None, **(scope or {}))
    count = live.count()
    if not problem and merged.duplicates:
        problem = _("%(n)s rows came twice; the listing shifted while it was read.") % {"n": merged.duplicates}
    if not problem and count and not merged.keys:
        problem = _("The listing came back empty, although %(n)s rows were known.") % {"n": count}
    pull, _new = Pull.objects.get_or_create(org=org, resource=resource)
    pull.tried_at = timezone.now()
    pull.problem = problem[:500]
    pull.added, pull.changed, pull.rows = merged.added, merged.changed, len(merged.keys)
    pull.quarantine = merged.quarantine[:SHOWN]
    if not problem:
        pull.seen_at = as_of
        _sort_out_missing(pull, model, live, set(merged.keys), count, as_of, confirm)
    told = [] if problem or pull.held else ["confirmed_keys"]  # somebody may be confirming at this moment
    pull.save(update_fields=[*FOUND, *told])
    return pull


def confirm_held(pull: Pull, *, by: Member) -> None:
    """A person says that the held rows are really gone; the next sound reading marks those.

    Raises Refusal when others are held by now than those that the person saw, which `pull` has.
    """
    seen = sorted(pull.held_keys)
    with transaction.atomic():
        pull = Pull.objects.select_for_update().get(pk=pull.pk)
        if sorted(pull.held_keys) != seen:
            raise Refusal(_("Other rows are missing by now; look at them once more."))
        note(pull.org, by=by, verb="mirror.removal-confirmed", target=pull.resource, keys=pull.held_keys)
        pull.confirmed_keys = sorted({*pull.confirmed_keys, *pull.held_keys})
        pull.save(update_fields=["confirmed_keys"])


def _sort_out_missing(
    pull: Pull,
    model: type[Mirrored],
    live: Any,
    seen: Collection[str],
    count: int,
    as_of: datetime,
    confirm: Confirm | None,
) -> None:
    known = live.filter(seen_at__lt=as_of).values_list("pk", "vendor_id", "missing_since")
    missing = [(pk, key, since) for pk, key, since in known if key not in seen]
    confirmed = set(pull.confirmed_keys)
    unconfirmed = [key for _pk, key, _since in missing if key not in confirmed]
    pull.held, pull.held_keys, pull.gone = 0, [], 0
    if len(unconfirmed) > max(FEW, SHARE * count):
        pull.held, pull.held_keys = len(unconfirmed), unconfirmed
        return
    pull.confirmed_keys = []
    again = [(pk, key) for pk, key, since in missing if key in confirmed or (since is not None and since < as_of)]
    gone = [pk for pk, key in again if confirm is None or confirm(key)]
    pull.gone = model._default_manager.filter(pk__in=gone).update(gone_at=as_of)
    first = [pk for pk, _key, since in missing if since is None]
    model._default_manager.filter(pk__in=first, gone_at=None).update(missing_since=as_of)
