"""What the pages of a task share: the visitor's evaluation, the gate for devices, and the page of a closed one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from qxportal.core.languages import main
from qxportal.engine.models import Evaluation
from qxportal.engine.people import devices
from qxportal.engine.site.context import frame, task
from qxportal.engine.site.evaluations import OwnEvaluation, evaluations_of
from qxportal.engine.site.visitors import SiteRequest

P = ParamSpec("P")
TaskView = Callable[Concatenate[SiteRequest, str, P], HttpResponse]
SAFE = ("GET", "HEAD")


def own_answers(view: TaskView[P]) -> Callable[..., HttpResponse]:
    """Decorator that keeps answers from devices that may not show them (people/devices.py)."""

    @wraps(view)
    def gate(request: SiteRequest, evaluation: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.visitor.mark:
            return view(request, evaluation, *args, **kwargs)
        own = find_task(request, evaluation)
        if not devices.are_answers_hidden(request.visitor.mark, own.row):
            response = view(request, evaluation, *args, **kwargs)
            # Check again: the view may have read an answer given on another device after the first check.
            if not devices.are_answers_hidden(request.visitor.mark, own.row):
                return response
        page = {**frame(request), **task(own), "mark": request.visitor.mark[0]}
        return render(request, "site/begun_elsewhere.html", page, status=200 if request.method in SAFE else 403)

    return gate


def find_task(request: SiteRequest, evaluation: str) -> OwnEvaluation:
    """The visitor's evaluation with this public id; raises Http404 for any other."""
    row = evaluations_of(request.person).filter(public_id=evaluation).first()
    if row is None:
        raise Http404
    return own_evaluation(request, row)


def own_evaluation(request: SiteRequest, row: Evaluation) -> OwnEvaluation:
    """An evaluation in the hands of its evaluator, in the page's language if the survey has it."""
    survey, language = row.assessment.survey, get_language() or "en"
    codes = sorted(code for code in (survey.language, *survey.languages) if main(code) == language)
    return OwnEvaluation(row, request.person, codes[0] if codes else row.language)


def other_language(own: OwnEvaluation) -> str:
    """The language of the questions if it differs from the page's; else empty."""
    spoken = main(own.plan.language)
    return "" if spoken == get_language() else spoken


def closed_page(request: SiteRequest, own: OwnEvaluation) -> HttpResponse:
    """The page about an evaluation that takes no answers any more (409)."""
    return render(request, "site/closed.html", {**frame(request), **task(own)}, status=409)
