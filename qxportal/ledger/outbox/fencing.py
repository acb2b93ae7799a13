"""Fencing: open changes of a copied or restored database are held until an operator resumes them."""

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from qxportal.accounts.portal_mail import cancel_for_copy
from qxportal.ledger.jobs.wakeup import notify_workers_after_commit
from qxportal.ledger.models import Change
from qxportal.security import instance
from qxportal.security.instance import Standing
from qxportal.ui.stored_messages import gettext_stored

log = structlog.get_logger(__name__)


def may_call() -> bool:
    """Whether this process may call the vendor; if the database turns out to be a copy, holds all open changes."""
    if instance.may_call():
        return True
    if instance.check().standing is Standing.COPY:
        fence()
    return False


def fence() -> int:
    """Hold every open change of a copy, once; returns their number. Changes made later just wait."""
    with transaction.atomic():
        held = _hold(Change.objects.filter(state__in=Change.MOVING)) if instance.note_held() else 0
    if held:
        log.warning("changes_held", changes=held)
    return held


def resume() -> int:
    """Let a copy continue as an installation of its own; returns how many held changes are reconciled first.

    Changes open when the copy was made may have been sent since, by the original or by this installation.
    """
    with transaction.atomic():
        fence()
        instance.begin_again()
        cancel_for_copy()
        held = Change.objects.select_for_update().filter(state=Change.State.HELD)
        now = timezone.now()
        count = held.update(
            state=Change.State.UNKNOWN,
            claim_version=F("claim_version") + 1,
            verify_count=0,
            crash_count=0,
            unknown_since=now,
            not_before=now + settings.VERIFY_FIRST,
            status_message=gettext_stored("This portal was copied or restored. Checking whether the change was made."),
        )
        if count:
            notify_workers_after_commit()
    return count


def _hold(changes: QuerySet[Change]) -> int:
    words = gettext_stored(
        "On hold: this portal is a copy or was restored, so we don’t know whether the change was sent elsewhere."
    )
    return changes.update(state=Change.State.HELD, claim_version=F("claim_version") + 1, status_message=words)
