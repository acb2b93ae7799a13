"""Rules of nominations: who chooses a subject's evaluators, who approves them, and how many are needed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from qxportal.engine.models import (
    Assessment,
    Evaluation,
    NominationList,
    OutsideNominee,
    Participant,
    Person,
    mailboxes,
)

State = NominationList.State


@dataclass(frozen=True)
class Rules:
    """The rules for one subject's list, from the assessment's workflow options."""

    subject_chooses: bool
    manager_chooses: bool
    needs_approval: bool
    free_relationship: bool  # the chooser sets the relationship of nominees
    minimum: int
    maximum: int  # 0: no limit

    @property
    def any(self) -> bool:
        """Whether evaluators are chosen at all."""
        return self.subject_chooses or self.manager_chooses


def rules(subject: Participant, *, people: int | None = None) -> Rules:
    """The rules for a subject; the minimum is at most the number of choosable people.

    `people`: that number, if known (see `numbers_of_choosable`).
    """
    assessment = subject.assessment
    options = assessment.options
    wanted = _minimum(assessment)
    return Rules(
        subject_chooses=bool(options.get("SubjectsNominate")),
        manager_chooses=bool(options.get("ManagersChoose")) and manager_of(subject) is not None,
        needs_approval=bool(options.get("NominationApproval")),
        free_relationship=bool(options.get("SubjectsChooseRelationship")),
        minimum=choosable(subject)[:wanted].count() if people is None else min(wanted, people),
        maximum=int(options.get("MaximumEvaluators", 0)),
    )


def manager_of(subject: Participant) -> Person | None:
    """The subject's manager in the directory, if not removed."""
    manager = subject.person.manager
    return manager if manager is not None and manager.removed_at is None else None


def choosable(subject: Participant) -> QuerySet[Person]:
    """Possible nominees of a subject: all other people of the directory."""
    directory = Person.objects.filter(org_structure=subject.person.org_structure_id, removed_at=None)
    return directory.exclude(pk=subject.person_id)


def own_addresses(subject: Participant) -> tuple[str, str]:
    """The keys of the subject's own addresses: mail address and user name."""
    return subject.person.email_key, subject.person.user_name_key


def with_address(subject: Participant, email: str) -> Person | None:
    """The possible nominee with this address, or with the user name that it was."""
    address, people = mailboxes.key(email), choosable(subject).order_by("pk")
    return people.filter(email_key=address).first() or people.filter(user_name_key=address).first()


def numbers_of_choosable(subjects: Iterable[Participant]) -> dict[int, int]:
    """The number of possible nominees of each subject, by the subject's id; no further than their minimums ask for."""
    rows = list(subjects)
    most = 1 + max((_minimum(one.assessment) for one in rows), default=0)  # with the subject
    sizes = {
        directory: Person.objects.filter(org_structure=directory, removed_at=None)[:most].count()
        for directory in {one.person.org_structure_id for one in rows}
    }
    return {one.pk: sizes[one.person.org_structure_id] - (one.person.removed_at is None) for one in rows}


def _minimum(assessment: Assessment) -> int:
    return int(assessment.options.get("MinimumEvaluators", 0))


def search(subject: Participant, words: str, *, most: int = 20) -> QuerySet[Person]:
    """People of the directory whose name or address has each of these words."""
    found = choosable(subject)
    for word in words.split()[:5]:
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__istartswith=word))
    return found.select_related("division").order_by("last_name", "first_name", "pk")[:most]


def list_of(subject: Participant) -> NominationList:
    """A subject's list; an unchanged list is open and has no row."""
    return NominationList.objects.filter(subject=subject).first() or unchanged_list(subject)


def unchanged_list(subject: Participant) -> NominationList:
    """The list of a subject for whom none is stored."""
    return NominationList(brand=subject.assessment.brand, assessment=subject.assessment, subject=subject)


def asked(subject: Participant) -> QuerySet[Evaluation]:
    """Solicited evaluations of a subject by other present participants.

    Evaluations by people who left are excluded: only begun ones still exist, so they would reveal who had answered.
    """
    return asked_about([subject])


def asked_about(subjects: Collection[Participant]) -> QuerySet[Evaluation]:
    """Solicited evaluations of several subjects by other present participants."""
    found = Evaluation.objects.filter(
        subject__in=subjects,
        unsolicited=False,
        evaluator__removed_at=None,
        evaluator__participations__assessment=F("assessment"),
        evaluator__participations__removed_at=None,
    )
    return found.exclude(evaluator=F("subject__person"))


def chosen(subject: Participant) -> int:
    """Number of people on the list or asked otherwise; givers of unsolicited feedback do not count."""
    return _inside(subject) + outside(subject).count()


def outside(subject: Participant) -> QuerySet[OutsideNominee]:
    """The outside nominees of a subject's list."""
    return OutsideNominee.objects.filter(list__subject=subject)


def _inside(subject: Participant) -> int:
    nominated = Person.objects.filter(nominations__list__subject=subject, removed_at=None)
    return (nominated | Person.objects.filter(evaluations__in=asked(subject))).distinct().count()


def may_edit(person: Person, subject: Participant, listed: NominationList, found: Rules) -> bool:
    """Whether a person may change a list now: the subject while it is open, the manager also during approval."""
    if not is_running(subject):
        return False
    manager = manager_of(subject)
    as_manager = manager is not None and manager.pk == person.pk
    if listed.state in (State.OPEN, State.SENT_BACK):
        return (found.subject_chooses and person.pk == subject.person_id) or (found.manager_chooses and as_manager)
    return listed.state == State.SUBMITTED and as_manager


def may_approve(person: Person, subject: Participant, listed: NominationList) -> bool:
    """Whether a list waits for this person's approval; never the subject's own."""
    manager = manager_of(subject)
    is_manager = manager is not None and manager.pk == person.pk != subject.person_id
    return is_running(subject) and listed.state == State.SUBMITTED and is_manager


def is_running(subject: Participant) -> bool:
    """Whether people can still be asked about a subject."""
    active = subject.assessment.status == Assessment.Status.ACTIVE
    return active and subject.status == Participant.Status.WAITING and subject.removed_at is None


def turn(listed: NominationList, found: Rules, manager: Person | None) -> str:
    """Who acts next on a list: Subject, Manager, HR, or empty."""
    if not found.any or listed.state == State.APPROVED:
        return ""
    if listed.state == State.SUBMITTED:
        return "Manager" if manager else "HR"
    return "Subject" if found.subject_chooses else "Manager"


def waiting(assessment: Assessment, *, approval: bool, person: Person | None = None) -> set[int]:
    """Primary keys of people who have to choose evaluators or, with `approval`, to approve chosen ones.

    `person`: only the lists of this person and of the people managed by this person.
    """
    subjects = assessment.participants.filter(is_subject=True, removed_at=None, status=Participant.Status.WAITING)
    if person is not None:
        subjects = subjects.filter(Q(person=person) | Q(person__manager=person))
    lists = {one.subject_id: one for one in NominationList.objects.filter(subject__in=subjects)}
    people: set[int] = set()
    rows = list(subjects.select_related("person__manager", "assessment__brand"))
    choosable_of = numbers_of_choosable(rows)
    for subject in rows:
        listed, manager = lists.get(subject.pk) or unchanged_list(subject), manager_of(subject)
        if approval != (listed.state == State.SUBMITTED):
            continue
        who = turn(listed, rules(subject, people=choosable_of[subject.pk]), manager)
        if who == "Subject":
            people.add(subject.person_id)
        elif who == "Manager" and manager is not None:
            people.add(manager.pk)
    return people
