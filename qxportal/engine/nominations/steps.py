"""Changes to a nomination list; each locks the assessment and raises StepRefusedError if it is not possible."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.engine.assessments import evaluators
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.assessments.relationships import names_of, natural_relationship
from qxportal.engine.models import Assessment, Evaluation, NominationList, Nominee, Participant, Person, mailboxes
from qxportal.engine.nominations import rules
from qxportal.engine.nominations.asking import ask_outside
from qxportal.threesixty.relationships import BUILT_IN, SELF

State = NominationList.State


class StepRefusedError(Exception):
    """A step is not possible now; the message is for the acting person."""


def relationships(assessment: Assessment) -> list[str]:
    """Labels of the possible relationships by API name."""
    return [name for name in (*BUILT_IN, *names_of(assessment)) if name != SELF]


def add(subject: Participant, person: Person, relationship: str, *, by: Person | None) -> None:
    """Add a person to a subject's list, or change the relationship of one on it."""
    with transaction.atomic(using="engine"):
        listed, found = held(subject, editor=by)
        if not rules.choosable(subject).filter(pk=person.pk).exists():
            raise StepRefusedError(_("This person cannot be chosen."))
        if by is not None and person.email_key == subject.person.email_key:  # whose link the subject could open
            raise StepRefusedError(_("This person has the same e-mail address as the person the feedback is about."))
        if not found.free_relationship and by is not None:
            relationship = natural_relationship(subject.person, person)
        if relationship not in relationships(subject.assessment):
            raise StepRefusedError(_("Choose what this person is to the subject."))
        known = listed.pk and listed.nominees.filter(person=person).exists()
        asked = rules.asked(subject).filter(evaluator=person).exists()
        if not known and not asked:
            refuse_full(subject, found)
        keep(listed)
        Nominee.objects.update_or_create(
            list=listed,
            person=person,
            defaults={"relationship": relationship},
            create_defaults={"relationship": relationship, "added_by": by, "brand": listed.brand},
        )


def remove(subject: Participant, person: Person, *, by: Person | None) -> None:
    """Remove a person from the list; an existing evaluation stays."""
    with transaction.atomic(using="engine"):
        listed, _found = held(subject, editor=by)
        if listed.pk:
            listed.nominees.filter(person=person).delete()


def submit(subject: Participant, *, by: Person | None) -> NominationList:
    """Submit a list: to the manager if approval is needed, else its people are asked at once."""
    with transaction.atomic(using="engine"):
        listed, found = held(subject, editor=by)
        if listed.state not in (State.OPEN, State.SENT_BACK):
            raise StepRefusedError(_("This list was handed in already."))
        missing = found.minimum - rules.chosen(subject)
        if missing > 0:
            words = ngettext("Choose at least %(n)d more person.", "Choose at least %(n)d more people.", missing)
            raise StepRefusedError(words % {"n": missing})
        manager = rules.manager_of(subject)
        waits = found.needs_approval and not (by is not None and manager is not None and manager.pk == by.pk)
        _move(listed, State.SUBMITTED if waits else State.APPROVED)
        if not waits:
            _ask(listed, listed.nominees.all())
            ask_outside(listed)
        return listed


def approve(subject: Participant) -> NominationList:
    """Approve a submitted list: its nominees become evaluators."""
    with transaction.atomic(using="engine"):
        listed, _found = held(subject)
        if listed.state != State.SUBMITTED:
            raise StepRefusedError(_("This list does not wait for approval."))
        _move(listed, State.APPROVED)
        _ask(listed, listed.nominees.all())
        ask_outside(listed)
        return listed


def send_back(subject: Participant, reason: str) -> NominationList:
    """Send a submitted list back with a reason."""
    with transaction.atomic(using="engine"):
        listed, _found = held(subject)
        if listed.state != State.SUBMITTED:
            raise StepRefusedError(_("This list does not wait for approval."))
        if not reason.strip():
            raise StepRefusedError(_("Say why the list is sent back."))
        _move(listed, State.SENT_BACK, reason.strip())
        return listed


def reopen(subject: Participant, reason: str) -> NominationList:
    """Reopen a list; existing evaluations stay."""
    with transaction.atomic(using="engine"):
        listed, _found = held(subject)
        if listed.state not in (State.SUBMITTED, State.APPROVED):
            raise StepRefusedError(_("This list is open."))
        _move(listed, State.OPEN, reason.strip())
        return listed


def replace(subject: Participant, wanted: Iterable[tuple[Person, str]], *, without: Collection[str] = ()) -> None:
    """Replace a list for HR; existing evaluations stay, and new people on an approved list are asked.

    Outside nominees stay, except for the addresses `without`; those of an approved list were already asked.
    """
    with transaction.atomic(using="engine"):
        listed, _found = held(subject)
        if without and listed.state == State.APPROVED:
            raise StepRefusedError(_("This list was approved, so its external people were asked already."))
        keep(listed)
        leaving = {mailboxes.key(address) for address in without}
        outside = [one.pk for one in listed.outside.all() if mailboxes.key(one.email) in leaving] if leaving else []
        listed.outside.filter(pk__in=outside).delete()
        pairs = list(wanted)
        listed.nominees.exclude(person__in=[person.pk for person, _relationship in pairs]).delete()
        before = set(listed.nominees.values_list("person", flat=True))
        for person, relationship in pairs:
            add(subject, person, relationship, by=None)
        if listed.state == State.APPROVED:
            _ask(listed, listed.nominees.exclude(person__in=before))


def refuse_full(subject: Participant, found: rules.Rules) -> None:
    """Raise StepRefusedError if the list has the maximum number of people."""
    if found.maximum and rules.chosen(subject) >= found.maximum:
        words = ngettext(
            "At most %(n)d person can be chosen. Remove a person first.",
            "At most %(n)d people can be chosen. Remove a person first.",
            found.maximum,
        )
        raise StepRefusedError(words % {"n": found.maximum})


def held(subject: Participant, *, editor: Person | None = None) -> tuple[NominationList, rules.Rules]:
    """The list and its rules, under the assessment's lock; raises StepRefusedError if `editor` may not change it."""
    subject.assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("brand", "survey")
        .get(pk=subject.assessment_id)
    )
    subject.refresh_from_db(fields=["status", "removed_at"])
    if not rules.is_running(subject):
        raise StepRefusedError(_("Nobody can be chosen any more: answers are no longer collected."))
    listed, found = rules.list_of(subject), rules.rules(subject)
    if editor is not None and not rules.may_edit(editor, subject, listed, found):
        raise StepRefusedError(_("This list cannot be changed now."))
    return listed, found


def keep(listed: NominationList) -> None:
    """Store a list that has no row yet."""
    if listed._state.adding:
        listed.save()


def _move(listed: NominationList, state: State, reason: str = "") -> None:
    listed.state, listed.reason, listed.changed_at = state, reason, timezone.now()
    listed.save()


def _ask(listed: NominationList, nominees: QuerySet[Nominee]) -> None:
    """Ask nominees who have no evaluation or left the assessment, except those who left the directory."""
    theirs = Evaluation.objects.filter(subject=listed.subject)
    given = theirs.filter(unsolicited=True, evaluator__in=nominees.order_by().values("person"))
    given.update(unsolicited=False, asked_at=timezone.now())
    asked = set(theirs.values_list("evaluator", flat=True))
    for nominee in nominees.select_related("person").filter(person__removed_at=None):
        if nominee.person_id in asked:
            enlist(listed.assessment, [nominee.person], subjects=False)
        else:
            evaluators.add(listed.assessment, listed.subject, nominee.person, nominee.relationship)
