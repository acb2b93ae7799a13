"""Why evaluators declined: kept from the server's answers, for members who act on it.

A server that does not know the request tells nothing, and the pages show nothing of it.
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
    """Keep the reasons of one assessment as they were told; a newer answer stays."""
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
    """The reasons by evaluation, for members who may act on them, and never about themselves."""
    if not Role(member.role).reaches(Role.EDITOR) or is_own(member, subject):
        return {}
    rows = DeclineReason.objects.filter(evaluation__subject=subject, evaluation__gone_at=None)
    return dict(rows.values_list("evaluation_id", "words"))
