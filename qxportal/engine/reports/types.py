"""Input types of the report: plain data, independent of the database.

    ReportSource --aggregate.report(source, viewer)--> ReportData --pdf.render--> bytes
                                                                  --aggregate.report_json--> dict

Output types are in results.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from qxportal.threesixty import relationships
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD

Score = int | Fraction  # a point of the report's scale; a fraction if the statement has another scale


class Kind(StrEnum):
    """The kind of a relationship, on which the anonymity rules depend."""

    SELF = relationships.SELF
    MANAGER = relationships.MANAGER
    PEER = relationships.PEER
    DIRECT_REPORT = relationships.DIRECT_REPORT
    CUSTOM = "Custom"

    @property
    def exempt(self) -> bool:
        """Whether the group is one known person, so that no minimum applies."""
        return self in (Kind.SELF, Kind.MANAGER)


class ViewerKind(StrEnum):
    """The kind of a report's reader, as in the API."""

    ADMIN = "Admin"
    SUBJECT = "Subject"
    PERSON = "Person"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One rated statement; `points`: number of points if it differs from the report's scale.

    `ends`: labels of the lowest and highest point, if the statements of its question have different scales.
    """

    id: str
    text: str
    points: int | None = None
    ends: tuple[str, str] | None = None


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
    """One relationship or report group, and the number of evaluators asked."""

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
    unasked: bool = False  # unsolicited


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The cells of one edition by question and line, the only input of computations."""

    scores: Mapping[tuple[str, str], tuple[Score, ...]]  # (item id, line) -> answers in ascending order
    texts: Mapping[tuple[str, str], tuple[str, ...]]  # (open question id, line) -> comments
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)  # cell -> number not imported
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)  # item id -> lines inside "All others"
    raters: Mapping[str, int] = field(default_factory=dict)  # line -> number of raters
    unasked: Mapping[str, int] = field(default_factory=dict)  # line -> number of them not asked

    @property
    def merged(self) -> frozenset[str]:
        """The lines whose ratings are in "All others"."""
        return frozenset(line for lines in self.inside.values() for line in lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Norm:
    """External figures for comparison, such as a company's averages; always shown, as no rater is behind them."""

    name: str
    means: Mapping[str, float]  # competency or item id -> mean
    people: int | None = None  # number of people behind it


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The anonymity policy a report is made under."""

    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    spread_min: int = MINIMUM_FOR_SPREAD
    version: str = "1"

    def __post_init__(self) -> None:
        """Raise if the policy protects less than the house rule."""
        if self.min_group < MINIMUM or self.min_comments < self.min_group or self.spread_min < self.min_group:
            raise ValueError(f"A policy may raise the minimums of {MINIMUM}, never lower them.")

    def or_stricter(self, other: "Policy") -> "Policy":
        """The policy with the higher of both values for each minimum."""
        return replace(
            self,
            min_group=max(self.min_group, other.min_group),
            min_comments=max(self.min_comments, other.min_comments),
            spread_min=max(self.spread_min, other.spread_min),
        )

    def asks_more_than(self, other: "Policy") -> bool:
        """Whether any minimum is higher than the other policy's."""
        return self.or_stricter(other) != other


@dataclass(frozen=True, slots=True)
class Look:
    """Look of a brand's reports: colour such as #1f4fd8, and logo as a PNG; empty if it has none."""

    color: str = ""
    logo_key: str = ""  # SHA-256 of the logo
    logo: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportSource:
    """Everything from which the report about one subject in one assessment is computed."""

    assessment_id: str
    assessment_name: str
    brand_name: str
    subject_id: str
    subject_name: str
    scale: tuple[str, ...]  # labels of the points 1, 2, ...
    competencies: tuple[Competency, ...]
    open_questions: tuple[OpenQuestion, ...]
    relationships: tuple[Relationship, ...]  # in the order they are shown
    evaluations: tuple[Evaluation, ...] = ()  # of a fictional person: completed ones only, in any order
    shown: Shown | None = None  # of a real person: the edition's cells
    data_date: date  # the day of the edition, in `time_zone`; never finer than a day
    time_zone: str = "UTC"  # of all dates
    other_questions: int = 0  # number of questions of kinds without figures in reports
    survey_language: str = ""  # of statements and comments, if not the report's
    subject_title: str = ""
    subject_department: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    norms: tuple[Norm, ...] = ()
    language: str = "en"
    policy: Policy = field(default_factory=Policy)
    cover: str = ""  # the brand's words on the cover
    confidential: str = ""  # the brand's words after what every report says of confidentiality
    cover_language: str = ""  # if the brand's words are not in the report's language
    confidential_language: str = ""
    look: Look = Look()
    example: bool = False  # of a fictional person; every page says so
    earlier: "Earlier | None" = None  # only if its reader may see it

    @property
    def report_id(self) -> str:
        """An id of the report, independent of times and raters."""
        return f"{self.assessment_id}-{self.subject_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """The same person's report of an earlier round, and which statements are the same."""

    source: ReportSource
    pairs: Mapping[str, str]  # item id -> id of the same statement in the earlier round
    edition: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """A report's reader; a person needs name and id."""

    kind: ViewerKind = ViewerKind.SUBJECT
    name: str = ""
    person_id: str = ""
