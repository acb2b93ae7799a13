"""Preview of a mail for one person: the chosen text with the person's values, without a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext, override

from assessments.audience import Recipient, open_of
from assessments.brand import BrandFacts
from assessments.mailings import INVITE, REMINDER, THANKS
from assessments.models import Assessment, Evaluation, MessageText
from assessments.schedules import extensions_of, schedule_of
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core.languages import shared, text_in, written
from qxportal.core.zones import known_zones
from qxportal.mail.default_texts import default_text, task_line
from qxportal.mail.merge import LINK, fields_in, merge
from qxportal.mail.texts import plain
from qxportal.threesixty.relationships import SELF
from qxportal.ui import dates

MOST_OTHERS = 200  # evaluations of other assessments that a mail lists


@dataclass(frozen=True)
class MailPreview:
    """A mail as one person would get it."""

    name: str
    language: str
    subject: str
    text: str
    footer: str
    sender: str


def preview(
    member: Member,
    assessment: Assessment,
    kind: str,
    recipient: Recipient,
    brand: BrandFacts,
    text: MessageText | None = None,
) -> MailPreview:
    """Preview of a mail of this kind for this person, in the language that the server would choose."""
    person = Person.objects.filter(org=assessment.org, vendor_id=recipient.key).first()
    own = str(person.metadata.get("Language", "")) if person else ""
    code = (shared([text.texts], own, brand.language) if text else "") or own
    language = written(code, brand.language)
    default = default_text(kind, language)
    said = (text_in(text.texts, code) if text else "") or default.body
    with override(language):
        values = _values(member, assessment, kind, recipient, person, brand)
        values[LINK] = gettext("[the personal link of %(name)s]") % {"name": recipient.name}
    return MailPreview(
        name=recipient.name,
        language=language,
        subject=merge(plain(default.subject), values),
        text=merge(plain(_with_link(said, kind)), values),
        footer=text_in(brand.footer, language) or text_in(brand.footer, brand.language),
        sender=f"{brand.from_name or brand.shown_name} <{brand.mail_from}>",
    )


def _with_link(said: str, kind: str) -> str:
    """A text with the link appended if it needs one and has none."""
    return said if LINK in fields_in(said) or kind == THANKS else f"{said}\n\n${{{LINK}}}"


def _values(
    member: Member, assessment: Assessment, kind: str, recipient: Recipient, person: Person | None, brand: BrandFacts
) -> dict[str, str]:
    tasks = _tasks(member, assessment, recipient) if kind in (INVITE, REMINDER) else []
    deadlines = {task.assessment_id: _deadline(member, task.assessment, recipient.key) for task in tasks}
    first = min((until for until in deadlines.values() if until), default=None)
    lines = [
        task_line(
            task.subject,
            task.assessment.name,
            own=task.relationship == SELF,
            until=_moment(deadlines[task.assessment_id], brand),
        )
        for task in tasks
    ]
    given, _space, family = recipient.name.partition(" ")
    return {
        "FirstName": person.first_name if person else given,
        "LastName": person.last_name if person else family,
        "Organization": brand.shown_name,
        "AssessmentName": assessment.name,
        "Tasks": "\n".join(f"- {line}" for line in lines),
        "Deadline": _moment(first, brand),
    }


def _tasks(member: Member, assessment: Assessment, recipient: Recipient) -> Sequence[Evaluation]:
    """The person's open evaluations, of this assessment first; if mails are merged, of others as well."""
    found = open_of(member, assessment, recipient.key)
    if assessment.workflow_options.get("MergeMessages", True):
        rows = Evaluation.objects.filter(org=assessment.org, evaluator_key=recipient.key, gone_at=None)
        active = Assessment.objects.filter(org=assessment.org, status=Assessment.Status.ACTIVE, gone_at=None)
        others = active.filter(pk__in=rows.values("assessment_id")).exclude(pk=assessment.pk)
        for other in others.order_by("name", "pk")[:MOST_OTHERS]:
            found += open_of(member, other, recipient.key)
    return found


def _deadline(member: Member, assessment: Assessment, key: str) -> datetime | None:
    closes_at = schedule_of(assessment).closes_at
    until = extensions_of(member, assessment).get(key)
    return max(closes_at, until) if closes_at and until else closes_at


def _moment(moment: datetime | None, brand: BrandFacts) -> str:
    if moment is None:
        return ""
    zone = brand.time_zone if brand.time_zone in known_zones() else "UTC"
    with timezone.override(ZoneInfo(zone)):
        return f"{dates.date_time(moment)} ({zone})"
