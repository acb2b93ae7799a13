"""The contents of a report as plain data. Everything in a ReportData may be shown: suppression removed the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from qxportal.engine.reports.types import Kind, Look, Norm, Policy

OVERALL = "others"  # key for everyone but the subject


class Spread(StrEnum):
    """The spread of ratings."""

    TIGHT = "tight"
    MIXED = "mixed"
    SPLIT = "split"


class Gap(StrEnum):
    """How the self rating compares with the others'."""

    HIGHER = "higher"
    SIMILAR = "similar"
    LOWER = "lower"


class Verdict(StrEnum):
    """The verdict on self rating and others' rating, on which headline, map, tables and texts are based.

    within the band of agreement             AGREED_STRENGTH, AGREED_NEED
    a large gap, larger than raters differ   BLIND_SPOT, RATED_HIGHER; HIDDEN_STRENGTH, RATED_LOWER
    a gap between the two                    SOMEWHAT_HIGHER, SOMEWHAT_LOWER
    """

    AGREED_STRENGTH = "agreed_strength"
    HIDDEN_STRENGTH = "hidden_strength"
    BLIND_SPOT = "blind_spot"
    AGREED_NEED = "agreed_need"
    RATED_HIGHER = "strength_rated_even_higher"
    RATED_LOWER = "need_rated_even_lower"
    SOMEWHAT_HIGHER = "somewhat_higher"
    SOMEWHAT_LOWER = "somewhat_lower"

    @property
    def gap(self) -> Gap:
        """How the self rating compares with the others'."""
        return VERDICT_GAPS.get(self, Gap.SIMILAR)

    @property
    def notable(self) -> bool:
        """Whether the gap is large and exceeds the usual disagreement of raters."""
        return self in NOTABLE


VERDICT_GAPS = {
    Verdict.BLIND_SPOT: Gap.HIGHER,
    Verdict.RATED_HIGHER: Gap.HIGHER,
    Verdict.SOMEWHAT_HIGHER: Gap.HIGHER,
    Verdict.HIDDEN_STRENGTH: Gap.LOWER,
    Verdict.RATED_LOWER: Gap.LOWER,
    Verdict.SOMEWHAT_LOWER: Gap.LOWER,
}
NOTABLE = {Verdict.BLIND_SPOT, Verdict.RATED_HIGHER, Verdict.HIDDEN_STRENGTH, Verdict.RATED_LOWER}


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One visible line of results: a relationship, a report group, or several merged."""

    key: str
    label: str
    kind: Kind | None  # None for merged groups and for the total
    n: int
    merged: tuple[str, ...] = ()  # labels of merged relationships


@dataclass(frozen=True, kw_only=True, slots=True)
class Responses:
    """Response counts of one relationship, asked and unasked; both are None below the minimum."""

    label: str
    invited: int
    answered: int | None
    unasked: int | None
    shown_as: str | None  # label of the group that carries the answers, None when not shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One number that may be shown: a mean with one decimal, and its number of raters."""

    mean: float
    n: int
    spread: Spread | None = None
    indicative: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemResult:
    """One statement's numbers; groups without a cell are suppressed."""

    id: str
    text: str
    competency: str
    cells: Mapping[str, Cell]  # group key -> cell
    others: Cell | None
    verdict: Verdict | None = None
    points: int | None = None  # if it has a scale of its own
    ends: tuple[str, str] | None = None  # labels of its lowest and highest point, if statements of its question differ


@dataclass(frozen=True, kw_only=True, slots=True)
class CompetencyResult:
    """One competency's numbers and those of its statements."""

    id: str
    name: str
    description: str
    cells: Mapping[str, Cell]
    others: Cell | None
    verdict: Verdict | None
    items: tuple[ItemResult, ...]

    @property
    def self_cell(self) -> Cell | None:
        """The subject's own rating."""
        return self.cells.get("self")


@dataclass(frozen=True, kw_only=True, slots=True)
class CommentBlock:
    """Comments shown together; label None if the group is too small to be named."""

    label: str | None
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionComments:
    """The answers to one open question; `withheld`: some may not be shown."""

    id: str
    text: str
    blocks: tuple[CommentBlock, ...]
    withheld: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """One goal of the subject's own action plan, in the subject's words."""

    goal: str
    steps: str = ""
    due: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """A printed figure of an earlier round, and the change to the printed figure now."""

    cell: Cell
    change: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Figures of an earlier round that both rounds show, by competency or statement and by line."""

    assessment_id: str
    assessment_name: str
    edition: int
    data_date: date
    time_zone: str
    compared: int  # equal statements with equal scales
    statements: int  # of this report
    other_scale: int  # equal statements with another number of points
    figures: Mapping[str, Mapping[str, Before]]  # competency or item id -> group key or OVERALL -> earlier figure


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportData:
    """A whole report after suppression; everything in it may be shown to its viewer."""

    report_id: str
    assessment_id: str
    assessment_name: str
    brand_name: str
    subject_id: str
    subject_name: str
    subject_title: str
    subject_department: str
    prepared_for: str
    language: str
    scale: tuple[str, ...]
    opened_on: date | None
    closed_on: date | None
    data_date: date
    time_zone: str
    policy: Policy
    groups: tuple[Group, ...]  # self first, then manager, then the others; no total
    others_n: int
    responses: tuple[Responses, ...]
    competencies: tuple[CompetencyResult, ...]
    strengths: tuple[ItemResult, ...]
    needs: tuple[ItemResult, ...]
    comments: tuple[QuestionComments, ...]
    norms: tuple[Norm, ...] = ()
    other_questions: int = 0
    survey_language: str = ""  # where it is not the report's
    cover: str = ""  # the brand's words
    confidential: str = ""
    cover_language: str = ""  # where it is not the report's
    confidential_language: str = ""
    look: Look = field(default_factory=Look)
    example: bool = False  # of a fictional person; every page says so
    plan: tuple[Goal, ...] = ()  # if the subject wants it in the own report
    comparison: Comparison | None = None  # with an earlier round
