"""Change handlers for single evaluations and for the content of editions."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import F, QuerySet

from assessments.fetches import pull_editions, pull_evaluations
from assessments.handled_rows import assessment_id, assessment_row, refresh, subject_row
from assessments.models import Editions, Evaluation
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues, ParsedResult
from qxportal.ledger.selectors import resource_sync
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records.editions import TakenOut


def _evaluations(change: Change) -> QuerySet[Evaluation]:
    """The rows of the evaluation that the change is about: listed ones before those that are missing or gone."""
    there = {
        "org": change.org,
        "assessment__vendor_id": assessment_id(change),
        "subject_key": change.parameters["subject_id"],
        "evaluator_key": change.parameters["person_id"],
    }
    listed_first = (F(name).desc(nulls_first=True) for name in ("gone_at", "missing_since"))
    return Evaluation.objects.filter(**there).order_by(*listed_first)


def _evaluation(change: Change) -> Evaluation | None:
    return _evaluations(change).first()


def _mirrored_evaluation(change: Change) -> MirroredValues | None:
    row = _evaluation(change)
    if row is None:
        return None
    listed = resource_sync(change.org, f"evaluations:{assessment_id(change)}")
    at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
    there = row.gone_at is None
    values = {"relationship": row.relationship, "evaluation_state": row.status}
    return MirroredValues({name: value if there else None for name, value in values.items()}, at)


def _refresh_evaluations(threesixty: ThreeSixty, change: Change) -> None:
    row = assessment_row(change)
    if row is not None:
        pull_evaluations(row, threesixty)


def _mirror_evaluator_removed(change: Change, as_of: datetime) -> None:
    row = _evaluation(change)
    if row is not None:
        Evaluation.objects.filter(pk=row.pk, gone_at=None).update(gone_at=as_of)
    refresh(change, as_of)


def _mirror_relationship(change: Change, as_of: datetime) -> None:
    """The listing has the evaluation as another row from now on."""
    rows = _evaluations(change).exclude(relationship=change.parameters["relationship"])
    rows.filter(gone_at=None).update(gone_at=as_of)
    refresh(change, as_of)


def _evaluation_handler(
    *, mirror: Callable[[Change, datetime], None], target_values: Callable[[Change], dict[str, object]]
) -> ChangeHandler:
    return ChangeHandler(
        mirror=mirror,
        mirrored_values=_mirrored_evaluation,
        refresh=_refresh_evaluations,
        target_values=target_values,
    )


def _mirrored_editions(change: Change) -> MirroredValues | None:
    """The edition and the manager's state as last reported."""
    row = subject_row(change)
    told = Editions.objects.filter(subject=row).first() if row else None
    if told is None:
        return None
    listed = resource_sync(change.org, f"editions:{assessment_id(change)}")
    at = max(told.seen_at, listed.seen_at) if listed and listed.seen_at else told.seen_at
    return MirroredValues({"edition": told.facts["edition"], "manager": told.facts["manager"]["state"]}, at)


def _refresh_editions(threesixty: ThreeSixty, change: Change) -> None:
    row = assessment_row(change)
    if row is not None:
        pull_editions(row, threesixty)


def _parse_taken_out(change: Change, answer: object) -> ParsedResult:
    if not isinstance(answer, TakenOut):
        raise TypeError(change.request)
    return ParsedResult(result={"classes": answer.classes, "answers": answer.answers})


EVALUATION_HANDLERS = {
    "qxConfirmManager": ChangeHandler(
        mirror=refresh,
        mirrored_values=_mirrored_editions,
        refresh=_refresh_editions,
        target_values=lambda change: {"manager": "confirmed"},
    ),
    "qxHideReportLine": ChangeHandler(mirror=refresh, mirrored_values=_mirrored_editions, refresh=_refresh_editions),
    "qxTakeOutAnswers": ChangeHandler(
        mirror=refresh, parse_result=_parse_taken_out, mirrored_values=_mirrored_editions, refresh=_refresh_editions
    ),
    "qxChangeRelationship": _evaluation_handler(
        mirror=_mirror_relationship, target_values=lambda change: {"relationship": change.parameters["relationship"]}
    ),
    "qxReopenEvaluation": _evaluation_handler(
        mirror=refresh, target_values=lambda change: {"evaluation_state": Evaluation.Status.IN_PROGRESS.value}
    ),
    "qxResetEvaluation": _evaluation_handler(
        mirror=refresh, target_values=lambda change: {"evaluation_state": Evaluation.Status.NOT_STARTED.value}
    ),
    "qxRemoveEvaluator": _evaluation_handler(mirror=_mirror_evaluator_removed, target_values=lambda change: {}),
}
