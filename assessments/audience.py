"""The people that a mailing would go to now, by the mirror; the server decides again when each mail is sent."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from assessments.fence import is_assessed_in
from assessments.groups import DONE, UNFINISHED
from assessments.mailings import APPROVE, INVITE, NOMINATE, REMINDER, REPORT, REPORT_APPROVAL, REPORT_REMINDER, THANKS
from assessments.models import Assessment, Evaluation, Mail, Subject
from assessments.nominations import SUBMITTED, nominating
from assessments.report_access import SiteReader, has_site, open_readers, unopened_readers, waiting_readers
from assessments.schedules import extensions_of, schedule_of
from directory.models import Person
from qxportal.accounts.models import Member

LEFT = ("failed", "cancelled")
LATER = timedelta(days=1)  # after the first invitations; later ones go to people who were added late


@dataclass(frozen=True)
class Recipient:
    """A recipient of a mailing."""

    key: str  # the person's id at the server
    name: str
    email: str
    person_pk: int | None
    tasks: int  # evaluations or nomination lists concerned
    mailed_at: datetime | None = None  # the latest mail about this assessment that was sent


@dataclass(frozen=True)
class Audience:
    """All recipients of a mailing, by name."""

    recipients: tuple[Recipient, ...] = ()
    known: bool = True  # whether the mirror can determine it
    about_lists: bool = False  # of nominations: everybody gets one mail

    @property
    def reached(self) -> list[Recipient]:
        """Recipients with an address."""
        return [one for one in self.recipients if one.email]

    @property
    def unreached(self) -> list[Recipient]:
        """People without an address, who receive no mail."""
        return [one for one in self.recipients if not one.email]

    def mails(self, assessment: Assessment) -> int:
        """Number of mails: one per person, or one per evaluation if they are not merged."""
        if self.about_lists or assessment.workflow_options.get("MergeMessages", True):
            return len(self.reached)
        return sum(max(1, one.tasks) for one in self.reached)


def audience_of(member: Member, assessment: Assessment, kind: str, *, only: Collection[str] = ()) -> Audience:
    """Recipients of a mailing of this kind; with `only`, among these.

    Empty for a member who is a subject of the assessment.
    """
    if is_assessed_in(member, assessment):
        return Audience(known=False)
    if kind == REPORT:
        return Audience(tuple(_readers(assessment, open_readers(assessment), only)), known=has_site(assessment))
    if kind == REPORT_REMINDER:
        unopened = _not_reminded(assessment, unopened_readers(assessment))
        return Audience(tuple(_readers(assessment, unopened, only)), known=has_site(assessment))
    if kind == REPORT_APPROVAL:
        return Audience(tuple(_approvers(assessment, only)), known=has_site(assessment))
    if kind in (NOMINATE, APPROVE):
        waiting = _whose_turn(member, assessment, approval=kind == APPROVE)
        return Audience(tuple(one for one in waiting if not only or one.key in only), about_lists=True)
    rows = taking_part(assessment)
    if only:
        rows = rows.filter(evaluator_key__in=list(only))
    if kind == THANKS:
        return Audience(tuple(_finished(rows, assessment)))
    rows = open_evaluations(member, rows, assessment)
    if kind == INVITE:
        rows = rows.filter(unsolicited=False)
    if kind == INVITE and not only:
        rows = rows.exclude(evaluator_key__in=_invited(assessment))
    return Audience(tuple(recipients_of(rows, assessment)))


def open_of(member: Member, assessment: Assessment, key: str) -> list[Evaluation]:
    """A person's open evaluations in the assessment."""
    rows = open_evaluations(member, taking_part(assessment), assessment).filter(evaluator_key=key)
    return list(rows.select_related("subject", "assessment").order_by("pk"))


def taking_part(assessment: Assessment) -> "QuerySet[Evaluation]":
    """Evaluations of an assessment, without people who have left."""
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None, subject__gone_at=None)
    return rows.exclude(evaluator__gone_at__isnull=False).exclude(evaluator_key="")


def open_evaluations(member: Member, rows: "QuerySet[Evaluation]", assessment: Assessment) -> "QuerySet[Evaluation]":
    """Evaluations that can still be answered; after the closing time only those with an extension."""
    rows = rows.filter(UNFINISHED, subject__status=Subject.Status.WAITING)
    dates, now = schedule_of(assessment), timezone.now()
    if dates.closes_at and dates.closes_at <= now and not dates.closed_at:
        rows = rows.filter(
            evaluator_key__in=[key for key, until in extensions_of(member, assessment).items() if until > now]
        )
    return rows


def _finished(rows: "QuerySet[Evaluation]", assessment: Assessment) -> Iterable[Recipient]:
    counted = rows.values("evaluator_key").annotate(
        done=Count("pk", filter=DONE), unfinished=Count("pk", filter=Q(UNFINISHED))
    )
    keys = [row["evaluator_key"] for row in counted.order_by() if row["done"] and not row["unfinished"]]
    return recipients_of(rows.filter(DONE, evaluator_key__in=keys), assessment)


def _not_reminded(assessment: Assessment, readers: Mapping[str, SiteReader]) -> dict[str, SiteReader]:
    """Readers without a reminder since the report became available to them."""
    mails = Mail.objects.filter(assessment=assessment, kind=REPORT_REMINDER, person_key__in=list(readers))
    told = dict(mails.exclude(state__in=LEFT).values_list("person_key").annotate(at=Max("created_at")).order_by())
    return {
        key: one
        for key, one in readers.items()
        if key not in told or (one.from_at is not None and told[key] < one.from_at)
    }


