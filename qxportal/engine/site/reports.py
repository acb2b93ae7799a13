"""A report from its reader's view: access, edition and openings."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language

from qxportal.core.languages import written
from qxportal.engine.editions import definitions, making, report_access
from qxportal.engine.editions.definitions import Definitions
from qxportal.engine.editions.earlier import opened_by
from qxportal.engine.editions.making import LastGiven
from qxportal.engine.editions.report_access import State, Viewer
from qxportal.engine.editions.report_source import report_source
from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import ActionPlan, Assessment, Edition, Person, ReportAccess, ReportOpening
from qxportal.engine.people import devices
from qxportal.engine.reports import aggregate, types
from qxportal.engine.reports.results import ReportData
from qxportal.engine.site import action_plans
from qxportal.engine.site.report_people import ReportPerson, people_of
from qxportal.engine.site.visitors import Visitor

STAYS_OPEN = timedelta(hours=12)  # for which a device may show an opened report again


class NotReadyError(Exception):
    """There are no figures about the subject yet."""


@dataclass
class Reading:
    """One person's access to a report, or the person's task to approve it."""

    access: ReportAccess
    person: Person
    approving: bool = False
    opened_here: Collection[int] | None = None  # editions opened on this device; None: not read yet
    defined: Definitions | None = None  # the assessment's definitions; None: not read yet
    mark: str = ""  # of the device (people/devices.py)

    @cached_property
    def state(self) -> State:
        """The access's state; the approver may read the report until the decision."""
        return State.OPEN if self.approving else report_access.state(self.access)

    @property
    def is_own(self) -> bool:
        """Whether the reader is the subject."""
        return self.access.subject.person_id == self.person.pk

    @cached_property
    def _last(self) -> LastGiven | None:
        return making.last_given(self.access.assessment, self.access.subject)

    @property
    def has_edition(self) -> bool:
        """Whether there is an edition."""
        return self._last is not None

    @cached_property
    def is_ready(self) -> bool:
        """Whether there are figures, or can be on request."""
        subject, assessment = self.access.subject, self.access.assessment
        if self.has_edition:
            return True
        return assessment.type == Assessment.Type.THREE_SIXTY and making.over(assessment, subject)

    def edition(self) -> Edition:
        """The edition to open; makes the first one if there is none. Raises NotReadyError."""
        try:
            if self.approving:
                return report_access.edition_to_approve(self.access, self._last)
            return report_access.edition_of(self.access, self._last)
        except Conflict:
            raise NotReadyError from None

    @property
    def viewer(self) -> types.Viewer:
        """The viewer for whom the report is prepared."""
        if self.is_own:
            return types.Viewer(kind=types.ViewerKind.SUBJECT)
        return types.Viewer(kind=types.ViewerKind.PERSON, name=str(self.person), person_id=self.person.public_id)

    @cached_property
    def plan(self) -> ActionPlan | None:
        """The reader's own action plan; None for another subject's report, or if this device may not show it."""
        plan = action_plans.joined_plan(self.access) if self.is_own else None
        return None if plan is None or devices.is_plan_hidden(self.mark, plan) else plan

    def report(self, edition: Edition) -> ReportData:
        """The edition's report in the page's language, with the reader's own plan if requested."""
        about = self.access.assessment, self.access.subject, edition
        page = written(get_language() or "")
        source = report_source(*about, may_compare=opened_by(self.person), defined=self.defined, language=page)
        report = aggregate.report(source, self.viewer)
        return replace(report, plan=action_plans.goals(self.plan)) if self.plan and self.plan.in_pdf else report

    def note(self, what: ReportOpening.What, edition: Edition, visitor: Visitor) -> None:
        """Record that the person opened the report."""
        ReportOpening.objects.create(
            brand_id=self.access.brand_id,
            access=self.access,
            person=self.person,
            what=what,
            edition=edition.number,
            device=visitor.device,
        )

    def was_opened(self, edition: Edition, visitor: Visitor | None = None) -> bool:
        """Whether the person has opened this edition: ever, or recently on this device."""
        if visitor is not None and self.opened_here is not None:
            return edition.number in self.opened_here
        found = ReportOpening.objects.filter(access=self.access, person=self.person, edition=edition.number)
        if visitor is not None:
            found = found.filter(_opened_at(visitor))
        return found.exists()

    @cached_property
    def people(self) -> list[ReportPerson]:
        """The people of the report: its readers, its subject's managers and readers of the subject's plan."""
        return people_of(self.access.subject)

    @property
    def others(self) -> list[ReportPerson]:
        """Other people who may open the report now or later."""
        return [one for one in self.people if one.viewer and one.person.pk != self.person.pk]


def reading_of(person: Person, access_id: str, visitor: Visitor) -> Reading | None:
    """A person's reading of a report by access id; None if it is another person's or not open yet."""
    brand = person.org_structure.brand_id
    access = report_access.accesses().filter(public_id=access_id, brand=brand).first()
    return _permitted(Reading(access, person, mark=visitor.mark)) if access else None


def whole_reading_of(person: Person, access_id: str, visitor: Visitor) -> Reading | None:
    """The same as `reading_of`, with everything that the report's page needs of an access, in one query."""
    brand = person.org_structure.brand_id
    opened = ReportOpening.objects.filter(_opened_at(visitor), access=OuterRef("pk"), person=person.pk)
    found = report_access.accesses().filter(public_id=access_id, brand=brand)
    access = (
        found.select_related("assessment__brand__logo_image", "subject__action_plan")
        .annotate(
            own=definitions.relationships("assessment"),
            tables=definitions.tables("assessment"),
            opened_here=ArraySubquery(opened.values("edition")),
        )
        .first()
    )
    if access is None:
        return None
    defined = definitions.read(access.own, access.tables)
    return _permitted(Reading(access, person, opened_here=access.opened_here, defined=defined, mark=visitor.mark))


def _permitted(found: Reading) -> Reading | None:
    if found.access.person_id == found.person.pk:
        return found if found.state in (State.OPEN, State.ENDED) else None
    return replace(found, approving=True) if report_access.waits_for(found.access, found.person) else None


def _opened_at(visitor: Visitor) -> Q:
    """Filter for recent openings on this device."""
    return Q(device=visitor.device, at__gt=timezone.now() - STAYS_OPEN)


def readings_of(person: Person) -> list[Reading]:
    """All reports that a person may open now."""
    rows = report_access.accesses().filter(person=person, brand=person.org_structure.brand_id)
    found = [Reading(row, person) for row in rows.order_by("-from_at", "pk")]
    return [one for one in found if one.state is State.OPEN]


def approvals_of(person: Person) -> list[Reading]:
    """All reports that wait for a person's approval and have figures."""
    about = Q(subject__person__manager=person) | Q(subject__evaluations__evaluator=person)
    rows = report_access.accesses().filter(
        about, viewer=Viewer.SUBJECT, approved_edition=None, brand=person.org_structure.brand_id
    )
    found = [Reading(row, person, approving=True) for row in rows.order_by("pk").distinct()]
    return [one for one in found if report_access.waits_for(one.access, person) and one.is_ready]
