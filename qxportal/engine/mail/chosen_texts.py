"""Protects library messages that mailings will send: without them a mailing would send other texts than chosen."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.errors import Conflict
from qxportal.engine.mail.mailings import STATES, going_on
from qxportal.engine.models import Assessment, Mail, Mailing, Message, User
from qxportal.engine.people import access
from qxportal.mail.queue import OPEN


def refuse_loss(user: User, messages: QuerySet[Message], *, besides: Assessment | None = None) -> None:
    """Raise Conflict if a mailing, other than one of the assessment `besides`, will send one of these messages."""
    mailing = _senders(messages).exclude(assessment=besides).order_by("scheduled_at", "pk").first()
    if mailing is None:
        return
    assessment = mailing.assessment
    where = f"“{assessment.name}”" if access.may_administer(user, assessment) else "an assessment of others"
    raise Conflict(
        "ETS3",
        f"A mailing will send this text: {mailing.kind} of {where}, planned for {stamp(mailing.scheduled_at)} UTC "
        f"({mailing.public_id}). Stop the mailing first.",
    )


def _senders(messages: QuerySet[Message]) -> QuerySet[Mailing]:
    """Mailings that will send or are sending one of these messages."""
    possible = Q(pk=None)
    for kind, (may_go, waits) in STATES.items():
        possible |= Q(kind=kind, assessment__status__in=(*may_go, *waits))
    leaving = Exists(Mail.objects.filter(mailing=OuterRef("pk"), state__in=OPEN))
    named = Q(message__in=messages) | Q(subject_message__in=messages)
    return Mailing.objects.filter(named, (going_on() & possible) | leaving).select_related("assessment")
