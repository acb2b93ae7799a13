"""Reasons why evaluators declined: stored from the server's responses, for members who act on them.

For a server without this request nothing is stored, and the pages leave them out.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from assessments.fence import is_own
from assessments.models import Assessment, DeclineReason, Evaluation, Subject
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.evaluators import EvaluatorRecord


def mirror_decline_reasons(assessment: Assessment, records: Iterable[EvaluatorRecord], *, as_of: datetime) -> None:
    """Store the reasons of one assessment unless newer ones are stored."""
    kept = DeclineReason.objects.filter(assessment=assessment)
    if kept.filter(seen_at__gt=as_of).exists():
        return
    told = {(one.subject_id, one.person_id): one.declined_because for one in records if one.declined_because}
    if not told:
        kept.delete()
        return
    declined = Evaluation.objects.filter(assessment=assessment, gone_at=None, status=Evaluation.Status.DECLINED)
    pairs = declined.values_list("pk", "subject_key", "evaluator_key")
    rows = [
        DeclineReason(org=assessment.org, assessment=assessment, evaluation_id=pk, seen_at=as_of, words=words)
        for pk, subject, evaluator in pairs
        if (words := told.get((subject, evaluator)))
    ]
    with transaction.atomic():
        DeclineReason.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["evaluation"], update_fields=["seen_at", "words"]
        )
        kept.filter(seen_at__lt=as_of).delete()


def decline_reasons(member: Member, subject: Subject) -> dict[int, str]:
    """Reasons by evaluation, for members who may act on them, never about the members themselves."""
    if not Role(member.role).reaches(Role.EDITOR) or is_own(member, subject):
        return {}
    rows = DeclineReason.objects.filter(evaluation__subject=subject, evaluation__gone_at=None)
    return dict(rows.values_list("evaluation_id", "words"))
