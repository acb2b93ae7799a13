"""Report sources for tests: a small form, and answers given as plain numbers."""

from collections.abc import Sequence
from datetime import date

from qxportal.engine.reports.types import Competency, Evaluation, Item, Kind, OpenQuestion, Relationship, ReportSource

COMPETENCIES = (
    Competency(
        id="C1",
        name="Gives direction",
        items=(Item(id="A", text="Makes priorities clear"), Item(id="B", text="Says what will not be done")),
    ),
    Competency(id="C2", name="Builds trust", items=(Item(id="C", text="Keeps promises"),)),
)
ITEMS = ("A", "B", "C")
RELATIONSHIPS = (
    Relationship(name="Self", label="Self", kind=Kind.SELF, invited=1),
    Relationship(name="Manager", label="Manager", kind=Kind.MANAGER, invited=1),
    Relationship(name="Peer", label="Peers", kind=Kind.PEER, invited=6),
    Relationship(name="DirectReport", label="Direct reports", kind=Kind.DIRECT_REPORT, invited=6),
    Relationship(name="Customer", label="Customer", kind=Kind.CUSTOM, invited=6),
)


def evaluation(relationship: str, *scores: int | None, said: str = "") -> Evaluation:
    """One form; scores in the order of ITEMS."""
    return Evaluation(
        relationship=relationship,
        answers=dict(zip(ITEMS, scores, strict=True)),
        comments={"Q1": said} if said else {},
    )


def source(evaluations: Sequence[Evaluation], **changes: object) -> ReportSource:
    """A source about Ingrid Sørensen with these answers."""
    values: dict[str, object] = {
        "assessment_id": "TS_8fk2LmQ0xZr4TnB",
        "assessment_name": "Leadership 360 autumn 2026",
        "brand_name": "Marlstone Instruments",
        "subject_id": "P_4hT7sKq92bXw1Lm",
        "subject_name": "Ingrid Sørensen",
        "subject_title": "Director Calibration Services",
        "subject_department": "Operations",
        "scale": ("Almost never", "Seldom", "Sometimes", "Often", "Almost always"),
        "competencies": COMPETENCIES,
        "open_questions": (OpenQuestion(id="Q1", text="What should this person keep doing?"),),
        "relationships": RELATIONSHIPS,
        "evaluations": tuple(evaluations),
        "opened_on": date(2026, 10, 26),
        "data_date": date(2026, 11, 23),
        **changes,
    }
    return ReportSource(**values)  # type: ignore[arg-type]  # built from names that the class checks