def _readers(assessment: Assessment, readers: Mapping[str, SiteReader], only: Collection[str]) -> Iterable[Recipient]:
    """The readers who are still in the directory."""
    reading = {key: one for key, one in readers.items() if not only or key in only}
    known = Person.objects.filter(org=assessment.org, vendor_id__in=list(reading), gone_at=None)
    people = {person.vendor_id: person for person in known}
    return [
        Recipient(key, reader.name, people[key].email, people[key].pk, 0)
        for key, reader in sorted(reading.items(), key=lambda item: item[1].name)
        if key in people
    ]


def _approvers(assessment: Assessment, only: Collection[str]) -> Iterable[Recipient]:
    """Managers whose approval a report waits for."""
    keys = {one.approver_key for one in waiting_readers(assessment)}
    people = Person.objects.filter(org=assessment.org, vendor_id__in=keys, gone_at=None)
    if only:
        people = people.filter(vendor_id__in=list(only))
    mailed = _mailed(assessment)
    return [
        Recipient(one.vendor_id, str(one), one.email, one.pk, 0, mailed.get(one.vendor_id))
        for one in people.order_by("sort_name", "pk")
    ]


def _whose_turn(member: Member, assessment: Assessment, *, approval: bool) -> list[Recipient]:
    """Subjects and managers who must choose evaluators or approve the choice."""
    rows = nominating(member, assessment).filter(status=Subject.Status.WAITING)
    rows = rows.filter(nominations__state=SUBMITTED) if approval else rows.exclude(nominations__state=SUBMITTED)
    counted = Counter(
        subject.vendor_id if subject.nominations.turn == "Subject" else subject.nominations.manager_key
        for subject in rows.filter(nominations__turn__in=("Subject", "Manager"))
    )
    people = Person.objects.filter(org=assessment.org, vendor_id__in=counted, gone_at=None)
    mailed = _mailed(assessment)
    return [
        Recipient(one.vendor_id, str(one), one.email, one.pk, counted[one.vendor_id], mailed.get(one.vendor_id))
        for one in people.order_by("sort_name", "pk")
    ]


def _mailed(assessment: Assessment) -> dict[str, datetime]:
    """When each person got the latest mail about the assessment."""
    sent = Mail.objects.filter(assessment=assessment, state="sent").values_list("person_key")
    return dict(sent.annotate(at=Max("settled_at")).order_by())


def _invited(assessment: Assessment) -> list[str]:
    """People whose open evaluations have all been covered by an invitation."""
    mails = Mail.objects.filter(assessment=assessment, kind=INVITE, covers_all=True).exclude(state__in=LEFT)
    return list(mails.values_list("person_key", flat=True).distinct())


def late_additions(member: Member, assessment: Assessment) -> list[str]:
    """People with open evaluations whose first invitation came a day or more after the first invitations."""
    mails = Mail.objects.filter(assessment=assessment, kind=INVITE).exclude(state__in=LEFT).order_by()
    invited = dict(mails.values_list("person_key").annotate(at=Min("created_at")))
    began = min(invited.values(), default=None)
    if began is None:
        return []
    late = {key for key, at in invited.items() if at >= began + LATER}
    return [one.key for one in audience_of(member, assessment, REMINDER).recipients if one.key in late]


def came_late(member: Member, assessment: Assessment) -> list[Recipient]:
    """People with open evaluations who were invited late, or not invited a day after the first invitations."""
    if is_assessed_in(member, assessment):
        return []
    late = set(late_additions(member, assessment))
    began = _began(assessment)
    if began is not None and began + LATER <= timezone.now():
        mails = Mail.objects.filter(assessment=assessment, kind=INVITE).exclude(state__in=LEFT)
        invited = set(mails.values_list("person_key", flat=True))
        late |= {one.key for one in audience_of(member, assessment, INVITE).recipients if one.key not in invited}
    return [one for one in audience_of(member, assessment, REMINDER).recipients if one.key in late]


def _began(assessment: Assessment) -> datetime | None:
    """When the first invitation was made."""
    mails = Mail.objects.filter(assessment=assessment, kind=INVITE).exclude(state__in=LEFT)
    found: datetime | None = mails.aggregate(at=Min("created_at"))["at"]
    return found


def recipients_of(rows: "QuerySet[Evaluation]", assessment: Assessment) -> list[Recipient]:
    """One for each person, in the order of the names."""
    mailed = _mailed(assessment)
    found: dict[str, Recipient] = {}
    named = rows.values_list(
        "evaluator_key",
        "evaluator_first_name",
        "evaluator_last_name",
        "evaluator_email",
        "evaluator_id",
        "evaluator__email",
        "sort_name",
    )
    for key, first, last, told, person_pk, email, _sort, tasks in named.annotate(n=Count("pk")).order_by(
        "sort_name", "evaluator_key"
    ):
        before = found[key].tasks if key in found else 0
        address = (told if person_pk is None else email) or ""
        name = f"{first} {last}".strip() or address or key
        found[key] = Recipient(key, name, address, person_pk, before + tasks, mailed.get(key))
    return list(found.values())
