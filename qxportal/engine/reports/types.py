"""What a report is made from and what it may show; plain data that knows no database.

    ReportSource --compute.report(source, viewer)--> ReportData --pdf.render--> bytes
                                                              --compute.report_json--> dict

Whatever is in a ReportData may be shown: everything else was left out by suppression.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from qxportal.threesixty import relationships
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD


class Kind(StrEnum):
    """What a relationship is to the anonymity rules."""

    SELF = relationships.SELF
    MANAGER = relationships.MANAGER
    PEER = relationships.PEER
    DIRECT_REPORT = relationships.DIRECT_REPORT
    CUSTOM = "Custom"

    @property
    def exempt(self) -> bool:
        """Whether the group stands for a known person, so that no minimum applies."""
        return self in (Kind.SELF, Kind.MANAGER)


class ViewerKind(StrEnum):
    """For whom a report is prepared, in the words of the API."""

    ADMIN = "Admin"
    SUBJECT = "Subject"
    PERSON = "Person"


class Spread(StrEnum):
    """How far raters are apart."""

    TIGHT = "tight"
    MIXED = "mixed"
    SPLIT = "split"


class Gap(StrEnum):
    """How the self rating stands to the others'."""

    HIGHER = "higher"
    SIMILAR = "similar"
    LOWER = "lower"


class Verdict(StrEnum):
    """What the self rating and the others' say together; headline, map, tables and words all follow it.

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
        """How the self rating stands to the others'."""
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


# ---- what goes in

