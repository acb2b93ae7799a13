"""The only place that decides which of the raters' answers may be shown.

Everything shown is computed from cells: disjoint sets of answers, one per line and question, each from at least as many
raters as the source's policy requires, or from a known person (Self, the manager). Totals and averages are functions of
those cells only, so no subtraction can reveal what was left out. The cells of a real subject come from an edition
(`engine/editions`), those of fictional ones from their answers, placed as in a first edition. A cell made under a lower
minimum is left out as a whole, which reveals no more than before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from qxportal.engine.reports import labels as names
from qxportal.engine.reports.placing import ALL_OTHERS, EXEMPT, MANAGER, SELF, Waiting, group_line, place, reaches
from qxportal.engine.reports.results import CommentBlock, Group, QuestionComments, Responses
from qxportal.engine.reports.types import Kind, Policy, Relationship, ReportSource, Score, Shown
from qxportal.threesixty.relationships import MANAGER as AS_MANAGER

__all__ = ["ALL_OTHERS", "Visible", "line_of", "may_stand", "visible"]

RESERVED = {Kind.SELF: SELF, Kind.MANAGER: MANAGER}


@dataclass(frozen=True, kw_only=True, slots=True)
class Visible:
    """What may be shown: groups, their answers per statement in ascending order, and comments."""

    groups: tuple[Group, ...]
    responses: tuple[Responses, ...]
    scores: Mapping[tuple[str, str], tuple[Score, ...]]  # (item id, group key) -> answers
    given: Mapping[tuple[str, str], int]  # (item id, group key) -> number not imported
    comments: tuple[QuestionComments, ...]


def visible(source: ReportSource) -> Visible:
    """The part of a source that may be shown to any viewer of the report."""
    relationships = _relationships(source)
    shown = _enough(source.shown if source.shown is not None else _placed(source, relationships), source.policy)
    labels = {line_of(one): one for one in relationships}
    groups = _groups(shown, labels)
    return Visible(
        groups=groups,
        responses=tuple(_response(one, groups, shown) for one in relationships),
        scores=shown.scores,
        given={cell: shown.given.get(cell, len(said)) for cell, said in shown.scores.items()},
        comments=_comments(source, shown, labels),
    )


def _enough(shown: Shown, policy: Policy) -> Shown:
    """The cells that reach the policy's minimums; one answer is enough for known persons."""

    def enough(cell: tuple[str, str], said: Sequence[object], minimum: int) -> bool:
        return may_stand(cell[1], given=shown.given.get(cell, len(said)), size=len(said), minimum=minimum)

    scores = {cell: said for cell, said in shown.scores.items() if enough(cell, said, policy.min_group)}
    texts = {cell: said for cell, said in shown.texts.items() if enough(cell, said, policy.min_comments)}
    thinner = {line for item, line in shown.scores if (item, line) not in scores}
    left = {line: max((len(said) for (_id, key), said in scores.items() if key == line), default=0) for line in thinner}
    return replace(
        shown,
        scores=scores,
        texts=texts,
        inside={item: lines for item, lines in shown.inside.items() if (item, ALL_OTHERS) in scores},
        raters={**shown.raters, **left},  # the remaining raters follow from the figures alone
    )


def may_stand(line: str, *, given: int, size: int, minimum: int) -> bool:
    """Whether a cell may be shown: it is of a known person, or has enough answers."""
    return line in EXEMPT or reaches(given, size, minimum)


def line_of(relationship: Relationship) -> str:
    """The key of a relationship's own line."""
    return RESERVED.get(relationship.kind, group_line(relationship.name))


def _relationships(source: ReportSource) -> list[Relationship]:
    """The assessment's relationships, and others found in evaluations, which are protected like any group."""
    known = {relationship.name for relationship in source.relationships}
    others = [one.relationship for one in source.evaluations if one.relationship not in known]
    return [*source.relationships] + [
        Relationship(name=name, label=name, kind=Kind.CUSTOM, invited=others.count(name))
        for name in sorted(set(others))
    ]


