"""Group reports: means of units of an assessment's subjects, computed by the server, stored as received."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from assessments import unit_names
from assessments.fence import others
from assessments.models import Assessment, Release, ReportLink, Subject, UnitReport
from assessments.progress import COLUMNS, FIELDS_OFFERED, STORED_IN
from assessments.report_audience import BY_ROLE, by_role
from assessments.subject_selectors import subjects_of
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.threesixty.calls.group_reports import GetGroupReport
from qxportal.threesixty.records.group_reports import GroupReportRecord

FEWEST = 5  # subjects that a unit needs; the server's rule asks for no less
MOST_UNITS = 60
MOST_READ = 2_000  # different metadata, to find out their names


@dataclass(frozen=True)
class Unit:
    """Subjects who share a value, or were selected."""

    name: str
    persons: tuple[str, ...]  # the vendor's ids


@dataclass(frozen=True)
class Units:
    """The units to request, and the number of units with too few subjects."""

    title: str
    units: tuple[Unit, ...]
    small: int = 0
    own: bool = False  # whether the member belongs to a unit and was left out
    hr: int = 0  # subjects left out because their role opens single reports


def makes_unit_reports(org: Organisation) -> bool:
    """Whether the server supports means of units."""
    return may_ask(org, GetGroupReport)


def reports_of(member: Member, assessment: Assessment) -> QuerySet[UnitReport]:
    """The group reports of an assessment in which the member is not."""
    rows = UnitReport.objects.filter(org=member.org, assessment=assessment).select_related("made_by__user")
    own = sorted(fence_of(member).keys)
    return rows.exclude(persons__has_any_keys=own) if own else rows


def fields_of(assessment: Assessment) -> list[str]:
    """The metadata fields by which subjects can be grouped, in addition to the standard fields."""
    people = Person.objects.filter(subjects__assessment=assessment, subjects__gone_at=None)
    keys = people.order_by().values_list("metadata", flat=True).distinct()[:MOST_READ]
    return sorted({name for metadata in keys for name in metadata} - set(COLUMNS.values()))[:FIELDS_OFFERED]


def units_by_field(member: Member, assessment: Assessment, field: str, language: str) -> Units:
    """Subjects grouped by a field of the directory; `ALL_SUBJECTS` makes one unit.

    A unit without a name of its own is named in the report's language.
    """
    with override(language):
        everybody, nothing = unit_names.all_subjects(), unit_names.without_value()
        label = unit_names.of_fields(fields_of(assessment)).get(field, field)
    everyone = subjects_of(assessment).select_related("person")
    staff = _hr_subjects(member)
    found: defaultdict[str, list[Subject]] = defaultdict(list)
    for subject in others(member, everyone).exclude(pk__in=staff):
        found[everybody if field == unit_names.ALL_SUBJECTS else _value(subject, field)].append(subject)
    large = sorted(
        (one for one in found.items() if len(one[1]) >= FEWEST), key=lambda one: (not one[0], one[0].lower())
    )
    units = tuple(Unit(name or nothing, tuple(each.vendor_id for each in rows)) for name, rows in large)
    if len(units) > MOST_UNITS:
        raise ActionRefused(
            _("“%(field)s” has too many values for one report. Choose another field.") % {"field": label}
        )
    own = everyone.filter(pk__in=fence_of(member).subjects).exists()
    return Units(label, units, len(found) - len(units), own, everyone.filter(pk__in=staff).count())


def unit_of(member: Member, assessment: Assessment, chosen: Sequence[int], name: str) -> Units:
    """One unit of chosen subjects."""
    rows = subjects_of(assessment).filter(pk__in=chosen)
    staff = _hr_subjects(member)
    persons = tuple(others(member, rows).exclude(pk__in=staff).values_list("vendor_id", flat=True))
    units = (Unit(name, persons),) if len(persons) >= FEWEST else ()
    own = rows.filter(pk__in=fence_of(member).subjects).exists()
    return Units(name, units, int(not units), own, rows.filter(pk__in=staff).count())


def _hr_subjects(member: Member) -> set[int]:
    """Subjects who are, or may be, other members whose role opens single reports.

    Such a member can open all reports but the own one. With a group report passed on by a colleague, the member could
    compute the own figures, so these are never part of one.
    """
    found: set[int] = set()
    for one in by_role(member):
        found |= fence_of(one).subjects
    return found - fence_of(member).subjects


def look(assessment: Assessment, units: Iterable[Unit]) -> GroupReportRecord:
    """Preview a report on these units without figures (qxGetGroupReport); nothing is stored."""
    return _ask(assessment, units, preview=True)


def make(assessment: Assessment, chosen: Units, *, by: Member, language: str) -> UnitReport:
    """Request and store a report on these units (qxGetGroupReport); equal figures are stored once a day."""
    if not makes_unit_reports(assessment.org):
        raise ActionRefused(_("The connected survey service does not offer this."))
    found = _ask(assessment, chosen.units, language=language.upper())
    known = UnitReport.objects.filter(assessment=assessment, title=chosen.title[:200], content=found.raw).first()
    if known is not None:  # the same figures of the same day
        return known
    with transaction.atomic():
        made = UnitReport.objects.create(
            org=assessment.org,
            assessment=assessment,
            title=chosen.title[:200],
            persons=sorted({person for unit in chosen.units for person in unit.persons}),
            content=found.raw,
            made_by=by,
        )
        note(assessment.org, by=by, verb="unit-report.made", target=assessment.vendor_id, words=assessment.name)
    return made


def _ask(
    assessment: Assessment, units: Iterable[Unit], *, preview: bool | None = None, language: str | None = None
) -> GroupReportRecord:
    units = tuple(units)
    groups = tuple({"Name": unit.name[:200], "SubjectIDs": list(unit.persons)} for unit in units)
    call = GetGroupReport(
        assessment_id=assessment.vendor_id,
        groups=groups,
        readers=_readers(assessment, units) or None,
        language=language,
        preview=preview,
    )
    with client_for(assessment.org) as threesixty:
        return threesixty.call(call)


def _readers(assessment: Assessment, units: Iterable[Unit]) -> tuple[tuple[str, ...], ...]:
    """For each person to whom the portal released or mailed reports on these subjects: the subjects.

    The server knows those of its own site. A link that ended before it was used told nothing, nor did a release that
    was withdrawn before. A member who says who he or she is counts alone, and as one with that person.
    """
    asked = {person for unit in units for person in unit.persons}
    found: defaultdict[str, set[str]] = defaultdict(set)
    releases = Release.objects.filter(org=assessment.org, report__assessment=assessment)
    rows = [*releases.values_list("member", "member__person_key", "report__subject__vendor_id")]
    opened = AuditEntry.objects.filter(org=assessment.org, target=assessment.vendor_id, verb="report.opened")
    opened = opened.exclude(by=None).exclude(by__role__in=BY_ROLE)  # by release, be it withdrawn since
    entries = opened.values_list("by", "by__person_key", "details__about")
    for member, key, about in (*rows, *((by, key, one) for by, key, several in entries for one in several or ())):
        found[f"member {member}"].add(about)
        if key:
            found[f"person {key}"].add(about)
    links = ReportLink.objects.filter(org=assessment.org, report__assessment=assessment)
    links = links.filter(Q(openings__gt=0) | Q(ended_at=None, until__gt=timezone.now()))
    for key, about in links.values_list("person__vendor_id", "report__subject__vendor_id"):
        found[f"person {key}"].add(about)
        found[f"link {key}"].add(about)
    return tuple(sorted({tuple(sorted(about & asked)) for about in found.values() if about & asked}))


def _value(subject: Subject, field: str) -> str:
    person = subject.person
    if person is None:
        return ""
    said = getattr(person, STORED_IN[field]) if field in STORED_IN else person.metadata.get(field, "")
    return str(said or "").strip()
