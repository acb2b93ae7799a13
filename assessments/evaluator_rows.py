"""A subject's evaluators on the subject's page, with reasons for declining and possible actions."""

from dataclasses import dataclass
from datetime import datetime

from assessments.decline_reasons import decline_reasons
from assessments.editions import Facts
from assessments.evaluation_commands import Verbs, server_can, verbs_of
from assessments.groups import Group
from assessments.models import Evaluation, Subject
from assessments.schedule_commands import may_extend
from assessments.schedules import extensions_of
from assessments.subject_selectors import evaluators_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role


@dataclass(frozen=True)
class EvaluatorRow:
    """One evaluation, the reason for declining it, and the member's possible actions."""

    evaluation: Evaluation
    reason: str
    verbs: Verbs
    until: datetime | None = None  # an extension of the evaluator's


@dataclass(frozen=True)
class ShownGroup:
    """The evaluators of one relationship; `acts` if the member may act on them."""

    group: Group
    rows: list[EvaluatorRow]
    acts: bool


def evaluators_shown(member: Member, subject: Subject, facts: Facts | None) -> list[ShownGroup]:
    """The groups of a subject; actions only for members who may act, if the server supports them."""
    reasons = decline_reasons(member, subject)
    extensions = extensions_of(member, subject.assessment)
    extends = may_extend(member, subject.assessment)
    acts = Role(member.role).reaches(Role.EDITOR) and subject.gone_at is None and server_can(subject, facts)
    return [
        ShownGroup(
            group,
            [
                EvaluatorRow(
                    one,
                    reasons.get(one.pk, ""),
                    verbs_of(subject, one, extends=extends) if acts else Verbs(),
                    extensions.get(one.evaluator_key),
                )
                for one in group.evaluations
            ],
            acts,
        )
        for group in evaluators_of(member, subject)
    ]
