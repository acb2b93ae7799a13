"""Activity in the demo's running assessments: dates, extensions, declined evaluations, nominations, a customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from qxportal.engine.assessments import answering, evaluators
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.models import Assessment, Evaluation, Participant, Person, Schedule
from qxportal.engine.nominations import rules, steps
from qxportal.engine.people.directory import take_positions
from qxportal.engine.schedules import dates
from qxportal.threesixty.relationships import PEER

Status = Evaluation.Status
CLOSING, EVENING, MORNING = time(18), timedelta(hours=18), timedelta(hours=9)
REMINDED, REMINDS, CLOSES, REPORTS, LONGER = 7, 8, 12, 14, 5  # days: since opening, then from today, then after closing
REASONS = (  # why somebody declined, by the language of the evaluation
    {
        "EN": "We have hardly worked together since I changed teams in spring.",
        "DE": "Seit meinem Teamwechsel im Frühjahr haben wir kaum noch zusammengearbeitet.",
    },
    {
        "EN": "I was on leave for most of the last half-year and would only repeat what others told me.",
        "DE": "Ich war fast das ganze letzte Halbjahr in Elternzeit und würde nur Hörensagen wiedergeben.",
    },
)
SENT_BACK = "Please add a person from outside the department who depends on your results."


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A brand's assessments with activity, by name."""

    scheduled: str  # with dates, more time for one person, and evaluators who declined
    chosen: str  # whose subjects choose evaluators
    visited: str  # to which a customer from outside was invited
    visits_as: str  # what that customer is to the subject


def go_on(running: Running, assessments: Sequence[Assessment]) -> None:
    """Create the activity so far."""
    found = {one.name: one for one in assessments}
    scheduled = found[running.scheduled]
    _extend(_schedule(scheduled))
    _decline(scheduled)
    _choose(found[running.chosen])
    _visit(found[running.visited], running.visits_as)


def _schedule(assessment: Assessment) -> Schedule:
    """Dates of an assessment that its schedule has opened."""
    opened = assessment.activated_at
    if opened is None:
        raise ValueError(f"{assessment.name} is a draft.")
    Schedule.objects.create(brand=assessment.brand, assessment=assessment, opens_at=opened, opened_at=opened)
    today = timezone.now().astimezone(assessment.brand.zone).date()  # dates that are set lie ahead
    wanted = dates.Dates(
        opens_at=opened,
        closes_at=_at(assessment, today, CLOSES) + EVENING,
        remind_at=[opened + timedelta(days=REMINDED), _at(assessment, today, REMINDS) + MORNING],
        report_at=_at(assessment, today, REPORTS) + MORNING,
        close_sessions=False,
        delete_mailings=True,
        ready_reports=True,
    )
    return dates.set_dates(assessment, wanted)


def _at(assessment: Assessment, today: date, days: int) -> datetime:
    """The beginning of a day of the brand."""
    return datetime.combine(today + timedelta(days=days), time(), tzinfo=assessment.brand.zone)


def _extend(schedule: Schedule) -> None:
    """An extension for an evaluator in progress."""
    begun = answering.open_evaluations().filter(relationship=PEER, status=Status.IN_PROGRESS)
    one = begun.filter(assessment=schedule.assessment).select_related("evaluator").order_by("pk").first()
    if one is not None and schedule.closes_at is not None:
        dates.extend(schedule.assessment, one.evaluator, schedule.closes_at + timedelta(days=LONGER))


def _decline(assessment: Assessment) -> None:
    """Evaluators of different subjects who declined, with reasons."""
    rows = answering.open_evaluations().filter(assessment=assessment, relationship=PEER, status=Status.NOT_STARTED)
    subjects: set[int] = set()
    for one in rows.filter(language__in=("EN", "DE")).order_by("pk"):
        if len(subjects) < len(REASONS) and one.subject_id not in subjects:
            answering.decline(one, REASONS[len(subjects)][one.language])
            subjects.add(one.subject_id)


def _choose(assessment: Assessment) -> None:
    """Nomination lists in every state: submitted, sent back, approved, begun and untouched."""
    subjects = assessment.participants.filter(is_subject=True).select_related("person__manager", "assessment__brand")
    for subject, stage in zip(subjects.order_by("pk"), STAGES, strict=False):
        number = rules.rules(subject).minimum + (1 if stage != "choosing" else -1)
        for person in _colleagues(subject, number if stage != "untouched" else 0):
            steps.add(subject, person, "", by=subject.person)
        if stage in ("handed in", "sent back", "approved"):
            steps.submit(subject, by=subject.person)
        if stage == "sent back":
            steps.send_back(subject, SENT_BACK)
        elif stage == "approved":
            steps.approve(subject)


STAGES = ("choosing", "handed in", "sent back", "approved", "handed in", "choosing", "approved", "untouched")


def _colleagues(subject: Participant, number: int) -> list[Person]:
    """Likely nominees of a subject: first of the same team, then of the same department."""
    asked = rules.asked(subject).values("evaluator")
    others = rules.choosable(subject).exclude(pk__in=asked).exclude(external=True).order_by("position")
    team = others.filter(manager=subject.person.manager_id)
    department = others.filter(division=subject.person.division_id).exclude(manager=subject.person.manager_id)
    missing = max(0, number - rules.chosen(subject))
    return [*team[:missing], *department[: max(0, missing - team[:missing].count())]]


def _visit(assessment: Assessment, relationship: str) -> None:
    """An external customer, asked about the first subject with an open round."""
    structure = assessment.org_structure
    email = "femke.dejong@houtrijk-logistics.example"
    customer = Person.objects.create(
        org_structure=structure,
        position=take_positions(structure, 1)[0],
        first_name="Femke",
        last_name="de Jong",
        email=email,
        user_name=email,
        external=True,
        metadata={"Title": "Head of Purchasing", "Company": "Houtrijk Logistics", "Country": "Netherlands"},
    )
    subject = assessment.participants.filter(is_subject=True, status=Participant.Status.WAITING).order_by("pk").first()
    if subject is None:
        raise ValueError(f"Nobody can be asked about in {assessment.name}.")
    enlist(assessment, [customer], subjects=False, external=True)
    evaluators.add(assessment, subject, customer, relationship)
