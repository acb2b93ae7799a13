"""The tasks page besides tasks: nomination lists, progress of one's own feedback, and unsolicited feedback."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.editions import thresholds
from qxportal.engine.models import Assessment, Brand, Evaluation, Mail, NominationList, Participant, Person
from qxportal.engine.nominations import rules
from qxportal.engine.nominations.overview import Entry, overview

State = NominationList.State
REMIND_EVERY = timedelta(days=3)


@dataclass(frozen=True)
class Choice:
    """A nomination list that a person edits or approves."""

    subject: Participant
    listed: NominationList
    rules: rules.Rules
    chosen: int
    own: bool
    may_edit: bool
    may_approve: bool

    @property
    def due(self) -> bool:
        """Whether the person has to act now."""
        return self.may_edit or self.may_approve


@dataclass(frozen=True)
class OwnRound:
    """Progress of the feedback on a person, in numbers only."""

    subject: Participant
    asked: int | None  # None: withheld, as too few are asked
    finished: int
    may_remind: bool
    next_reminder_at: datetime | None


def choice(person: Person, subject: Participant) -> Choice | None:
    """A subject's list as a person sees it; None if the person has no part in it."""
    entry = next(iter(overview(_subjects().filter(pk=subject.pk))), None)
    return _choice(person, entry) if entry else None


def choices(person: Person) -> list[Choice]:
    """All lists that a person edits or approves, due ones first."""
    chooses = Q(assessment__options__contains={"SubjectsNominate": True}) | Q(
        assessment__options__contains={"ManagersChoose": True}
    )
    found = _subjects().filter(chooses, Q(person=person) | Q(person__manager=person), assessment__status="Active")
    entries = overview(found.order_by("assessment__name", "pk"))
    known = [one for entry in entries if (one := _choice(person, entry))]
    return sorted(known, key=lambda one: not one.due)


def _choice(person: Person, entry: Entry) -> Choice | None:
    subject, found, manager = entry.subject, entry.rules, entry.manager
    own, managed = subject.person_id == person.pk, manager is not None and manager.pk == person.pk
    concerned = (own and found.subject_chooses) or (managed and (found.manager_chooses or found.needs_approval))
    if not (found.any and concerned) or subject.assessment.status == Assessment.Status.DRAFT:
        return None
    return Choice(
        subject,
        entry.listed,
        found,
        entry.chosen,
        own,
        rules.may_edit(person, subject, entry.listed, found),
        found.needs_approval and rules.may_approve(person, subject, entry.listed),
    )


def own_rounds(person: Person) -> list[OwnRound]:
    """Progress of the feedback on a person, in assessments that let subjects see it or send reminders."""
    wanted = Q(assessment__options__contains={"CompletionVisible": True}) | Q(
        assessment__options__contains={"SubjectsRemind": True}
    )
    found = _subjects().filter(wanted, person=person, assessment__status="Active", status=Participant.Status.WAITING)
    return [own_round(subject) for subject in found.order_by("assessment__name", "pk")]


def own_round(subject: Participant) -> OwnRound:
    """The number of a subject's other evaluators who have finished, never by group.

    People who left do not count as asked, but their finished evaluations count: the numbers reveal nothing about who
    left. People who declined count as asked, so that no number reveals them. Evaluations finished before their
    evaluator was asked do not count: the number would rise at the request and reveal unsolicited feedback.
    """
    options = subject.assessment.options
    theirs = Evaluation.objects.filter(subject=subject, unsolicited=False).exclude(evaluator=subject.person_id)
    finished = theirs.filter(status=Evaluation.Status.COMPLETED).exclude(finished_at__lt=F("asked_at"))
    asked = rules.asked(subject).count()
    told = bool(options.get("CompletionVisible")) and asked >= thresholds.of(subject.assessment).min_group
    next_at = subject.reminded_at + REMIND_EVERY if subject.reminded_at else None
    waits = next_at is not None and next_at > timezone.now()
    return OwnRound(
        subject,
        asked if told else None,
        min(finished.count(), asked) if told else 0,
        _may_remind(subject) and not waits and asked > 0,
        next_at if waits else None,
    )


def _may_remind(subject: Participant) -> bool:
    """Whether subjects may send reminders and mail is on; queued reminders must not be sent weeks later."""
    if not subject.assessment.options.get("SubjectsRemind"):
        return False
    return Brand.objects.filter(pk=subject.assessment.brand_id).exclude(mail=Brand.MailMode.OFF).exists()


def remind(subject: Participant) -> bool:
    """Queue reminders to all open evaluators; False within three days of the last ones, and while mail is off."""
    if not _may_remind(subject):
        return False
    now = timezone.now()
    with transaction.atomic(using="engine"):
        held = Participant.objects.select_for_update(of=("self",)).get(pk=subject.pk)
        if held.reminded_at is not None and held.reminded_at > now - REMIND_EVERY:
            return False
        held.reminded_at = now
        held.save(update_fields=["reminded_at"])
        open_ones = answering.open_evaluations().filter(subject=subject).exclude(evaluator=subject.person_id)
        Mail.objects.bulk_create(
            [
                Mail(
                    brand=subject.assessment.brand,
                    person_id=one.evaluator_id,
                    assessment=subject.assessment,
                    evaluation=one,
                    kind=Mail.Kind.REMINDER,
                    not_before=now,
                )
                for one in open_ones.order_by("pk")
            ]
        )
    return True


def subject_of(assessment: str, subject: str) -> Participant | None:
    """A subject by public ids."""
    return _subjects().filter(assessment__public_id=assessment, person__public_id=subject).first()


def unasked(person: Person) -> QuerySet[Participant]:
    """Subjects who accept unsolicited feedback from a person."""
    where = Assessment.objects.filter(
        participants__person=person,
        participants__removed_at=None,
        status=Assessment.Status.ACTIVE,
        options__contains={"UnsolicitedEvaluations": True},
    )
    asked = Evaluation.objects.filter(evaluator=person).values("subject")
    found = _subjects().filter(assessment__in=where, status=Participant.Status.WAITING)
    return found.exclude(person=person).exclude(pk__in=asked)


def _subjects() -> QuerySet[Participant]:
    return Participant.objects.filter(is_subject=True, removed_at=None, person__removed_at=None).select_related(
        "assessment__brand", "assessment__survey", "person__manager", "person__org_structure__brand"
    )
