"""Our own requests about mailings of an assessment and their mails."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from django.db.models import Count
from django.utils import timezone

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Forbidden, Invalid
from qxportal.engine.library import libraries
from qxportal.engine.mail import audience, mailings
from qxportal.engine.models import Assessment, Mail, Mailing, Message, Person, User, Why
from qxportal.engine.people import access, confidential
from qxportal.mail.queue import State

MOST_PERSONS = 50_000
LIBRARY_CATEGORIES = {  # message categories by kind of mailing
    Mailing.Kind.INVITE: ("InviteEmails", "EvaluatorInvite", "GeneralMessages"),
    Mailing.Kind.REMINDER: ("ReminderEmails", "EvaluatorReminder", "GeneralMessages"),
    Mailing.Kind.THANKS: ("ThankYouEmails", "GeneralMessages"),
    Mailing.Kind.REPORT: ("GeneralMessages",),
    Mailing.Kind.NOMINATE: ("InviteEmails", "GeneralMessages"),
    Mailing.Kind.APPROVE: ("GeneralMessages",),
    Mailing.Kind.REPORT_APPROVAL: ("GeneralMessages",),
    Mailing.Kind.REPORT_REMINDER: ("GeneralMessages",),
}
AFTERWARDS = (
    Mailing.Kind.THANKS,
    Mailing.Kind.REPORT,
    Mailing.Kind.REPORT_APPROVAL,
    Mailing.Kind.REPORT_REMINDER,
)  # allowed in closed assessments
STANDING = (Mailing.Kind.INVITE, Mailing.Kind.THANKS, Mailing.Kind.REPORT, Mailing.Kind.REPORT_APPROVAL)
SUBJECT_LINES = ("EmailSubject", "TSSubjectLine")


def get_mailings(user: User, arguments: Arguments) -> object:
    """List an assessment's mailings with the number of mails by state."""
    assessment = _assessment(user, arguments)
    found = assessment.mailings.select_related("message", "subject_message").order_by("scheduled_at", "pk")
    counted = assessment.mails.values_list("mailing", "state").annotate(count=Count("pk")).order_by()
    counts: dict[int | None, dict[str, int]] = {}
    for mailing, state, count in counted:
        counts.setdefault(mailing, {})[state] = count
    return {"Mailings": [_record(one, counts.get(one.pk, {})) for one in found]}


def create_mailing(user: User, arguments: Arguments) -> object:
    """Plan a mailing; its audience is determined when it is due, and checked again for each mail."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    kind = arguments.text("Kind")
    if kind not in Mailing.Kind.values:
        raise Invalid("Kind", f"Possible: {', '.join(Mailing.Kind.values)}.")
    if assessment.status == Assessment.Status.CLOSED and kind not in AFTERWARDS:
        raise Conflict("ETS3", "The assessment is closed: nobody can answer.")
    persons, standing = _persons(assessment, arguments.items("PersonIDs")), arguments.flag("Standing")
    if persons and confidential.is_subject(user, assessment):  # the count of mails would reveal who is open
        raise Forbidden("Another person has to choose the people: you are a subject.")
    if standing and (persons or kind not in STANDING):
        raise Invalid("Standing", f"A mailing to certain people is sent once; standing ones: {', '.join(STANDING)}.")
    mailing = Mailing.objects.create(
        assessment=assessment,
        kind=kind,
        message=_message(user, arguments, "MessageID", LIBRARY_CATEGORIES[Mailing.Kind(kind)]),
        subject_message=_message(user, arguments, "SubjectMessageID", SUBJECT_LINES),
        persons=persons,
        standing=standing,
        scheduled_at=_moment(arguments.text("ScheduledAt")) or timezone.now(),
        key=arguments.text("IdempotencyKey"),
    )
    return _record(mailing, {})


def cancel_mailing(user: User, arguments: Arguments) -> object:
    """Stop a mailing and cancel its unsent mails."""
    assessment = _assessment(user, arguments, lock=True)  # the number of cancelled mails reveals how many were open
    mailing = assessment.mailings.filter(public_id=arguments.text("MailingID")).first()
    if mailing is None:
        raise Invalid("MailingID", "The assessment has no such mailing.")
    return {"Cancelled": mailings.cancel(mailing, now=timezone.now(), why=Why.WITHDRAWN)}


def get_mails(user: User, arguments: Arguments) -> object:
    """List the mails about an assessment, without their contents."""
    assessment = _assessment(user, arguments)
    found = assessment.mails.select_related("mailing", "person").order_by("pk")
    if arguments.has("MailingID"):
        found = found.filter(mailing__public_id=arguments.text("MailingID"))
    if arguments.has("PersonID"):
        found = found.filter(person=access.person(user, arguments.text("PersonID")))
    uninvited = audience.uninvited(assessment)
    return {"Mails": [_mail(one, covers_all=one.person_id not in uninvited) for one in found]}


def _assessment(user: User, arguments: Arguments, *, lock: bool = False) -> Assessment:
    """The assessment; raises Forbidden for its subjects, as reminders reveal who has not answered."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=lock)
    if confidential.is_subject(user, assessment):
        raise Forbidden("Another person has to ask for this: you are a subject.")
    return assessment


