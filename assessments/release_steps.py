"""The steps of a release: which readers of each subject's report, and on which day after the first one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.report_access import Reader
from qxportal.threesixty.relationships import MANAGER
from qxportal.ui.stored_messages import Message, gettext_stored

PEOPLE, FIELD, RELATIONSHIP = "people", "field", "relationship"  # sources of coaches
AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class Steps:
    """On which day each kind of reader may open the report, counted from the first day; None: never."""

    first: date
    days: int | None = None  # that each reader has; None: until withdrawn
    subject: int | None = None
    manager: int | None = None
    coach: int | None = None
    coaches_by: str = PEOPLE
    coaches_in: str = ""  # the field with the coach's identifier, or the relationship
    coaches: tuple[str, ...] = ()  # vendor ids, the same for all chosen subjects
    unchecked: bool = False  # even if the first edition should be checked before it is made

    def kept(self) -> dict[str, Any]:
        """The steps as JSON."""
        return {**asdict(self), "first": self.first.isoformat(), "coaches": list(self.coaches)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The steps in stored form."""
        values = {**kept, "first": date.fromisoformat(kept["first"]), "coaches": tuple(kept.get("coaches", ()))}
        return cls(**values)

    @property
    def offsets(self) -> dict[Reader, int]:
        """Number of days by which each kind of reader gets the report."""
        days = {Reader.SUBJECT: self.subject, Reader.MANAGER: self.manager, Reader.OTHER: self.coach}
        return {reader: offset for reader, offset in days.items() if offset is not None}

    def times(self, reader: Reader, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """From when until when such a reader may open the report."""
        day = self.first + timedelta(days=self.offsets[reader])
        ends = midnight(day + timedelta(days=self.days), zone) if self.days else None
        return midnight(day, zone), ends


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The beginning of a day."""
    return datetime.combine(day, time.min, tzinfo=zone)


def rows_of(assessment: Assessment, subjects: Sequence[Subject], steps: Steps) -> list[SourceRow]:
    """A row for each reader of each subject; a kind of reader that a subject lacks is a row with a problem."""
    found: list[SourceRow] = []
    for start in range(0, len(subjects), AT_ONCE):
        part = subjects[start : start + AT_ONCE]
        managers = managers_of_all(part) if steps.manager is not None else {}
        coaches = _coaches(assessment, part, steps) if steps.coach is not None else {}
        for subject in part:
            known: dict[Reader, tuple[list[Person], Message]] = {
                Reader.SUBJECT: ([], ""),
                Reader.MANAGER: managers.get(subject.pk, ([], _no_manager())),
                Reader.OTHER: coaches.get(subject.pk, ([], gettext_stored("No coach is named."))),
            }
            for reader in steps.offsets:
                found += _rows(assessment.org, subject, reader, steps, *known[reader])
    return found


def _rows(
    org: Organisation, subject: Subject, reader: Reader, steps: Steps, people: Sequence[Person], problem: Message
) -> list[SourceRow]:
    from_at, until_at = steps.times(reader, ZoneInfo(org.time_zone))
    named = [(subject.vendor_id, str(subject))] if reader == Reader.SUBJECT else []
    named += [(person.vendor_id, str(person)) for person in people if person.vendor_id != subject.vendor_id]
    if reader != Reader.SUBJECT and people and not named:
        problem = gettext_stored("The subject would be the only reader of this kind.")
    if reader == Reader.SUBJECT and "@" in subject.vendor_id:
        named, problem = [], gettext_stored("It is not known which person of the directory the subject is.")
    values = {
        "subject": subject.vendor_id,
        "viewer": str(reader),
        "from": from_at.isoformat(),
        "until": until_at.isoformat() if until_at else "",
    }
    if not named:
        return [SourceRow(values={**values, "reader": "", "name": ""}, problem=problem)]
    return [SourceRow(values={**values, "reader": key, "name": name}) for key, name in named]


def managers_of_all(subjects: Iterable[Subject]) -> dict[int, tuple[list[Person], Message]]:
    """Each subject's manager: the directory's, else the only evaluator in the Manager relationship."""
    subjects = list(subjects)
    orgs = {one.org_id for one in subjects}
    addresses = {one.pk: one.person.manager_email for one in subjects if one.person and one.person.manager_email}
    at: dict[str, list[Person]] = defaultdict(list)
    for person in Person.objects.filter(org__in=orgs, email__in=set(addresses.values()), gone_at=None):
        at[person.email].append(person)
    rows = Evaluation.objects.filter(subject__in=subjects, relationship=MANAGER, gone_at=None, evaluator__gone_at=None)
    raters: dict[int, dict[str, Person]] = defaultdict(dict)
    for row in rows.select_related("evaluator").order_by("pk"):
        if row.evaluator is not None and row.subject_id is not None and row.evaluator_key != row.subject_key:
            raters[row.subject_id][row.evaluator.vendor_id] = row.evaluator
    found: dict[int, tuple[list[Person], Message]] = {}
    for one in subjects:
        above = [person for person in at.get(addresses.get(one.pk, ""), []) if person.vendor_id != one.vendor_id]
        above = above or list(raters[one.pk].values())
        if len(above) == 1:
            found[one.pk] = (above, "")
        elif above:
            found[one.pk] = ([], gettext_stored("Several people may be the manager."))
        else:
            found[one.pk] = ([], _no_manager())
    return found


def _coaches(
    assessment: Assessment, subjects: Sequence[Subject], steps: Steps
) -> dict[int, tuple[list[Person], Message]]:
    if steps.coaches_by == RELATIONSHIP:
        return _by_relationship(subjects, steps.coaches_in)
    if steps.coaches_by == FIELD:
        return _by_field(assessment.org, subjects, steps.coaches_in)
    people = list(Person.objects.filter(org=assessment.org, vendor_id__in=steps.coaches, gone_at=None))
    people.sort(key=lambda person: steps.coaches.index(person.vendor_id))
    return {one.pk: (people, "") for one in subjects} if people else {}


def _by_relationship(subjects: Sequence[Subject], name: str) -> dict[int, tuple[list[Person], Message]]:
    rows = Evaluation.objects.filter(subject__in=subjects, relationship=name, gone_at=None, evaluator__gone_at=None)
    found: dict[int, tuple[list[Person], Message]] = {}
    for row in rows.select_related("evaluator").order_by("sort_name", "pk"):
        if row.evaluator is not None and row.subject_id is not None:
            found.setdefault(row.subject_id, ([], ""))[0].append(row.evaluator)
    return found


def _by_field(org: Organisation, subjects: Sequence[Subject], field: str) -> dict[int, tuple[list[Person], Message]]:
    """People whose identifier is in a field of each subject: an address may belong to another person by now."""
    said = {one.pk: str(one.person.metadata.get(field) or "").strip() for one in subjects if one.person}
    wanted = {value for value in said.values() if value and "@" not in value}
    known: dict[str, Person] = {}
    ours = Person.objects.filter(org=org, gone_at=None)
    for person in ours.filter(raw__ExternalDataReference__in=sorted(wanted)):
        known[person.external_reference] = person
    known |= {person.vendor_id: person for person in ours.filter(vendor_id__in=wanted)}
    found: dict[int, tuple[list[Person], Message]] = {}
    for pk, value in said.items():
        if "@" in value:
            problem = gettext_stored("The field holds an e-mail address. It has to hold the coach’s identifier.")
            found[pk] = ([], problem)
        elif value and value not in known:
            found[pk] = ([], gettext_stored("No one in the directory has the identifier %(id)s.", id=value))
        elif value:
            found[pk] = ([known[value]], "")
    return found


def _no_manager() -> Message:
    return gettext_stored("The directory does not name exactly one manager.")
