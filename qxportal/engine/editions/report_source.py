"""Gathers everything about one subject that a report is computed from: its figures are those of an edition."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from qxportal.engine.editions import making, showing
from qxportal.engine.models import Assessment, DataSource, Edition, Participant, Question
from qxportal.engine.reports import norms, types
from qxportal.engine.reports import scale as report_scale
from qxportal.threesixty.relationships import BUILT_IN, MANAGER, SELF

LABELS = {"Self": "Self", "Manager": "Manager", "Peer": "Peers", "DirectReport": "Direct reports"}
MANAGERS = "Managers"  # where they are a group like any other
NO_HEADING = "General"


def report_source(assessment: Assessment, subject: Participant) -> types.ReportSource:
    """One subject's report as the edition to give now has it; raises Conflict where there is none."""
    edition = making.current(assessment, subject)
    questions = list(assessment.survey.questions.select_related("competency"))
    ratings = [question for question in questions if question.kind == Question.Kind.RATING]
    texts = [question for question in questions if question.kind == Question.Kind.TEXT]
    person, scale, zone = subject.person, report_scale.scale(ratings), assessment.brand.zone
    competencies = _competencies(ratings, len(scale))
    return types.ReportSource(
        assessment_id=assessment.public_id,
        assessment_name=assessment.name,
        brand_name=assessment.brand.title,
        subject_id=person.public_id,
        subject_name=f"{person.first_name} {person.last_name}",
        subject_title=str(person.metadata.get("Title", "")),
        subject_department=str(person.metadata.get("Department", "")),
        scale=scale,
        competencies=competencies,
        open_questions=tuple(types.OpenQuestion(id=question.public_id, text=question.text) for question in texts),
        relationships=_relationships(assessment, edition),
        shown=showing.shown(edition, [question.public_id for question in texts]),
        data_date=edition.made_at.astimezone(zone).date(),
        time_zone=zone.key,
        other_questions=len(questions) - len(ratings) - len(texts),
        opened_on=_day(_moment(edition.frame["opened"]), zone),
        closed_on=_day(_moment(edition.frame["closed"]), zone),
        policy=policy(edition),
        norms=norms.norms(_tables(assessment), competencies, len(scale), person_id=person.public_id),
    )


def shown_rows(source: DataSource) -> int:
    """How many rows of a table reports show."""
    ratings = source.report.assessment.survey.questions.filter(kind=Question.Kind.RATING).select_related("competency")
    found = list(ratings)
    points = len(report_scale.scale(found))
    return norms.shown(source.rows, _competencies(found, points), points)


def _tables(assessment: Assessment) -> Sequence[tuple[str, Sequence[norms.Row]]]:
    return list(DataSource.objects.filter(report__assessment=assessment).order_by("pk").values_list("name", "rows"))


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _competencies(ratings: Iterable[Question], points: int) -> tuple[types.Competency, ...]:
    groups: defaultdict[tuple[int, str, str], list[types.Item]] = defaultdict(list)
    for question in ratings:
        heading = question.competency
        key = (heading.position, heading.name, heading.description) if heading else (1_000, NO_HEADING, "")
        groups[key].append(_item(question, points))
    return tuple(
        types.Competency(id=f"C{number}", name=name, description=description, items=tuple(groups[_, name, description]))
        for number, (_, name, description) in enumerate(sorted(groups), start=1)
    )


def _item(question: Question, points: int) -> types.Item:
    own = len(question.choices)
    return types.Item(id=question.public_id, text=question.text, points=None if own == points else own)


def policy(edition: Edition) -> types.Policy:
    """The minimums under which an edition was made."""
    house, minimum = types.Policy(), edition.frame["minimum"]
    return replace(
        house,
        min_group=max(house.min_group, minimum),
        min_comments=max(house.min_comments, minimum),
        spread_min=max(house.spread_min, minimum),
    )


def _relationships(assessment: Assessment, edition: Edition) -> tuple[types.Relationship, ...]:
    """The built-in ones and the assessment's own, with how many were asked as each when the edition was made."""
    asked = edition.frame["asked"]
    own = [relationship.name for relationship in assessment.relationships.all()]
    names = [name for name in BUILT_IN if name == SELF or name in asked]
    names += [name for name in own if name in asked]
    names += sorted(set(asked) - {*BUILT_IN, *own})
    return tuple(_relationship(name, edition) for name in names)


def _relationship(name: str, edition: Edition) -> types.Relationship:
    group = name == MANAGER and not edition.frame["manager"]
    kind = types.Kind(name) if name in BUILT_IN and not group else types.Kind.CUSTOM
    label = MANAGERS if group else LABELS.get(name, name)
    return types.Relationship(name=name, label=label, kind=kind, invited=edition.frame["asked"].get(name, 0))
