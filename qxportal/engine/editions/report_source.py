"""Gathers the input of one subject's report; its figures are those of an edition."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qxportal.core.languages import said as said_in
from qxportal.core.languages import written
from qxportal.engine.assessments import report_groups
from qxportal.engine.editions import comparing, making, showing, thresholds
from qxportal.engine.editions.definitions import Definitions, definitions_of
from qxportal.engine.editions.earlier import May, earlier_round, no_comparison
from qxportal.engine.models import Assessment, Brand, Competency, DataSource, Edition, Participant, Question
from qxportal.engine.reports import fictional, labels, languages, norms, types
from qxportal.engine.reports import scale as report_scale
from qxportal.engine.reports.languages import Texts
from qxportal.threesixty.relationships import BUILT_IN, MANAGER, SELF

LAST = 1_000  # the place of statements without a competency


def report_source(
    assessment: Assessment,
    subject: Participant,
    edition: Edition | None = None,
    *,
    may_compare: May = no_comparison,
    defined: Definitions | None = None,
    language: str = "",
) -> types.ReportSource:
    """The source of one subject's report, in `language` or the subject's; raises Conflict if there is no edition.

    `edition`: by default the one to give now. `may_compare`: whether the reader may see the comparison with an earlier
    round. `defined`: the assessment's definitions, if the caller has already read them.

    The language depends on the person and the brand as they are now or on the page, never on raters or their answers:
    an edition in another language has the same figures. Minimums raised since an edition was made apply to it as well.
    """
    edition = edition or making.current(assessment, subject)
    language = language or languages.of_report(subject.person, assessment.brand)
    with translation.override(language):
        own = defined or definitions_of(assessment)
        found = _source(assessment, subject, edition, Texts(assessment.survey, language), own)
        then = earlier_round(assessment, subject, edition)
        if then is None or not may_compare(then):
            return found
        said = Texts(then.assessment.survey, language)
        own = definitions_of(then.assessment)
        before = _source(then.assessment, then.subject, then.edition, said, own, staying=True)
        return replace(found, earlier=types.Earlier(source=before, pairs=then.pairs, edition=then.edition.number))


def _source(
    assessment: Assessment,
    subject: Participant,
    edition: Edition,
    said: Texts,
    defined: Definitions,
    *,
    staying: bool = False,
) -> types.ReportSource:
    questions = list(assessment.survey.questions.select_related("competency"))
    ratings = [question for question in questions if question.kind == Question.Kind.RATING]
    texts = [question for question in questions if question.kind == Question.Kind.TEXT]
    person, scale, zone = subject.person, report_scale.scale(ratings), assessment.brand.zone
    return types.ReportSource(
        assessment_id=assessment.public_id,
        assessment_name=assessment.name,
        brand_name=assessment.brand.title,
        subject_id=person.public_id,
        subject_name=f"{person.first_name} {person.last_name}",
        subject_title=str(person.metadata.get("Title", "")),
        subject_department=str(person.metadata.get("Department", "")),
        scale=_scale(ratings, scale, said),
        competencies=_competencies(ratings, len(scale), said),
        open_questions=tuple(types.OpenQuestion(id=one.public_id, text=said.question(one)) for one in texts),
        relationships=_relationships(
            assessment, defined, edition.frame["asked"], said.language, one_manager=bool(edition.frame["manager"])
        ),
        shown=showing.shown(edition, *({one.public_id for one in some} for some in (ratings, texts)), staying=staying),
        data_date=edition.made_at.astimezone(zone).date(),
        time_zone=zone.key,
        other_questions=len(questions) - len(ratings) - len(texts),
        survey_language=said.foreign,
        opened_on=_day(_moment(edition.frame["opened"]), zone),
        closed_on=_day(_moment(edition.frame["closed"]), zone),
        cover=languages.of_brand(assessment.brand.report_cover, said.language, assessment.brand),
        confidential=languages.of_brand(assessment.brand.report_confidential, said.language, assessment.brand),
        cover_language=languages.of_brand_words(assessment.brand.report_cover, said.language, assessment.brand),
        confidential_language=languages.of_brand_words(
            assessment.brand.report_confidential, said.language, assessment.brand
        ),
        look=_look(assessment.brand),
        policy=making.framed(edition).or_stricter(thresholds.of(assessment)),
        norms=norms.norms(
            defined.tables,
            _competencies(ratings, len(scale), Texts.own_of(assessment.survey)),
            len(scale),
            person_id=person.public_id,
        ),
        language=said.language,
    )


def fictional_source(assessment: Assessment, language: str, seed: str) -> types.ReportSource:
    """The report of a fictional person over the assessment's questions; reads no participant's rows or answers."""
    language = written(language, assessment.brand.language)
    said = Texts(assessment.survey, language)
    questions = list(assessment.survey.questions.select_related("competency"))
    ratings = [question for question in questions if question.kind == Question.Kind.RATING]
    texts = [question for question in questions if question.kind == Question.Kind.TEXT]
    policy, zone, scale = thresholds.of(assessment), assessment.brand.zone, report_scale.scale(ratings)
    names = report_groups.line_names(assessment)
    with translation.override(language):
        own = definitions_of(assessment)
        lines = _relationships(assessment, own, dict.fromkeys(names, 1), language, one_manager=True)
        source = types.ReportSource(
            assessment_id=assessment.public_id,
            assessment_name=assessment.name,
            brand_name=assessment.brand.title,
            subject_id=fictional.PERSON,
            subject_name=_("Alex Example"),
            subject_title=_("Fictional person"),
            scale=_scale(ratings, scale, said),
            competencies=_competencies(ratings, len(scale), said),
            open_questions=tuple(types.OpenQuestion(id=one.public_id, text=said.question(one)) for one in texts),
            relationships=tuple(
                replace(line, invited=fictional.raters(line.kind, policy.min_comments)) for line in lines
            ),
            data_date=timezone.now().astimezone(zone).date(),
            time_zone=zone.key,
            other_questions=len(questions) - len(ratings) - len(texts),
            survey_language=said.foreign,
            language=language,
            policy=policy,
            cover=languages.of_brand(assessment.brand.report_cover, language, assessment.brand),
            confidential=languages.of_brand(assessment.brand.report_confidential, language, assessment.brand),
            cover_language=languages.of_brand_words(assessment.brand.report_cover, language, assessment.brand),
            confidential_language=languages.of_brand_words(
                assessment.brand.report_confidential, language, assessment.brand
            ),
            look=_look(assessment.brand),
            example=True,
        )
        example = fictional.with_answers(source, seed)
        earlier = assessment.compared_with
        if earlier is None:
            return example
        pairs = {one.now.public_id: one.now.public_id for one in comparing.compared(assessment) if one.same_scale}
        return fictional.with_earlier(example, source, seed, name=earlier.name, pairs=pairs)


def rated_form(assessment: Assessment, said: Texts) -> tuple[tuple[str, ...], tuple[types.Competency, ...]]:
    """The scale of an assessment's reports, and their competencies with the statements."""
    found = assessment.survey.questions.filter(kind=Question.Kind.RATING).select_related("competency")
    ratings = list(found)
    scale = report_scale.scale(ratings)
    return _scale(ratings, scale, said), _competencies(ratings, len(scale), said)


