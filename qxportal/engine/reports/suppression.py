"""The one place that decides what of the raters' answers may be shown.

Everything shown later is computed from the cells that `visible` lets through: disjoint sets of answers, one per group
and statement, each from at least `min_group` raters or from a known person (Self, Manager). Totals and averages are
functions of those cells alone, so no subtraction can bring back what was left out.

    thin groups                   -> merged into "All others"
    still thin, another group     -> the smallest other group joins (one hidden group could be guessed from a total)
    still thin, no other group    -> hidden, numbers and comments
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from django.utils.translation import gettext as _

from qxportal.engine.reports.shape import (
    CommentBlock,
    Evaluation,
    Group,
    Kind,
    Policy,
    QuestionComments,
    Relationship,
    ReportSource,
    Responses,
    Score,
)

T = TypeVar("T")

ALL_OTHERS = "all_others"
RESERVED = {Kind.SELF: "self", Kind.MANAGER: "manager"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Visible:
    """What may be shown: groups, their answers per statement in ascending order, and comments."""

    groups: tuple[Group, ...]
    responses: tuple[Responses, ...]
    scores: Mapping[tuple[str, str], tuple[Score, ...]]  # (item id, group key) -> answers
    comments: tuple[QuestionComments, ...]


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A group with the evaluations and relationships inside; never leaves this module."""

    group: Group
    evaluations: tuple[Evaluation, ...]
    relationships: tuple[str, ...]

    @property
    def exempt(self) -> bool:
        return self.group.kind is not None and self.group.kind.exempt


def visible(source: ReportSource) -> Visible:
    """What of the source may be shown to anyone who may open the report."""
    buckets = _buckets(source)
    return Visible(
        groups=tuple(bucket.group for bucket in buckets),
        responses=_responses(source, buckets),
        scores=_scores(source, buckets),
        comments=tuple(
            _comments(
                [(b, [e.comments.get(question.id, "").strip() for e in b.evaluations]) for b in buckets],
                seed=f"{source.report_id}|{question.id}",
                question_id=question.id,
                text=question.text,
                policy=source.policy,
            )
            for question in source.open_questions
        ),
    )


def _relationships(source: ReportSource) -> list[tuple[Relationship, tuple[Evaluation, ...]]]:
    by_name: dict[str, list[Evaluation]] = defaultdict(list)
    for evaluation in source.evaluations:
        by_name[evaluation.relationship].append(evaluation)
    named = [(relationship, tuple(by_name.pop(relationship.name, ()))) for relationship in source.relationships]
    # Answers under a name that the assessment no longer lists are protected like any other group.
    return named + [
        (Relationship(name=name, label=name, kind=Kind.CUSTOM, invited=len(left)), tuple(left))
        for name, left in sorted(by_name.items())
    ]


def _buckets(source: ReportSource) -> list[_Bucket]:
    """The groups that may be shown, known persons first, each large enough."""
    minimum = source.policy.min_group
    known: list[_Bucket] = []
    large: list[_Bucket] = []
    thin: list[_Bucket] = []
    for relationship, evaluations in _relationships(source):
        if not evaluations:
            continue
        key = RESERVED.get(relationship.kind, f"group:{relationship.name}")
        group = Group(key=key, label=relationship.label, kind=relationship.kind, n=len(evaluations))
        bucket = _Bucket(group, evaluations, (relationship.name,))
        (known if bucket.exempt else large if len(evaluations) >= minimum else thin).append(bucket)
    pool, kept = _roll_up(thin, large, minimum, size=lambda bucket: bucket.group.n)
    known.sort(key=lambda bucket: bucket.group.kind is not Kind.SELF)
    return [*known, *kept, *([_merged(pool)] if pool else [])]


def _roll_up(thin: list[T], large: list[T], minimum: int, size: Callable[[T], int]) -> tuple[list[T], list[T]]:
    """The thin ones together with as few of the large ones as reach the minimum (none if they cannot), and the rest."""
    pool, kept = list(thin), sorted(large, key=size)
    while pool and kept and sum(map(size, pool)) < minimum:
        pool.append(kept.pop(0))
    enough = sum(map(size, pool)) >= minimum
    return (pool if enough else []), [each for each in large if any(each is other for other in kept)]


def _merged(pool: Sequence[_Bucket]) -> _Bucket:
    evaluations = tuple(evaluation for bucket in pool for evaluation in bucket.evaluations)
    labels = tuple(sorted(bucket.group.label for bucket in pool))
    group = Group(key=ALL_OTHERS, label=_("All others"), kind=None, n=len(evaluations), merged=labels)
    return _Bucket(group, evaluations, tuple(name for bucket in pool for name in bucket.relationships))


def _responses(source: ReportSource, buckets: Sequence[_Bucket]) -> tuple[Responses, ...]:
    """How many of each relationship answered; a thin or merged group's count is kept back, also when it is nought."""
    lines = []
    for relationship, evaluations in _relationships(source):
        group = next((bucket.group for bucket in buckets if relationship.name in bucket.relationships), None)
        counted = relationship.kind.exempt or (group is not None and group.key != ALL_OTHERS)
        unasked = sum(evaluation.unasked for evaluation in evaluations)
        lines.append(
            Responses(
                label=relationship.label,
                invited=relationship.invited,
                answered=len(evaluations) - unasked if counted else None,
                unasked=unasked if counted else None,
                shown_as=group.label if group else None,
            )
        )
    return tuple(lines)


def _scores(source: ReportSource, buckets: Iterable[_Bucket]) -> dict[tuple[str, str], tuple[Score, ...]]:
    """Answers per statement and group; where too few of a group answered a statement, none of them."""
    cells = {}
    for bucket in buckets:
        least = 1 if bucket.exempt else source.policy.min_group
        for item in (item for competency in source.competencies for item in competency.items):
            answers = [evaluation.answers.get(item.id) for evaluation in bucket.evaluations]
            scores = sorted(answer for answer in answers if answer is not None)
            if len(scores) >= least:
                cells[item.id, bucket.group.key] = tuple(scores)
    return cells


def _comments(
    written: Sequence[tuple[_Bucket, list[str]]], *, seed: str, question_id: str, text: str, policy: Policy
) -> QuestionComments:
    """One question's comments: under the group's label, else mixed without label, else not at all."""
    minimum = policy.min_comments
    blocks: list[CommentBlock] = []
    large: list[tuple[str, list[str]]] = []
    thin: list[tuple[str, list[str]]] = []
    for bucket, texts in written:
        said = [each for each in texts if each]
        if said and bucket.exempt:
            blocks.append(CommentBlock(label=bucket.group.label, texts=_mixed(said, seed)))
        elif said:
            (large if len(said) >= minimum else thin).append((bucket.group.label, said))
    pool, kept = _roll_up(thin, large, minimum, size=lambda pair: len(pair[1]))
    shown = [CommentBlock(label=label, texts=_mixed(said, seed)) for label, said in kept]
    if pool:
        shown.append(CommentBlock(label=None, texts=_mixed([each for _label, said in pool for each in said], seed)))
    return QuestionComments(id=question_id, text=text, blocks=(*blocks, *shown), withheld=not shown)


def _mixed(texts: Iterable[str], seed: str) -> tuple[str, ...]:
    """The texts in an order that depends on nothing but the report and the texts themselves."""
    return tuple(sorted(texts, key=lambda each: (sha256(f"{seed}|{each}".encode()).digest(), each)))