def _placed(source: ReportSource, relationships: Iterable[Relationship]) -> Shown:
    """The cells of a source without an edition."""
    lines = {one.name: line_of(one) for one in relationships}
    forms = [(lines[one.relationship], one) for one in source.evaluations]
    scores: dict[tuple[str, str], tuple[Score, ...]] = {}
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    inside: dict[str, frozenset[str]] = {}
    raters: defaultdict[str, set[int]] = defaultdict(set)
    for item in (item for competency in source.competencies for item in competency.items):
        given: list[tuple[str, Score | None]] = [(line, one.answers.get(item.id)) for line, one in forms]
        for line, batch in _joined(given, source.policy.min_group).items():
            values = (given[one.key][1] for one in batch)
            scores[item.id, line] = tuple(sorted(value for value in values if value is not None))
            raters[line] |= {one.key for one in batch}
            if line == ALL_OTHERS:
                inside[item.id] = frozenset(one.line for one in batch)
    for question in source.open_questions:
        said = [(line, one.comments.get(question.id, "").strip() or None) for line, one in forms]
        for line, batch in _joined(said, source.policy.min_comments).items():
            texts[question.id, line] = tuple(said[one.key][1] or "" for one in batch)
    unasked = {line: sum(source.evaluations[key].unasked for key in keys) for line, keys in raters.items()}
    return Shown(
        scores=scores,
        texts=texts,
        inside=inside,
        raters={line: len(keys) for line, keys in raters.items()},
        unasked=unasked,
    )


def _joined(said: Sequence[tuple[str, object | None]], minimum: int) -> dict[str, list[Waiting]]:
    """Line -> answers to one question that a first edition would place there."""
    waiting = [Waiting(key, line) for key, (line, value) in enumerate(said) if value is not None]
    return place(waiting, minimum, first=True)


def _groups(shown: Shown, labels: Mapping[str, Relationship]) -> tuple[Group, ...]:
    """The lines with figures, known persons first, each with its number of raters."""
    sizes = {line: shown.raters[line] for _item, line in shown.scores}
    order = [*EXEMPT, *(line for line in labels if line not in EXEMPT), *sorted(sizes)]
    groups = []
    for line in dict.fromkeys(order):
        if line not in sizes or line == ALL_OTHERS:
            continue
        kind = labels[line].kind if line in labels else Kind.MANAGER if line == MANAGER else Kind.CUSTOM
        groups.append(Group(key=line, label=_label(line, labels), kind=kind, n=sizes[line]))
    if ALL_OTHERS in sizes:
        inside = tuple(sorted(_label(line, labels) for line in shown.merged))
        groups.append(Group(key=ALL_OTHERS, label=str(names.ALL_OTHERS), kind=None, n=sizes[ALL_OTHERS], merged=inside))
    return tuple(groups)


def _label(line: str, labels: Mapping[str, Relationship]) -> str:
    if line in labels:
        return labels[line].label
    return names.relationship(AS_MANAGER) if line == MANAGER else line.partition(":")[2] or line


def _response(relationship: Relationship, groups: Sequence[Group], shown: Shown) -> Responses:
    """Response counts of one relationship; counts of small or merged groups are withheld, even zero.

    If only comments are shown, the number of their authors is unknown: not everybody answers each open question.
    """
    line = line_of(relationship)
    own = next((group for group in groups if group.key == line), None)
    others = next((group for group in groups if group.key == ALL_OTHERS and line in shown.merged), None)
    wrote = any(key == line for _question, key in shown.texts)
    there = own.n if own else int(line in EXEMPT and wrote)
    counted = own is not None or line in EXEMPT
    unasked = min(there, shown.unasked.get(line, 0))
    carrier = own or others
    return Responses(
        label=relationship.label,
        invited=relationship.invited,
        answered=there - unasked if counted else None,
        unasked=unasked if counted else None,
        shown_as=carrier.label if carrier else relationship.label if wrote else None,
    )


def _comments(source: ReportSource, shown: Shown, labels: Mapping[str, Relationship]) -> tuple[QuestionComments, ...]:
    """Comments by question: of known persons, of lines with enough of them, and of merged lines without label."""
    found = []
    for question in source.open_questions:
        seed = f"{source.report_id}|{question.id}"
        lines = [line for id, line in shown.texts if id == question.id]
        order = [*EXEMPT, *(line for line in labels if line not in EXEMPT), *sorted(lines)]
        present = [line for line in dict.fromkeys(order) if line in lines]
        present.sort(key=lambda line: line == ALL_OTHERS)
        blocks = tuple(
            CommentBlock(
                label=None if line == ALL_OTHERS else _label(line, labels),
                texts=_mixed(shown.texts[question.id, line], seed),
            )
            for line in present
        )
        withheld = not any(line not in EXEMPT for line in present)
        found.append(QuestionComments(id=question.id, text=question.text, blocks=blocks, withheld=withheld))
    return tuple(found)


def _mixed(texts: Iterable[str], seed: str) -> tuple[str, ...]:
    """The texts in an order that depends only on the report and the texts themselves."""
    return tuple(sorted(texts, key=lambda each: (sha256(f"{seed}|{each}".encode()).digest(), each)))
