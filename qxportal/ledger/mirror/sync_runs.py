"""How fresh a mirrored listing is, and what becomes of the rows that it no longer has.

Absence alone removes nothing: a row that a sound listing lacks is stamped `missing_since`; when a later sound listing
lacks it too, and a second look says so as well, it gets `gone_at`. Too many missing at once
are held for a person.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.failpoints import failpoint
from qxportal.ledger.errors import Refusal
from qxportal.ledger.mirror.deletions import Absent, Candidate, repeats
from qxportal.ledger.mirror.merge import Merged, refresh_statistics
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.registry import CLOSE_HANDLERS, GONE_HANDLERS, Before
from qxportal.ledger.models import Pull

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
    "set_aside",
    "quarantine",
    "problem",
)

Confirm = Callable[[list[Candidate]], Collection[Candidate]]  # those that the vendor, asked about them, does not have


def finish_pull(
    model: type[Mirrored],
    org: Organisation,
    resource: str,
    merged: Merged,
    *,
    as_of: datetime,
    confirm: Confirm,
    problem: str = "",
    scope: Mapping[str, Any] | None = None,
) -> Pull:
    """Close one reading of a listing. With a `problem` it was not sound: nothing goes missing by it.

    `confirm` asks the vendor about rows that two sound readings in a row lacked.
    """
    failpoint("pull.merged")
    constant = {"org_id": org.pk, **(scope or {})}
    count = model._default_manager.filter(**constant, gone_at=None).count()
    pull, _new = Pull.objects.get_or_create(org=org, resource=resource)
    before = Before(pull.seen_at, pull.tried_at)
    pull.tried_at = timezone.now()
    pull.added, pull.changed, pull.rows = merged.added, merged.changed, merged.rows
    pull.set_aside, pull.quarantine = merged.set_aside, merged.quarantine
    if merged.added > max(MANY, SHARE * count):
        refresh_statistics(model)
    candidates: list[Candidate] = []
    repeated = repeats(merged.ids)
    problem = problem or _unsound(org, merged, count, repeated)
    if not problem:
        with transaction.atomic():
            locked = Pull.objects.select_for_update()  # somebody may be confirming at this moment
            pull.held = locked.values_list("held", flat=True).get(pk=pull.pk)
            problem, candidates = _sort_out_missing(pull, model, constant, merged, count, repeated, as_of)
            if not problem:
                pull.seen_at = as_of
    failpoint("pull.sorted-out")
    if candidates:
        gone = [candidate.pk for candidate in confirm(candidates)]
        failpoint("pull.confirmed")
        found = model._default_manager.filter(pk__in=gone, gone_at=None, seen_at__lt=as_of)
        pull.gone += found.update(gone_at=as_of)
        failpoint("pull.gone")
    for close in CLOSE_HANDLERS.values():
        close(model, org, constant, before)
    failpoint("pull.explained")
    pull.problem = problem[:500]
    pull.save(update_fields=FOUND)
    failpoint("pull.closed")
    return pull


def confirm_held(pull: Pull, *, by: Member) -> None:
    """A person says that the held rows are really gone; the next sound reading marks those.

    Raises Refusal when others are held by now than those that the person saw, whose digest `pull` has.
    """
    seen = pull.held_digest
    with transaction.atomic():
        pull = Pull.objects.select_for_update().get(pk=pull.pk)
        if pull.held_digest != seen:
            raise Refusal(_("Other rows are missing by now; look at them once more."))
        keys = list(pull.absences.values_list("vendor_id", flat=True)[:NAMED])
        note(
            pull.org,
            by=by,
            verb="mirror.removal-confirmed",
            target=pull.resource,
            count=pull.held,
            keys=keys,
            digest=pull.held_digest,
        )
        pull.absences.filter(confirmed_at=None).update(confirmed_at=timezone.now())


def _unsound(org: Organisation, merged: Merged, count: int, repeated: int | None) -> str:
    """Why nothing may go missing by this reading, as far as it shows at once."""
    if not Organisation.objects.filter(pk=org.pk).exists():
        return _("The organisation could not be seen while its listing was read.")
    if merged.keyless:
        words = ngettext(
            "%(n)s row came without its identifier.", "%(n)s rows came without their identifier.", merged.keyless
        )
        return words % {"n": merged.keyless}
    if twice := merged.repeated + (repeated or 0):
        return _twice(twice)
    if count and not merged.rows:
        words = ngettext(
            "The listing came back empty, although %(n)s row was known.",
            "The listing came back empty, although %(n)s rows were known.",
            count,
        )
        return words % {"n": count}
    return ""


def _twice(rows: int) -> str:
    words = ngettext(
        "%(n)s row came twice; the listing shifted while it was read.",
        "%(n)s rows came twice; the listing shifted while it was read.",
        rows,
    )
    return words % {"n": rows}


def _sort_out_missing(
    pull: Pull,
    model: type[Mirrored],
    constant: Mapping[str, Any],
    merged: Merged,
    count: int,
    repeated: int | None,
    as_of: datetime,
) -> tuple[str, list[Candidate]]:
    """Give why the listing was not sound after all, and the rows that one has to ask about."""
    if repeated == 0 and count == len(merged.ids) + merged.added:  # nothing is missing
        if pull.held:
            pull.absences.all().delete()
        pull.held, pull.held_digest, pull.gone = 0, "", 0
        return "", []
    absent = Absent(model, constant, pull, as_of)
    absent.find(merged.ids)
    if repeated is None and (twice := absent.repeated()):
        return _twice(twice), []
    unconfirmed = absent.unconfirmed()
    if unconfirmed > max(FEW, SHARE * count):
        pull.held, pull.held_digest, pull.gone = unconfirmed, absent.hold(), 0
        return "", []
    pull.held, pull.held_digest = 0, ""
    pull.gone = absent.mark_gone()
    if pull.gone:
        for tell in GONE_HANDLERS.values():
            tell(model, pull)
    candidates = absent.candidates()
    absent.mark_missing()
    pull.absences.all().delete()
    return "", candidates
