"""Lists of evaluators that subjects and managers choose: stored from the server's responses, read by the pages.

For a server without such lists nothing is stored, and the pages leave them out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from assessments.fence import others
from assessments.models import Assessment, Evaluation, Nominations, Subject
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core.stored_times import read_time, stored_time
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records.nominations import NominationRecord

OPEN, SENT_BACK, SUBMITTED, APPROVED = "Open", "SentBack", "Submitted", "Approved"
TURNS = ("Subject", "Manager", "HR")
TOLD = ("state", "turn", "manager_key", "facts", "seen_at")


@dataclass(frozen=True)
class Nominee:
    """One person on a list."""

    key: str  # the person's id at the server
    name: str
    relationship: str
    added_by: str  # name of the person who added the nominee; empty: HR
    person_pk: int | None

    @property
    def seen(self) -> str:
        """The nominee as a member saw it, for comparison with a later state."""
        return f"{self.name} ({self.relationship})"


@dataclass(frozen=True)
class OutsideNominee:
    """A listed person who is added to the directory when the list is approved."""

    name: str
    email: str
    relationship: str


@dataclass(frozen=True)
class NominationList:
    """One subject's list."""

    subject: Subject
    state: str
    turn: str
    manager: str  # the manager's name; empty if there is none
    reason: str
    changed_at: datetime | None
    minimum: int
    maximum: int  # 0: no limit
    chosen: int
    nominees: tuple[Nominee, ...] = ()
    outside: tuple[OutsideNominee, ...] = ()

    @property
    def missing(self) -> int:
        """Number of people that the list needs before it can be submitted."""
        return max(0, self.minimum - self.chosen)

    @property
    def whose(self) -> str:
        """Name of the subject or manager who acts next."""
        return {"Subject": str(self.subject), "Manager": self.manager}.get(self.turn, "")

    @property
    def editable(self) -> bool:
        """Whether people can still be chosen: the assessment is active and the subject waits for answers."""
        active = self.subject.assessment.status == Assessment.Status.ACTIVE
        return active and self.subject.status == Subject.Status.WAITING and self.subject.gone_at is None


def lets_choose(options: Mapping[str, Any] | None) -> bool:
    """Whether subjects or managers choose evaluators under these workflow options."""
    return bool(options and (options.get("SubjectsNominate") or options.get("ManagersChoose")))


def mirror_nominations(assessment: Assessment, records: Iterable[NominationRecord], *, as_of: datetime) -> None:
    """Store an assessment's reported lists and delete all others."""
    told = {record.subject_id: record for record in records}
    with transaction.atomic():
        kept = Nominations.objects.select_for_update().filter(assessment=assessment)
        newer = {row.subject_id for row in kept if row.seen_at > as_of}
        known = Subject.objects.filter(assessment=assessment, vendor_id__in=told).values_list("pk", "vendor_id")
        rows = [_row(assessment, pk, told[key], as_of) for pk, key in known if pk not in newer]
        Nominations.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["subject"], update_fields=TOLD, batch_size=1_000
        )
        Nominations.objects.filter(assessment=assessment, seen_at__lt=as_of).delete()
        ResourceSync.objects.update_or_create(
            org=assessment.org,
            resource=_resource(assessment),
            defaults={"seen_at": as_of, "tried_at": timezone.now(), "rows": len(told)},
        )


def forget_nominations(assessment: Assessment) -> None:
    """Delete the lists, as the assessment has none, or the server no longer reports them."""
    Nominations.objects.filter(assessment=assessment).delete()
    ResourceSync.objects.filter(org=assessment.org, resource=_resource(assessment)).delete()


def has_nominations(assessment: Assessment) -> bool:
    """Whether the server reported lists at the assessment's last sync."""
    return ResourceSync.objects.filter(org=assessment.org_id, resource=_resource(assessment)).exists()


def nominating(member: Member, assessment: Assessment) -> QuerySet[Subject]:
    """The subjects that have a list, without the member."""
    rows = Subject.objects.filter(assessment=assessment, gone_at=None, nominations__isnull=False)
    return others(member, rows).select_related("nominations", "assessment")


