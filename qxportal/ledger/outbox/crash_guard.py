"""Changes that end their worker. Each step is counted before it begins, and taken back by a worker that outlives it.

So whatever ends five workers in the middle of a step, wherever that is, goes to a person instead of a sixth.
"""

from django.db.models import F
from django.utils.translation import gettext as _

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.transitions import StaleClaim, transition

MOST = 5


def start_step(change: Change) -> bool:
    """Count a step that is about to begin; False where a person has to decide instead."""
    if change.crash_count >= MOST:
        transition(change, Change.State.PERSON, status_message=_words(change))
        return False
    ours = Change.objects.filter(pk=change.pk, state=change.state, claim_version=change.claim_version)
    if not ours.update(crash_count=F("crash_count") + 1):
        raise StaleClaim(str(change.pk))
    change.crash_count += 1
    return True


def end_step(change: Change) -> None:
    """The worker outlived the step."""
    change.crash_count -= 1
    if change.moving:
        Change.objects.filter(pk=change.pk, crash_count__gt=0).update(crash_count=F("crash_count") - 1)


def _words(change: Change) -> str:
    match change.state:
        case Change.State.SENDING:
            where, what = _("while it sent this"), _("Whether it was carried out is not known.")
        case Change.State.UNKNOWN:
            where, what = _("while it read this back"), _("Whether it was carried out is not known.")
        case _ if change.never_sent:
            where, what = _("before it sent this"), _("Nothing was sent.")
        case _:
            where, what = _("before it sent this again"), _("It was not sent again.")
    return _("%(n)s workers ended with this change, the last one %(where)s. %(what)s") % {
        "n": change.crash_count,
        "where": where,
        "what": what,
    }
