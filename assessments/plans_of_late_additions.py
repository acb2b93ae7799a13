"""Plans for people who were added late: their own deadline, with reminders before it."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.audience import Recipient, recipients_of, taking_part
from assessments.fence import is_assessed_in, whose_turn
from assessments.groups import UNFINISHED
from assessments.mailing_commands import mailing_call, mailing_title
from assessments.mailings import REMINDER
from assessments.models import Assessment, Evaluation, Schedule, Subject
from assessments.plan_places import assessment_place
from assessments.plans_of_statuses import assessment_of
from assessments.plans_of_statuses import mark as mark_of_rows
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import whole
from qxportal.ledger.models import Action, Change, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import PlanKind
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.mailings import CancelMailing
from qxportal.threesixty.calls.schedules import SetExtension
from qxportal.ui.stored_messages import Message, gettext_stored

UNTIL, REMIND = "until:", "remind:"  # begin the keys of lines: more time for a person, and a reminder
GIVEN = {(Action.CHANGE.value, False): "until", (Action.ADD.value, False): "at"}  # times of lines that undo nothing


def plan_late_additions(
    assessment: Assessment,
    people: Iterable[str],
    *,
    by: Member,
    until: datetime | None,
    remind_at: Iterable[datetime],
    message_id: str = "",
    plan_id: uuid.UUID | None = None,
) -> Plan:
    """A plan that gives these people (ids at the server) time until then, with reminders at these times."""
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn(by))
    rows = [SourceRow(values={"person": key}) for key in people]
    rows += [SourceRow(values={"remind": _utc(at).isoformat()}) for at in remind_at]
    return make_plan(
        assessment.org,
        LATE.name,
        rows,
        by=by,
        title=gettext_stored("Late additions to “%(name)s”", name=assessment.name),
        source={"from": "selection"},
        options={"until": _utc(until).isoformat() if until else "", "text": message_id},
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
    )


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """A new deadline for each person with open evaluations, and each reminder with its number of recipients."""
    rows = list(rows)
    assessment, until = assessment_of(plan), str(plan.options.get("until", ""))
    keys = [row.text("person") for row in rows if row.text("person")]
    there = {one.key: one for one in recipients_of(_open(assessment, keys), assessment)}
    about, known = whole(assessment.vendor_id), _extensions(assessment)
    closed = assessment.status == Assessment.Status.CLOSED
    for key in keys if until else ():
        yield _more_time(key, there.get(key), known.get(key), until, about, closed=closed)
    for row in rows:
        if at := row.text("remind"):
            yield _reminder(assessment, at, [there[key] for key in keys if key in there], about, closed=closed)


def _more_time(key: str, person: Recipient | None, now: str | None, until: str, about: str, *, closed: bool) -> Line:
    label = person.name if person else key
    if closed:
        return Line(Action.REFUSE, UNTIL + key, label, reason=_closed(), about=about)
    if _passed(until):
        return Line(Action.REFUSE, UNTIL + key, label, reason=gettext_stored("This time has passed."), about=about)
    if person is None:
        reason = gettext_stored("Has no open evaluations any more.")
        return Line(Action.SKIP, UNTIL + key, label, reason=reason, about=about)
    if now and _moment(now) == _moment(until):
        return Line(Action.SKIP, UNTIL + key, label, reason=gettext_stored("Already has this deadline."), about=about)
    shorter = now and _moment(now) > _moment(until)
    return Line(
        Action.CHANGE,
        UNTIL + key,
        label,
        reason=gettext_stored("The deadline so far was later.") if shorter else "",
        old={"until": _shown(now)} if now else {},
        new={"until": _shown(until)},
        data={"person": key, "now": now or "", "until": until},
        about=about,
    )


def _reminder(assessment: Assessment, at: str, people: Sequence[Recipient], about: str, *, closed: bool) -> Line:
    reached = [one.key for one in people if one.email]
    label = _("Reminder of %(time)s") % {"time": _shown(at)}
    reason: Message = ""
    if closed:
        reason = _closed()
    elif _passed(at):
        reason = gettext_stored("This time has passed.")
    elif not reached:
        reason = gettext_stored("There are no recipients for this mail now.")
    if reason:
        return Line(Action.REFUSE, REMIND + at, label, reason=reason, about=about)
    return Line(
        Action.ADD,
        REMIND + at,
        label,
        new={"people": str(len(reached))},
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("Undo stops a reminder that was not sent yet. Sent mails cannot be recalled."),
        data={"at": at, "people": reached},
        about=about,
    )


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One request for each person, and one for each reminder; none for times in the past, which would act at once."""
    assessment = assessment_of(plan)
    if any(_passed(line.data[name]) for line in lines if (name := GIVEN.get((line.action, bool(plan.undo_of_id))))):
        raise ActionRefused(_("A time of this plan has passed. Check the plan again, or make a new one."))
    for line in lines:
        yield _intent(plan, assessment, line), [line]


