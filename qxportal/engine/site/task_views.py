"""Pages of tasks: the list, the introduction of each, declining it and starting it again."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qxportal.engine.assessments import answering, evaluators
from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import Assessment, Evaluation
from qxportal.engine.people import devices
from qxportal.engine.site import participation
from qxportal.engine.site.action_plans import listed, shared_with
from qxportal.engine.site.context import frame, task
from qxportal.engine.site.evaluations import OwnEvaluation, evaluations_of, preload, read_answers
from qxportal.engine.site.own_tasks import closed_page, find_task, own_answers, own_evaluation
from qxportal.engine.site.questionnaire import reading
from qxportal.engine.site.report_views import report_row
from qxportal.engine.site.reports import approvals_of, readings_of
from qxportal.engine.site.visitors import SiteRequest, known

LONGEST_REASON = 1_000  # characters
NEVER = datetime.max.replace(tzinfo=UTC)


@require_safe
@known
def tasks(request: SiteRequest) -> HttpResponse:
    """The person's open tasks, reports, and completed tasks."""
    owed = [own_evaluation(request, row) for row in evaluations_of(request.person).order_by("assessment__name", "pk")]
    preload(owed)
    found = [task(one) for one in owed]
    owing = [one for one in found if one["open"]]
    read_answers([one["own"] for one in owing], hidden=bool(request.visitor.mark))
    readings, approvals = readings_of(request.person), approvals_of(request.person)
    shown = [one for one in readings if one.is_own or not request.visitor.saw_others]
    reports = [report_row(one) for one in shown]
    page = {
        "open": [{**one, "minutes": one["own"].minutes} for one in sorted(owing, key=_urgency)],
        "closed": [one for one in found if not one["open"]],
        "approvals": [] if request.visitor.saw_others else [report_row(one) for one in approvals],
        "own_reports": [one for one in reports if one["is_own"]],
        "reports": [one for one in reports if one["as_manager"]],
        "other_reports": [one for one in reports if not (one["is_own"] or one["as_manager"])],
        "plans": [listed(one) for one in shared_with(request.person, request.visitor)],
        "choices": participation.choices(request.person),
        "rounds": participation.own_rounds(request.person),
        "can_give": participation.unasked(request.person).exists(),
        "letter": devices.letter_of(request.visitor.device),
        "by_mail_only": request.visitor.saw_others and (len(shown) < len(readings) or bool(approvals)),
    }
    return render(request, "site/tasks.html", {**frame(request), **page})


@require_safe
@known
@own_answers
def one_task(request: SiteRequest, evaluation: str) -> HttpResponse:
    """A task: before submitting, its purpose and who will see which answers; afterwards, what can still be done."""
    own = find_task(request, evaluation)
    shown = task(own)
    left = _other_open_tasks(own) if shown["submitted"] else 0
    return render(request, "site/task.html", {**frame(request), **shown, "own": own, "left": left})


@require_http_methods(["GET", "POST"])
@known
@own_answers
def decline(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Decline the evaluation, with an optional reason."""
    own = find_task(request, evaluation)
    if not (own.can_answer and own.row.assessment.options.get("DeclineEvaluations") and not own.is_own):
        return closed_page(request, own)
    reason, problem = request.POST.get("reason", "").strip(), ""
    if request.method == "POST":
        problem = reading.refusal(reason, most=LONGEST_REASON)
        if not problem:
            try:
                answering.decline(own.row, reason)
            except answering.NotOpenError:  # closed or submitted meanwhile
                return closed_page(request, own)
            return redirect("site:task", evaluation)
    page = {**frame(request), **task(own), "reason": reason, "problem": problem, "most": LONGEST_REASON}
    return render(request, "site/decline.html", page, status=422 if problem else 200)


@require_POST
@known
@own_answers
def take_up_again(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Reopen a submitted or declined evaluation."""
    own = find_task(request, evaluation)
    try:
        answering.take_up_again(own.row)
    except answering.NotOpenError:
        return closed_page(request, own)
    return redirect("site:go-on", evaluation)


@require_POST
@known
def start_over(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Delete answers from other devices that this device may not show."""
    own = find_task(request, evaluation)
    if request.visitor.mark == devices.TEST or not devices.are_answers_hidden(request.visitor.mark, own.row):
        return redirect("site:task", evaluation)
    if own.row.status != Evaluation.Status.IN_PROGRESS or not own.can_answer:
        return closed_page(request, own)
    try:
        with transaction.atomic(using="engine"):
            assessment = Assessment.objects.select_for_update().get(pk=own.row.assessment_id)
            evaluators.reset(assessment, own.row.subject, own.row)
    except Conflict:
        return closed_page(request, own)
    return redirect("site:task", evaluation)


def _other_open_tasks(own: OwnEvaluation) -> int:
    """The number of other evaluations that the same person can answer now."""
    others = evaluations_of(own.person).filter(status__in=answering.OPEN).exclude(pk=own.row.pk)
    return answering.in_open_rounds().filter(pk__in=others.values("pk")).count()


def _urgency(one: dict[str, Any]) -> tuple[bool, datetime]:
    """Sort key by deadline; tasks without one come last."""
    return one["deadline"] is None, one["deadline"] or NEVER