def _record(mailing: Mailing, counts: Mapping[str, int]) -> dict[str, object]:
    return {
        "MailingID": mailing.public_id,
        "Kind": mailing.kind,
        "MessageID": mailing.message.public_id if mailing.message else "",
        "SubjectMessageID": mailing.subject_message.public_id if mailing.subject_message else "",
        "PersonIDs": mailing.persons or [],
        "Standing": mailing.standing,
        "ScheduledAt": stamp(mailing.scheduled_at),
        "SentAt": stamp(mailing.sent_at),
        "CancelledAt": stamp(mailing.cancelled_at),
        "Key": mailing.key,
        "Counts": {state: counts.get(state, 0) for state in State.values},
    }


def _mail(mail: Mail, *, covers_all: bool) -> dict[str, object]:
    return {
        "MailID": mail.public_id,
        "MailingID": mail.mailing.public_id if mail.mailing else "",
        "PersonID": mail.person.public_id if mail.person else "",
        "Kind": mail.kind,
        "CoversAll": int(covers_all),
        "State": mail.state,
        "Why": mail.why,
        "Address": mail.address,
        "Reply": mail.reply,
        "CreatedAt": stamp(mail.created_at),
        "NotBefore": stamp(mail.not_before),
        "SettledAt": stamp(mail.settled_at),
    }


def _persons(assessment: Assessment, wanted: Sequence[str]) -> list[str] | None:
    if not wanted:
        return None
    if len(wanted) > MOST_PERSONS:
        raise Invalid("PersonIDs", f"At most {MOST_PERSONS:,} people are possible.")
    taking_part = Person.objects.filter(
        participations__assessment=assessment, participations__removed_at=None, removed_at=None
    )
    known = set(taking_part.filter(public_id__in=wanted).values_list("public_id", flat=True))
    if unknown := next((one for one in wanted if one not in known), None):
        raise Invalid("PersonIDs", f"{unknown[:40]} does not take part in the assessment.")
    return list(dict.fromkeys(wanted))


def _message(user: User, arguments: Arguments, parameter: str, categories: Sequence[str]) -> Message | None:
    wanted = arguments.text(parameter)
    if not wanted:
        return None
    rows = Message.objects.select_for_update()  # deleting a text checks for mailings that send it
    found = rows.filter(brand=user.brand, public_id=wanted).first()
    if found is None or not libraries.may_use(user, found.library_id):
        raise Invalid(parameter, "There is no such message.")
    if found.category not in categories:
        raise Invalid(parameter, f"A message of these categories is expected: {', '.join(categories)}.")
    return found


def _moment(text: str) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if text else None


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxCancelMailing": cancel_mailing,
    "qxCreateMailing": create_mailing,
    "qxGetMailings": get_mailings,
    "qxGetMails": get_mails,
}
