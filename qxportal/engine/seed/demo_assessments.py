"""The demo's assessments: participants, progress and dates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from qxportal.engine.models import Assessment, Evaluation
from qxportal.engine.seed.people import Colleague
from qxportal.engine.seed.running import Running
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF

Status = Evaluation.Status


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoAssessment:
    """One assessment to be made."""

    name: str
    form: str
    status: Assessment.Status
    subjects: int
    who: Callable[[Colleague], bool]
    peers: tuple[int, int]
    direct_reports: int
    answered: float  # share of evaluations that are completed
    begun: float = 0.0  # share of the others that are in progress
    declined: float = 0.0  # share of the others that declined
    own: tuple[str, int, int] | None = None  # custom relationship with the least and most evaluators
    translations: dict[str, str] | None = None
    created: int = 0  # days ago, like the next two
    activated: int | None = None
    closed: int | None = None
    done: bool = False
    options: Mapping[str, object] = field(default_factory=dict)  # of the workflow, beside declining


def leads(colleague: Colleague) -> bool:
    """Whether a colleague below the top leads at least three people."""
    return colleague.level > 0 and len(colleague.reports) >= 3


RICH_ASSESSMENTS = (
    DemoAssessment(
        name="Leadership 360 spring 2026",
        form="Leadership 360",
        status=Assessment.Status.CLOSED,
        subjects=20,
        who=lambda one: leads(one) and one.department in ("Engineering", "Information Technology", "Finance"),
        peers=(4, 6),
        direct_reports=6,
        answered=0.93,
        declined=0.5,
        own=("Project lead", 1, 4),
        translations={"DE": "Projektleitung", "FR": "Chef de projet"},
        created=262,
        activated=251,
        closed=216,
        done=True,
    ),
    DemoAssessment(
        name="Operations leaders 360",
        form="Leadership 360",
        status=Assessment.Status.ACTIVE,
        subjects=13,
        who=lambda one: leads(one) and one.department == "Operations",
        peers=(4, 6),
        direct_reports=6,
        answered=1.0,
        own=("Internal customer", 3, 4),
        translations={"DE": "Interner Kunde", "PL": "Klient wewnętrzny"},
        created=71,
        activated=62,
        done=True,
    ),
    DemoAssessment(
        name="Commercial leaders 360",
        form="Leadership 360",
        status=Assessment.Status.ACTIVE,
        subjects=14,
        who=lambda one: leads(one) and one.department in ("Sales", "Customer Service", "Marketing"),
        peers=(4, 6),
        direct_reports=6,
        answered=0.955,
        begun=0.4,
        own=("Customer", 3, 4),
        translations={"DE": "Kunde", "FR": "Client", "ES": "Cliente"},
        created=45,
        activated=36,
    ),
    DemoAssessment(
        name="Leadership 360 autumn 2026",
        form="Leadership 360",
        status=Assessment.Status.ACTIVE,
        subjects=25,
        who=leads,
        peers=(3, 6),
        direct_reports=6,
        answered=0.52,
        begun=0.2,
        declined=0.04,
        own=("Project lead", 1, 3),
        translations={"DE": "Projektleitung", "FR": "Chef de projet"},
        created=25,
        activated=13,
    ),
    DemoAssessment(
        name="New team leads 360",
        form="Working together",
        status=Assessment.Status.ACTIVE,
        subjects=10,
        who=lambda one: one.level == 3 and len(one.reports) >= 2,
        peers=(3, 3),
        direct_reports=3,
        answered=0.55,
        begun=0.15,
        declined=0.3,
        created=40,
        activated=31,
    ),
    DemoAssessment(
        name="Leadership 360 spring 2027",
        form="Leadership 360",
        status=Assessment.Status.DRAFT,
        subjects=12,
        who=lambda one: one.level in (1, 2),
        peers=(3, 4),
        direct_reports=5,
        answered=0.0,
        own=("Project lead", 1, 2),
        translations={"DE": "Projektleitung"},
        created=4,
    ),
    DemoAssessment(
        name="Expert feedback winter 2026",
        form="Working together",
        status=Assessment.Status.ACTIVE,
        subjects=8,
        who=lambda one: one.level == 2,
        peers=(0, 0),
        direct_reports=0,
        answered=0.0,
        created=8,
        activated=5,
        options={
            "SubjectsNominate": True,
            "NominationApproval": True,
            "MinimumEvaluators": 4,
            "MaximumEvaluators": 8,
        },
    ),
)

RICH_RUNNING = Running(
    scheduled="Leadership 360 autumn 2026",
    chosen="Expert feedback winter 2026",
    visited="Commercial leaders 360",
    visits_as="Customer",
)

SMALL_ASSESSMENTS = (
    DemoAssessment(
        name="Studio feedback 2025",
        form="Working together",
        status=Assessment.Status.CLOSED,
        subjects=9,
        who=lambda one: one.level >= 1,
        peers=(3, 5),
        direct_reports=5,
        answered=0.95,
        created=380,
        activated=370,
        closed=340,
        done=True,
    ),
    DemoAssessment(
        name="Studio feedback 2026",
        form="Working together",
        status=Assessment.Status.ACTIVE,
        subjects=12,
        who=lambda one: one.level >= 1,
        peers=(3, 5),
        direct_reports=5,
        answered=0.6,
        begun=0.2,
        created=16,
        activated=9,
    ),
)


def evaluators(
    one: Colleague, demo: DemoAssessment, everyone: Sequence[Colleague], rng: Random
) -> list[tuple[Colleague, str]]:
    """A subject's evaluators with their relationships, each person once."""
    chosen: list[tuple[Colleague, str]] = [(one, SELF)]
    taken = {one.email}

    def take(candidates: Sequence[Colleague], relationship: str, count: int) -> None:
        free = [each for each in candidates if each.email not in taken]
        for each in rng.sample(free, min(count, len(free))):
            taken.add(each.email)
            chosen.append((each, relationship))

    if one.manager:
        take([one.manager], MANAGER, 1)
    take(one.reports, DIRECT_REPORT, demo.direct_reports)
    wanted = rng.randint(*demo.peers)
    siblings = one.manager.reports if one.manager else []
    take(siblings, PEER, wanted)
    level = [each for each in everyone if each.level == one.level and each.department == one.department]
    take(level, PEER, wanted - _count(chosen, PEER))
    take([each for each in everyone if each.level == one.level], PEER, wanted - _count(chosen, PEER))
    if demo.own:
        name, least, most = demo.own
        elsewhere = [each for each in everyone if each.department != one.department and each.level >= 2]
        take(elsewhere, name, rng.randint(least, most))
    return chosen


def _count(chosen: Sequence[tuple[Colleague, str]], relationship: str) -> int:
    return sum(1 for _each, given in chosen if given == relationship)


def state(demo: DemoAssessment, subject_number: int, relationship: str, rng: Random) -> Evaluation.Status:
    """The state of one evaluation; varies between people and subjects."""
    if demo.status == Assessment.Status.DRAFT:
        return Status.NOT_STARTED
    share = demo.answered
    if 0.1 < share < 0.9:  # some subjects are nearly there, others have hardly begun
        share = min(0.97, max(0.08, share + (subject_number % 5 - 2) * 0.17))
    if relationship in (SELF, MANAGER) and share < 1:
        share = min(0.98, share + 0.1)
    if rng.random() < share:
        return Status.COMPLETED
    draw = rng.random()
    if draw < demo.declined and relationship != SELF:
        return Status.DECLINED
    return Status.IN_PROGRESS if draw < demo.declined + demo.begun else Status.NOT_STARTED