Score = int | Fraction  # a point of the report's scale; a fraction where the statement has another scale


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One rated statement; `points` of its own scale where that has not as many as the report's."""

    id: str
    text: str
    points: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Competency:
    """A heading with its rated statements."""

    id: str
    name: str
    items: tuple[Item, ...]
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuestion:
    """A question answered in free text."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Relationship:
    """One group of raters as the assessment defines it, and how many were asked."""

    name: str
    label: str
    kind: Kind
    invited: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One completed form: `answers` maps item id to scale point or None for "cannot say"."""

    relationship: str  # Relationship.name
    answers: Mapping[str, Score | None]
    comments: Mapping[str, str] = field(default_factory=dict)  # open question id -> text
    unasked: bool = False  # given without being asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The cells of one edition by question and line: all that may be computed from."""

    scores: Mapping[tuple[str, str], tuple[Score, ...]]  # (item id, line) -> answers in ascending order
    texts: Mapping[tuple[str, str], tuple[str, ...]]  # (open question id, line) -> comments
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)  # cell -> how many raters gave themselves
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)  # item id -> lines inside "All others"
    raters: Mapping[str, int] = field(default_factory=dict)  # line -> how many people's ratings stand in it
    unasked: Mapping[str, int] = field(default_factory=dict)  # how many of these had not been asked

    @property
    def merged(self) -> frozenset[str]:
        """The lines whose ratings stand in "All others"."""
        return frozenset(line for lines in self.inside.values() for line in lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Norm:
    """Figures from outside to compare with, such as a company's averages; they hide nobody and are always shown."""

    name: str
    means: Mapping[str, float]  # competency or item id -> mean
    people: int | None = None  # how many it was made from


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The anonymity policy a report is made under."""

    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    spread_min: int = MINIMUM_FOR_SPREAD
    version: str = "1"

    def __post_init__(self) -> None:
        """Refuse a policy that protects less than the house rule."""
        if self.min_group < MINIMUM or self.min_comments < self.min_group or self.spread_min < self.min_group:
            raise ValueError(f"A policy may raise the minimums of {MINIMUM}, never lower them.")

    def or_stricter(self, other: "Policy") -> "Policy":
        """The larger of both in each minimum."""
        return replace(
            self,
            min_group=max(self.min_group, other.min_group),
            min_comments=max(self.min_comments, other.min_comments),
            spread_min=max(self.spread_min, other.spread_min),
        )

    def asks_more_than(self, other: "Policy") -> bool:
        """Whether a minimum is larger than the other's."""
        return self.or_stricter(other) != other


@dataclass(frozen=True, slots=True)
class Look:
    """How a brand's reports look: its colour such as #1f4fd8, and its logo as a PNG; empty where it has none."""

    color: str = ""
    logo_key: str = ""  # SHA-256 of the logo
    logo: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportSource:
    """Everything about one subject in one assessment that a report is computed from."""

    assessment_id: str
    assessment_name: str
    brand_name: str
    subject_id: str
    subject_name: str
    scale: tuple[str, ...]  # labels of the points 1, 2, ...
    competencies: tuple[Competency, ...]
    open_questions: tuple[OpenQuestion, ...]
    relationships: tuple[Relationship, ...]  # in the order they are shown
    evaluations: tuple[Evaluation, ...] = ()  # of an invented person: completed ones only, any order
    shown: Shown | None = None  # of a real one: the edition
    data_date: date  # the day of the edition, in `time_zone`; never finer than a day
    time_zone: str = "UTC"  # in which all days are given
    other_questions: int = 0  # asked, and of a kind that a report has no figures for
    survey_language: str = ""  # of statements and comments, where the survey does not speak the report's
    subject_title: str = ""
    subject_department: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    norms: tuple[Norm, ...] = ()
    language: str = "en"
    policy: Policy = field(default_factory=Policy)
    cover: str = ""  # the brand's words on the cover
    confidential: str = ""  # the brand's words after what every report says of confidentiality
    look: Look = Look()
    example: bool = False  # of a fictional person, which every page says
    earlier: "Earlier | None" = None  # what its reader may see beside it

    @property
    def report_id(self) -> str:
        """Names the report; orders nothing by time or rater."""
        return f"{self.assessment_id}-{self.subject_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """The same person's report of an earlier round, and which statements are the same."""

    source: ReportSource
    pairs: Mapping[str, str]  # item id -> id of the same statement in the earlier round
    edition: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """For whom a report is prepared; name and id are needed for a person."""

    kind: ViewerKind = ViewerKind.SUBJECT
    name: str = ""
    person_id: str = ""


# ---- what comes out


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One visible line of results: a relationship, or several merged."""

    key: str
    label: str
    kind: Kind | None  # None for merged groups and for the total
    n: int
    merged: tuple[str, ...] = ()  # labels of the relationships inside, when merged


@dataclass(frozen=True, kw_only=True, slots=True)
class Responses:
    """How many of one relationship answered: of those asked, and unasked; both are None below the minimum."""

    label: str
    invited: int
    answered: int | None
    unasked: int | None
    shown_as: str | None  # label of the group that carries the answers, None when not shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One number that may be shown: a mean to one decimal and how many raters stand behind it."""

    mean: float
    n: int
    spread: Spread | None = None
    indicative: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemResult:
    """One statement's numbers; a group without a cell may not be shown here."""

    id: str
    text: str
    competency: str
    cells: Mapping[str, Cell]  # group key -> cell
    others: Cell | None
    verdict: Verdict | None = None
    points: int | None = None  # of its own scale, where that is not the report's


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
    """Comments that may be read together; no label when the group is too thin to be named."""

    label: str | None
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionComments:
    """The answers to one open question; `withheld` when some may not be shown."""

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
    """A printed figure of an earlier round, and how much larger the printed figure is now."""

    cell: Cell
    change: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The figures of an earlier round where both rounds show one, by competency or statement and by line."""

    assessment_id: str
    assessment_name: str
    edition: int
    data_date: date
    time_zone: str
    compared: int  # statements that are the same and have the same scale
    statements: int  # those of this report
    other_scale: int  # the same statements with another number of points
    figures: Mapping[str, Mapping[str, Before]]  # competency or item id -> group key or OVERALL -> earlier figure


OVERALL = "others"  # in place of a group's key: everyone but the subject


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportData:
    """A whole report after suppression: whatever is here may be shown to its viewer."""

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
    look: Look = Look()
    example: bool = False  # of a fictional person, which every page says
    plan: tuple[Goal, ...] = ()  # where the subject wants it in the own report
    comparison: Comparison | None = None  # with an earlier round
