"""Changes that crash their worker. Each step is counted before it begins; a worker that survives it uncounts it.

A change whose steps crashed five workers goes to a person instead of a sixth worker.
"""

from django.db.models import F

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.transitions import StaleClaim, transition
from qxportal.ui.stored_messages import StoredMessage, ngettext_stored

MOST = 5


def start_step(change: Change) -> bool:
    """Count a step that is about to begin; False if a person has to decide instead."""
    if change.crash_count >= MOST:
        transition(change, Change.State.PERSON, status_message=_words(change))
        return False
    ours = Change.objects.filter(pk=change.pk, state=change.state, claim_version=change.claim_version)
    if not ours.update(crash_count=F("crash_count") + 1):
        raise StaleClaim(str(change.pk))
    change.crash_count += 1
    return True


def end_step(change: Change) -> None:
    """Take the count back, as the worker survived the step."""
    change.crash_count -= 1
    if change.moving:
        Change.objects.filter(pk=change.pk, crash_count__gt=0).update(crash_count=F("crash_count") - 1)


def _words(change: Change) -> StoredMessage:
    n = change.crash_count
    match change.state:
        case Change.State.SENDING:
            return ngettext_stored(
                "The worker crashed %(n)s time while sending this change. We don’t know whether it was made.",
                "The worker crashed %(n)s times while sending this change. We don’t know whether it was made.",
                n,
            )
        case Change.State.UNKNOWN:
            return ngettext_stored(
                "The worker crashed %(n)s time while checking this change. We don’t know whether it was made.",
                "The worker crashed %(n)s times while checking this change. We don’t know whether it was made.",
                n,
            )
        case _ if change.never_sent:
            return ngettext_stored(
                "The worker crashed %(n)s time before sending this change. Nothing was sent.",
                "The worker crashed %(n)s times before sending this change. Nothing was sent.",
                n,
            )
    return ngettext_stored(
        "The worker crashed %(n)s time before sending this change again. It was not sent again.",
        "The worker crashed %(n)s times before sending this change again. It was not sent again.",
        n,
    )