@dataclass(frozen=True)
class Nameable:
    """The competencies and statements that rows of predefined data can name, and the points of the scale."""

    competencies: Sequence[types.Competency]
    points: int

    def shown(self, source: DataSource) -> list[int]:
        """The numbers of a table's rows that reports show."""
        return norms.shown(source.rows, self.competencies, self.points)


def nameable(assessment: Assessment) -> Nameable:
    """The competencies and statements of an assessment's reports, in the survey's own language."""
    ratings = assessment.survey.questions.filter(kind=Question.Kind.RATING).select_related("competency")
    found = list(ratings)
    points = len(report_scale.scale(found))
    return Nameable(_competencies(found, points, Texts.own_of(assessment.survey)), points)


def _look(brand: Brand) -> types.Look:
    logo = getattr(brand, "logo_image", None) if brand.logo_key else None
    return types.Look(brand.color, brand.logo_key, bytes(logo.content)) if logo else types.Look(brand.color)


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _scale(ratings: Iterable[Question], own: tuple[str, ...], said: Texts) -> tuple[str, ...]:
    """The labels of the report's scale, as most statements with this scale have them in the report's language."""
    wordings = Counter(said.choices(question) for question in ratings if tuple(question.choices) == own)
    return wordings.most_common(1)[0][0] if wordings else own


def _competencies(ratings: Sequence[Question], points: int, said: Texts) -> tuple[types.Competency, ...]:
    groups: defaultdict[Competency | None, list[types.Item]] = defaultdict(list)
    scales: defaultdict[object, set[tuple[str, ...]]] = defaultdict(set)
    for question in ratings:
        scales[_home(question)].add(tuple(question.choices))
    for question in ratings:
        own_ends = len(scales[_home(question)]) > 1
        groups[question.competency].append(_item(question, points, said, ends=own_ends))
    return tuple(
        types.Competency(
            id=f"C{number}",
            name=said.name(heading) if heading else str(labels.NO_HEADING),
            description=said.description(heading) if heading else "",
            items=tuple(groups[heading]),
        )
        for number, heading in enumerate(sorted(groups, key=_place), start=1)
    )


def _place(heading: Competency | None) -> tuple[int, str]:
    """Sort key of a competency in the report; statements without one come last."""
    return (heading.position, heading.name) if heading else (LAST, "")


def _home(question: Question) -> object:
    """Identity of the survey question or column that a statement belongs to."""
    return question.stem_id or question.pk, question.public_id.rpartition("_")[0]


def _item(question: Question, points: int, said: Texts, *, ends: bool) -> types.Item:
    own, labels = len(question.choices), said.choices(question)
    return types.Item(
        id=question.public_id,
        text=said.question(question),
        points=None if own == points else own,
        ends=(labels[0], labels[-1]) if ends and labels else None,
    )


def _relationships(
    assessment: Assessment, defined: Definitions, numbers: Mapping[str, int], language: str, *, one_manager: bool
) -> tuple[types.Relationship, ...]:
    """Report lines of relationships and report groups, with the numbers of evaluators asked."""
    group_of = report_groups.group_names(assessment)
    asked: Counter[str] = Counter()
    for name, number in numbers.items():
        asked[group_of.get(name, name)] += number
    own = {name: said_in(spoken, language) or name for name, spoken in defined.relationships.items()}
    own |= {
        one.name: said_in(one.translations, language) or own.get(one.name, "")
        for one in report_groups.groups_of(assessment)
    }
    ordered = dict.fromkeys(group_of.get(name, name) for name in (*BUILT_IN, *own))
    names = [name for name in ordered if name == SELF or name in asked]
    names += sorted(set(asked) - {*names})
    return tuple(_relationship(name, own.get(name) or name, asked[name], one_manager=one_manager) for name in names)


def _relationship(name: str, called: str, invited: int, *, one_manager: bool) -> types.Relationship:
    group = name == MANAGER and not one_manager
    if name in BUILT_IN and called in ("", name):
        called = str(labels.MANAGERS) if group else labels.relationship(name)
    kind = types.Kind(name) if name in BUILT_IN and not group else types.Kind.CUSTOM
    return types.Relationship(name=name, label=called, kind=kind, invited=invited)
