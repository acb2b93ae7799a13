"""What HR may know of a subject's editions: counts per line, never a rating, a text, or when an answer came."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC

from qxportal.engine.assessments.report_groups import group_names
from qxportal.engine.editions import making
from qxportal.engine.editions.plan import Plan
from qxportal.engine.editions.subject_answers import SubjectAnswers, questions, read
from qxportal.engine.models import AnswerClass, Assessment, Participant, Question, Series
from qxportal.engine.reports import labels
from qxportal.engine.reports.placing import ALL_OTHERS, MANAGER, SELF, group_line
from qxportal.engine.reports.suppression import may_stand
from qxportal.engine.reports.types import Policy
from qxportal.threesixty import relationships
from qxportal.threesixty.relationships import BUILT_IN
from qxportal.threesixty.relationships import MANAGER as AS_MANAGER

OTHERS = "AllOthers"


def facts(assessment: Assessment, subjects: Sequence[Participant]) -> list[dict[str, object]]:
    """One record per subject."""
    asked = questions(assessment)
    readings = read(assessment, subjects, asked)
    return [_of(assessment, subject, readings.get(subject.pk, SubjectAnswers()), asked) for subject in subjects]


def lines(name: str) -> tuple[str, ...]:
    """The line keys that a name stands for."""
    if name == OTHERS:
        return (ALL_OTHERS,)
    own = {relationships.SELF: (SELF,), AS_MANAGER: (MANAGER, group_line(AS_MANAGER))}
    return own.get(name, (group_line(name),))


def _of(
    assessment: Assessment, subject: Participant, reading: SubjectAnswers, asked: Mapping[int, Question]
) -> dict[str, object]:
    series = making.known_series(assessment, subject)
    made = making.planned(series, assessment, subject, reading, asked)
    edition = making.last(series) if series.pk else None
    policy = making.policy_of(series, assessment)
    classes = list(series.classes.filter(gone=None, leaving=False)) if series.pk else []
    there = _standing(classes, policy, asked)
    shown_in = {one.form: there[one.shown_in] for one in reading.said if one.shown_in in there}
    thin = {one.pk for one in classes} - set(there)
    below = {one.form for one in reading.said if one.shown_in in thin} - set(shown_in)
    pending = bool(made.joining) or edition is None or making.differs(series, edition, assessment, subject)
    return {
        "SubjectID": subject.person.public_id,
        "Status": subject.status,
        "Edition": edition.number if edition else 0,
        "MadeAt": edition.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if edition else None,
        "Minimum": policy.min_group,
        "MinimumComments": policy.min_comments,
        "MinimumForSpread": policy.spread_min,
        "Pending": pending,
        "Open": reading.open,
        "InProgress": reading.in_progress,
        "Lines": _lines(series, reading, made, shown_in, below, group_names(assessment)),
        "MergeForGood": _merged(made, asked) if edition is None else [],
        "Withheld": _withheld(made, reading, shown_in),
        "Manager": {"State": made.manager.state.value, "PersonID": made.manager.person_id or None},
    }


def _standing(classes: Iterable[AnswerClass], policy: Policy, asked: Mapping[int, Question]) -> dict[int, str]:
    """Class -> line, for the classes whose cells have enough answers to be shown in an edition made now."""
    texts = {one.public_id for one in asked.values() if one.kind == Question.Kind.TEXT}
    cells: defaultdict[tuple[str, str], list[AnswerClass]] = defaultdict(list)
    for each in classes:
        cells[each.question, each.line].append(each)
    return {
        each.pk: line
        for (question, line), inside in cells.items()
        for each in inside
        if may_stand(
            line,
            given=sum(one.given for one in inside),
            size=sum(one.size for one in inside),
            minimum=policy.min_comments if question in texts else policy.min_group,
        )
    }


def _lines(
    series: Series,
    reading: SubjectAnswers,
    made: Plan,
    shown_in: Mapping[int, str],
    below: Collection[int],
    groups: Mapping[str, str],
) -> list[dict[str, object]]:
    """One record per asked or hidden relationship or report group; "All others" if it has answers or is hidden."""
    usable = {one.form for one in reading.said}
    answered = Counter(made.line_of[form] for form in usable if form in made.line_of)
    shown = Counter(made.line_of[form] for form in shown_in if form in made.line_of)
    thin = Counter(made.line_of[form] for form in below if form in made.line_of)
    asked = {groups.get(name, name) for name in reading.asked}
    names = [name for name in BUILT_IN if name in asked]
    hidden = {_name(line) for line in series.hidden} - {OTHERS}
    names += sorted((asked | hidden) - set(names))
    found = []
    for name in names:
        keys = lines(name)
        known = name != AS_MANAGER or made.manager.known
        kind = {relationships.SELF: "self", AS_MANAGER: "manager" if known else "group"}.get(name, "group")
        label = labels.relationship(name) if known else str(labels.MANAGERS)
        found.append(
            _line(
                name,
                label,
                kind,
                sum(answered[key] for key in keys),
                sum(shown[key] for key in keys),
                sum(thin[key] for key in keys),
                hidden=set(keys) <= set(series.hidden),
            )
        )
    merged = sum(line == ALL_OTHERS for line in shown_in.values())
    if merged or ALL_OTHERS in series.hidden:
        found.append(
            _line(OTHERS, str(labels.ALL_OTHERS), "others", merged, merged, 0, hidden=ALL_OTHERS in series.hidden)
        )
    return found


def _line(
    name: str, label: str, kind: str, answered: int, shown: int, below: int, *, hidden: bool
) -> dict[str, object]:
    return {
        "Line": name,
        "Label": label,
        "Kind": kind,
        "Answered": answered,
        "Shown": shown,
        "Waiting": answered - shown - below,
        "Below": below,
        "Hidden": hidden,
    }


def _merged(made: Plan, asked: Mapping[int, Question]) -> list[str]:
    """Lines whose figures would appear only inside "All others"."""
    rated = {one.public_id for one in asked.values() if one.kind == Question.Kind.RATING}
    joining = [each for each in made.joining if each.question in rated]
    inside = {line for each in joining if each.line == ALL_OTHERS for line in each.lines}
    return sorted(_name(line) for line in inside - {each.line for each in joining})


def _withheld(made: Plan, reading: SubjectAnswers, shown_in: Mapping[int, str]) -> list[str]:
    """Lines with answers of which none is or would be shown."""
    usable = {made.line_of[one.form] for one in reading.said if one.form in made.line_of}
    seen = {made.line_of[form] for form in shown_in if form in made.line_of}
    joining = {line for each in made.joining for line in each.lines}
    return sorted({_name(line) for line in usable - seen - joining})


def _name(line: str) -> str:
    return {SELF: relationships.SELF, MANAGER: AS_MANAGER, ALL_OTHERS: OTHERS}.get(line, line.partition(":")[2])
