"""Why a rule that marks subjects as done left all of them out, counted by cause."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import QuerySet

from assessments.fence import others
from assessments.models import Assessment, Subject
from assessments.subject_selectors import subjects_of
from qxportal.accounts.models import Member
from qxportal.ledger.models import Action, PlanLine
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored, relationship_stored

# In the data of a line that does nothing: why.
TOO_FEW = "too_few"  # the relationships in which too few have finished
AWAITED = "awaited"  # evaluators who must finish whatever the numbers
SMALL = "small"  # relationships whose groups a report would hide
IN_PROGRESS = "in_progress"
DONE = "done"
GONE = "gone"
CAUSES = (TOO_FEW, AWAITED, SMALL, IN_PROGRESS, DONE, GONE)


def why_left_out(
    lines: QuerySet[PlanLine], assessment: Assessment, *, by: Member | None, seen_by: Member | None = None
) -> Message:
    """The number of subjects that a rule left out for each cause; a subject with several causes counts for each.

    `lines`: the lines of the plan; `by`: the member who made the plan, which leaves that member out; `seen_by`: the
    member who reads the sentences, about whom `lines` has no line. Whether these two members are done is not told.
    """
    idle = lines.filter(action__in=(Action.SKIP, Action.REFUSE))
    rows = idle.order_by("number").values_list("data", flat=True)
    causes = Counter[str]()
    named: dict[str, Counter[str]] = {TOO_FEW: Counter(), SMALL: Counter()}
    for lacks in rows:
        causes.update(cause for cause in CAUSES if lacks.get(cause))
        for cause, relationships in named.items():
            relationships.update(lacks.get(cause, ()))
    parts = _by_cause(causes, named)
    there = subjects_of(assessment)
    rest = others(by, there) if by is not None else there
    if by is not None and rest.count() < there.count():
        words = gettext_stored("%(name)s, in whose name the rule is applied, is a subject and left out.", name=str(by))
        parts.append(words)
    if seen_by is not None:
        rest = others(seen_by, rest)
    if not causes and not rest.filter(status=Subject.Status.WAITING).exists():
        parts += _no_one_waiting(rest.count(), there.count())
    return join_stored(" ", parts)


def _by_cause(causes: Mapping[str, int], named: Mapping[str, Counter[str]]) -> list[Message | int]:
    """A sentence for each cause; 0 for a cause that left no one out."""
    return [
        causes[TOO_FEW]
        and ngettext_stored(
            "%(n)s subject does not have enough finished evaluations (%(groups)s).",
            "%(n)s subjects do not have enough finished evaluations (%(groups)s).",
            causes[TOO_FEW],
            groups=_counted(named[TOO_FEW]),
        ),
        causes[AWAITED]
        and ngettext_stored(
            "The report of %(n)s subject waits for evaluators who have to finish.",
            "The reports of %(n)s subjects wait for evaluators who have to finish.",
            causes[AWAITED],
        ),
        causes[SMALL]
        and ngettext_stored(
            "%(n)s subject has a group with too few answers to be shown (%(groups)s).",
            "%(n)s subjects have a group with too few answers to be shown (%(groups)s).",
            causes[SMALL],
            groups=_counted(named[SMALL]),
        ),
        causes[IN_PROGRESS]
        and ngettext_stored(
            "%(n)s subject has evaluations in progress.",
            "%(n)s subjects have evaluations in progress.",
            causes[IN_PROGRESS],
        ),
        causes[DONE]
        and ngettext_stored("%(n)s subject is done already.", "%(n)s subjects are done already.", causes[DONE]),
        causes[GONE]
        and ngettext_stored(
            "%(n)s person is no longer a subject of the assessment.",
            "%(n)s people are no longer subjects of the assessment.",
            causes[GONE],
        ),
    ]


def _counted(relationships: Counter[str]) -> Message:
    """How often each relationship came up, most often first."""
    counted = [
        gettext_stored(
            "%(relationship)s: %(n)s",
            relationship=relationship_stored(name),
            n=number,
        )
        for name, number in relationships.most_common()
    ]
    return join_stored(", ", counted)


def _no_one_waiting(rest: int, every: int) -> list[Message]:
    """The reason why no subject was considered; empty if the only one is the plan's author or the viewing member."""
    if not every:
        return [gettext_stored("The assessment has no subjects.")]
    if not rest:
        return []
    if rest < every:
        return [gettext_stored("Every other subject is done already.")]
    return [gettext_stored("Every subject is done already.")]