def turns_counted(rows: QuerySet[Subject]) -> dict[tuple[str, str], int]:
    """Number of lists in each state, by who acts next."""
    counted = rows.order_by().values_list("nominations__state", "nominations__turn").annotate(n=Count("pk"))
    return {(state, turn): n for state, turn, n in counted}


def lists_of(subjects: Iterable[Subject]) -> list[NominationList]:
    """The lists of these subjects with the managers' names, without the people on them."""
    rows = [(subject, subject.nominations) for subject in subjects]
    known = _people({row.org_id for _subject, row in rows}, {row.manager_key for _subject, row in rows})
    return [_list(subject, row, known) for subject, row in rows]


def list_of(subject: Subject) -> NominationList | None:
    """A subject's list with its people; None if the server reported none."""
    row = Nominations.objects.filter(subject=subject).first()
    if row is None:
        return None
    nominees: list[dict[str, str]] = row.facts["nominees"]
    keys = {row.manager_key, *(one["key"] for one in nominees), *(one["added_by"] for one in nominees)}
    known = _people({subject.org_id}, keys)
    evaluations = Evaluation.objects.filter(subject=subject, evaluator_key__in=keys - known.keys())
    names = {one.evaluator_key: one.evaluator_name for one in evaluations}
    names |= {key: str(person) for key, person in known.items()}
    found = [
        Nominee(
            one["key"],
            names.get(one["key"], one["key"]),
            one["relationship"],
            names.get(one["added_by"], one["added_by"]),
            known[one["key"]].pk if one["key"] in known else None,
        )
        for one in nominees
    ]
    return _list(subject, row, known, tuple(sorted(found, key=lambda one: (one.name, one.key))))


def seen_list(subject: Subject) -> list[str] | None:
    """A subject's nominees, for the comparison with later ones."""
    found = list_of(subject)
    return None if found is None else sorted(one.seen for one in found.nominees)


def _people(orgs: Iterable[int], keys: Iterable[str]) -> dict[str, Person]:
    return {one.vendor_id: one for one in Person.objects.filter(org__in=orgs, vendor_id__in=[*filter(None, keys)])}


def _list(
    subject: Subject, row: Nominations, people: Mapping[str, Person], nominees: tuple[Nominee, ...] = ()
) -> NominationList:
    changed_at = row.facts["changed_at"]
    manager = people.get(row.manager_key)
    return NominationList(
        subject=subject,
        state=row.state,
        turn=row.turn,
        manager=str(manager) if manager else row.manager_key,
        reason=row.facts["reason"],
        changed_at=read_time(changed_at),
        minimum=row.facts["minimum"],
        maximum=row.facts["maximum"],
        chosen=row.facts["chosen"],
        nominees=nominees,
        outside=tuple(OutsideNominee(**one) for one in row.facts.get("outside", ())),
    )


def _row(assessment: Assessment, pk: int, record: NominationRecord, as_of: datetime) -> Nominations:
    return Nominations(
        org=assessment.org,
        assessment=assessment,
        subject_id=pk,
        seen_at=as_of,
        state=record.state,
        turn=record.turn or ("" if record.state == APPROVED else "HR"),  # managers choose, and there is none
        manager_key=record.manager_id,
        facts={
            "reason": record.reason.replace("\x00", ""),
            "changed_at": stored_time(record.changed_at),
            "minimum": record.minimum,
            "maximum": record.maximum,
            "chosen": record.chosen,
            "nominees": [
                {"key": one.person_id, "relationship": one.relationship, "added_by": one.added_by}
                for one in record.nominees
            ],
            "outside": [
                {
                    "name": f"{one.first_name} {one.last_name}".replace("\x00", "").strip(),
                    "email": one.email.replace("\x00", ""),
                    "relationship": one.relationship.replace("\x00", ""),
                }
                for one in record.outside
            ],
        },
    )


def _resource(assessment: Assessment) -> str:
    return f"nominations:{assessment.vendor_id}"
