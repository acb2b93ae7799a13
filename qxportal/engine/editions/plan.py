"""What an edition made now would show for the first time; depends on who answered what, never on the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.editions.managers import Manager, manager
from qxportal.engine.editions.subject_answers import CompletedEvaluation, Said, SubjectAnswers, by_question
from qxportal.engine.editions.voices import Speaker, heard
from qxportal.engine.models import Participant, Question, Series, Voice
from qxportal.engine.reports.placing import ALL_OTHERS, MANAGER, SELF, Waiting, group_line, place
from qxportal.engine.reports.types import Policy
from qxportal.threesixty.relationships import MANAGER as AS_MANAGER
from qxportal.threesixty.relationships import SELF as AS_SELF


@dataclass(frozen=True, slots=True)
class Joining:
    """Answers to one question that join one line together."""

    question: str
    line: str
    said: Sequence[Said]
    given: int  # number that were not imported
    lines: tuple[str, ...]  # the lines that they come from


@dataclass
class Plan:
    """The joining answers, and the line of every evaluation that counts."""

    manager: Manager
    line_of: dict[int, str] = field(default_factory=dict)  # evaluation -> line, if it counts
    speakers: dict[int, Speaker] = field(default_factory=dict)  # evaluation -> its rater
    joining: list[Joining] = field(default_factory=list)


def plan(
    subject: Participant,
    series: Series,
    reading: SubjectAnswers,
    questions: Mapping[int, Question],
    voices: Sequence[Voice],
    *,
    policy: Policy,
    first: bool,
    groups: Mapping[str, str],
) -> Plan:
    """The plan for one subject; `first`: no edition has shown an answer yet; `groups`: relationship -> report group."""
    made = Plan(manager(subject, reading.managers, series.confirmed_manager))
    made.speakers = {form.pk: Speaker.of(form.public_id, form.person) for form in reading.forms}
    listened = heard(list(made.speakers.values()), voices, series)
    dropped = {voice.form for voice in voices if voice.taken_out}
    for form in reading.forms:
        if form.public_id in listened:
            made.line_of[form.pk] = _line(form, made.manager, groups)
    forms = {form.pk: form for form in reading.forms if form.pk in made.line_of and form.public_id not in dropped}
    closed = frozenset(series.hidden)
    needed = {
        question.public_id: policy.min_comments if question.kind == Question.Kind.TEXT else policy.min_group
        for question in questions.values()
    }
    waiting = by_question(one for one in reading.said if one.shown_in is None and one.form in forms)
    for question in (id for id in needed if id in waiting):
        said = {one.pk: one for one in waiting[question]}
        batch = [Waiting(one.pk, made.line_of[one.form], forms[one.form].given) for one in said.values()]
        for line, together in place(batch, needed[question], first=first, closed=closed).items():
            inside = tuple(sorted({one.line for one in together})) if line == ALL_OTHERS else (line,)
            given = sum(one.given for one in together)
            made.joining.append(Joining(question, line, [said[one.key] for one in together], given, inside))
    return made


def _line(form: CompletedEvaluation, known: Manager, groups: Mapping[str, str]) -> str:
    """An evaluation's line; Manager only for the known manager who was the only one when finishing."""
    if form.relationship == AS_SELF:
        return SELF
    if (
        form.relationship == AS_MANAGER
        and known.known
        and form.only_manager
        and form.person.public_id == known.person_id
    ):
        return MANAGER
    return group_line(groups.get(form.relationship, form.relationship))
