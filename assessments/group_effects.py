"""The effect of import lines on the groups of their subjects, worded as in plans of evaluations."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.db.models import Count

from assessments.evaluation_lines import GroupEffect, warning
from assessments.models import Assessment, Evaluation
from assessments.thresholds import minimums_of, report_groups_of
from qxportal.ledger.models import Action
from qxportal.ledger.plans.lines import Line
from qxportal.ui.stored_messages import Message, join_stored

GroupOf = tuple[str, str]  # a subject, and a relationship or its group


def with_groups(assessment: Assessment, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines; those that change a relationship or remove an evaluator with the effect of all lines on its groups."""
    every = list(lines)
    shrinking = [line for line in every if _touched(line) and line.action != Action.ADD]
    if not shrinking:
        yield from every
        return
    together, minimum = report_groups_of(assessment), minimums_of(assessment).min_group
    before = _sizes(assessment, {line.about for line in shrinking}, together)
    moves = _moves(every, together)
    for line in every:
        if line.action == Action.ADD or not _touched(line):
            yield line
            continue
        groups = dict.fromkeys((line.about, together.get(name, name)) for name, _by in _touched(line))
        effects = [GroupEffect(one[1], before[one], before[one] + moves[one], minimum) for one in groups]
        data = {**line.data, "groups": [effect.stored for effect in effects]}
        yield replace(line, reason=_joined(line.reason, warning(effects)), data=data)


def _joined(reason: Message, warned: Message) -> Message:
    return join_stored(" ", [reason, warned]) if reason and warned else reason or warned


def _touched(line: Line) -> list[tuple[str, int]]:
    """The subject's relationships that the line changes in size, each with the difference."""
    was, wanted = line.old.get("relationship", ""), line.new.get("relationship", "")
    if not line.acts or not line.about:
        return []
    return [(name, by) for name, by in ((was, -1), (wanted, 1)) if name]


def _sizes(assessment: Assessment, subjects: set[str], together: dict[str, str]) -> Counter[GroupOf]:
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None, subject_key__in=subjects)
    listed = rows.filter(missing_since=None).order_by().values_list("subject_key", "relationship")
    sizes: Counter[GroupOf] = Counter()
    for subject, relationship, number in listed.annotate(n=Count("pk")):
        sizes[subject, together.get(relationship, relationship)] += number
    return sizes


def _moves(lines: Iterable[Line], together: dict[str, str]) -> Counter[GroupOf]:
    """The change in size of each group; a second line about the same evaluation does not count."""
    moves: Counter[GroupOf] = Counter()
    seen = set()
    for line in lines:
        if line.acts and line.key not in seen:
            seen.add(line.key)
            for name, by in _touched(line):
                moves[line.about, together.get(name, name)] += by
    return moves