def _intent(plan: Plan, assessment: Assessment, line: PlanLine) -> Intent:
    vendor_id, name = assessment.vendor_id, assessment.name
    own: dict[str, Any] = {"assessment_id": vendor_id, "assessment_name": name}
    number = uuid.uuid5(plan.pk, line.key)
    if line.action == Action.REMOVE:
        mailing = line.data["mailing"]
        call = marked(CancelMailing(assessment_id=vendor_id, mailing_id=mailing), number)
        title: Message = gettext_stored("Stop a mailing of “%(name)s”", name=name)
        return Intent(call=call, target=f"{vendor_id}:mailing:{mailing}", title=title, **own)
    if line.action == Action.ADD:
        people = line.data["people"]
        mailing_of = mailing_call(
            assessment, REMINDER, at=_moment(line.data["at"]), only=people, message_id=str(plan.options.get("text", ""))
        )
        title = mailing_title(assessment, REMINDER, len(people))
        return Intent(
            call=marked(mailing_of, number), target=f"{vendor_id}:mailing:{number.hex}", title=title, id=number, **own
        )
    key, until = line.data["person"], line.data["until"]
    if until:
        title = gettext_stored("Give %(name)s more time in “%(assessment)s”", name=line.label, assessment=name)
    else:
        title = gettext_stored("End the extension of %(name)s in “%(assessment)s”", name=line.label, assessment=name)
    extension = SetExtension(assessment_id=vendor_id, person_id=key, until=_moment(until) if until else None)
    return Intent(
        call=marked(extension, number),
        target=f"{vendor_id}:extension:{key}",
        title=title,
        expected_values={"until": line.data["now"] or None},
        **own,
    )


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Restore earlier deadlines that were not changed since then, and stop reminders that were not sent."""
    assessment = assessment_of(plan)
    known = _extensions(assessment)
    sent = Change.objects.in_bulk([line.change_id for line in done if line.change_id])
    for line in done:
        if line.action == Action.CHANGE:
            yield _time_back(line, known.get(line.data["person"]))
        elif line.action == Action.ADD:
            change = sent.get(line.change_id) if line.change_id else None
            yield _stopped(line, change.vendor_id if change else "")


def _time_back(line: PlanLine, now: str | None) -> Line:
    if now is None or _moment(now) != _moment(line.data["until"]):
        return left_alone(line, gettext_stored("The deadline has changed since then."))
    over = bool(line.data["now"]) and _passed(line.data["now"])
    return Line(
        Action.CHANGE,
        line.key,
        line.label,
        reason=gettext_stored("The earlier deadline has passed, so the extension ends.") if over else "",
        old=dict(line.new),
        new={"until": "" if over else line.old.get("until", "")},
        data={"person": line.data["person"], "now": now, "until": "" if over else line.data["now"]},
        about=line.about,
    )


def _stopped(line: PlanLine, mailing: str) -> Line:
    if not mailing or _passed(line.data["at"]):
        return left_alone(line, gettext_stored("The time of this reminder has passed."))
    return Line(
        Action.REMOVE,
        line.key,
        line.label,
        old=dict(line.new),
        undoable=Undoable.NO,
        undo_note=gettext_stored("Plan a new reminder under Messages."),
        data={"mailing": mailing},
        about=line.about,
    )


def check(plan: Plan, by: Member) -> None:
    """Refuse plans for closed assessments, and those in which the member is a subject."""
    assessment = assessment_of(plan)
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn(by))
    if assessment.status == Assessment.Status.CLOSED:
        raise ActionRefused(_("“%(name)s” is closed, so evaluators cannot answer.") % {"name": assessment.name})


def mark(plan: Plan) -> str:
    """The newest version and rows of the assessment, its extensions, and the plan's times that have passed."""
    assessment = assessment_of(plan)
    keys = plan.lines.filter(key__startswith=REMIND).order_by("key").values_list("key", flat=True)
    chosen = [plan.options.get("until") or "", *(key.removeprefix(REMIND) for key in keys)]
    passed = [at for at in chosen if at and _passed(at)]
    times = sha256(repr((sorted(_extensions(assessment).items()), passed)).encode()).hexdigest()[:12]
    return f"{mark_of_rows(plan)}:{times}"


def listings(plan: Plan) -> tuple[str, ...]:
    """A listing that is read together with the dates."""
    return (f"evaluations:{plan.assessment_id}",)


def back(plan: Plan) -> str:
    """The dates of the assessment."""
    return reverse("assessments:schedule", args=(plan.org.slug, assessment_of(plan).pk))


def _open(assessment: Assessment, keys: Iterable[str]) -> "QuerySet[Evaluation]":
    """The open evaluations of these people, whether or not their deadline has passed."""
    rows = taking_part(assessment).filter(UNFINISHED, subject__status=Subject.Status.WAITING)
    return rows.filter(evaluator_key__in=list(keys))


def _extensions(assessment: Assessment) -> Mapping[str, str]:
    """The latest known extensions: person -> deadline."""
    row = Schedule.objects.filter(assessment=assessment).first()
    return row.facts["extensions"] if row else {}


def _closed() -> Message:
    return gettext_stored("The assessment is closed.")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _passed(text: str) -> bool:
    return _moment(text) <= timezone.now()


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _shown(text: str) -> str:
    """A time with its zone, which is the zone of the plan's author."""
    return f"{timezone.localtime(_moment(text)):%Y-%m-%d %H:%M} ({timezone.get_current_timezone_name()})"


LATE = PlanKind(
    name="late",
    label=gettext_lazy("Late additions"),
    validate=validate,
    intents=intents,
    undo=undo,
    mark=mark,
    listings=listings,
    check=check,
    fields={"until": gettext_lazy("May answer until"), "people": gettext_lazy("People")},
    back=back,
    place=assessment_place,
)
