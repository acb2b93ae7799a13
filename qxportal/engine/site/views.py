"""Pages of the site: tasks, the questionnaire page by page, and its submission."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import time_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from qxportal.core.languages import main
from qxportal.engine.assessments import answering, evaluators
from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import Assessment, Evaluation
from qxportal.engine.people import devices
from qxportal.engine.site import forms, participation, saving
from qxportal.engine.site.action_plans import listed, shared_with
from qxportal.engine.site.context import frame, item_context, task
from qxportal.engine.site.evaluations import (
    MissingAnswersError,
    OwnEvaluation,
    evaluations_of,
    preload,
    read_answers,
)
from qxportal.engine.site.questionnaire import reading, validity
from qxportal.engine.site.questionnaire.pages import Page
from qxportal.engine.site.questionnaire.plan import Plan, plan
from qxportal.engine.site.report_views import report_row
from qxportal.engine.site.reports import approvals_of, readings_of
from qxportal.engine.site.visitors import SiteRequest, known, visitor_of

P = ParamSpec("P")
TaskView = Callable[Concatenate[SiteRequest, str, P], HttpResponse]
FORM_SALT = "qxportal.engine.site.form"
LONGEST_REASON = 1_000  # characters
SAFE = ("GET", "HEAD")
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


# -- tasks


def own_answers(view: TaskView[P]) -> Callable[..., HttpResponse]:
    """Decorator that keeps answers from devices that may not show them (people/devices.py)."""

    @wraps(view)
    def gate(request: SiteRequest, evaluation: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.visitor.mark:
            return view(request, evaluation, *args, **kwargs)
        own = _find(request, evaluation)
        if not devices.are_answers_hidden(request.visitor.mark, own.row):
            response = view(request, evaluation, *args, **kwargs)
            # Check again: the view may have read an answer given on another device after the first check.
            if not devices.are_answers_hidden(request.visitor.mark, own.row):
                return response
        page = {**frame(request), **task(own), "mark": request.visitor.mark[0]}
        return render(request, "site/begun_elsewhere.html", page, status=200 if request.method in SAFE else 403)

    return gate


@require_safe
@known
def tasks(request: SiteRequest) -> HttpResponse:
    """The person's open tasks, reports, and completed tasks."""
    owed = [_own(request, row) for row in evaluations_of(request.person).order_by("assessment__name", "pk")]
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
    """The introduction before the first answer: purpose, and who will see which answers."""
    own = _find(request, evaluation)
    shown = task(own)
    left = _other_open_tasks(own) if shown["submitted"] else 0
    return render(request, "site/task.html", {**frame(request), **shown, "own": own, "left": left})


@require_http_methods(["GET", "POST"])
@known
@own_answers
def decline(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Decline the evaluation, with an optional reason."""
    own = _find(request, evaluation)
    if not (own.can_answer and own.row.assessment.options.get("DeclineEvaluations") and not own.is_own):
        return _closed(request, own)
    reason, problem = request.POST.get("reason", "").strip(), ""
    if request.method == "POST":
        problem = reading.refusal(reason, most=LONGEST_REASON)
        if not problem:
            try:
                answering.decline(own.row, reason)
            except answering.NotOpenError:  # closed or submitted meanwhile
                return _closed(request, own)
            return redirect("site:task", evaluation)
    page = {**frame(request), **task(own), "reason": reason, "problem": problem, "most": LONGEST_REASON}
    return render(request, "site/decline.html", page, status=422 if problem else 200)


@require_POST
@known
@own_answers
def take_up_again(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Reopen a submitted or declined evaluation."""
    own = _find(request, evaluation)
    try:
        answering.take_up_again(own.row)
    except answering.NotOpenError:
        return _closed(request, own)
    return redirect("site:go-on", evaluation)


# -- the questionnaire


@require_safe
@known
@own_answers
def go_on(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Redirect to the first page with an open question."""
    own = _find(request, evaluation)
    page = validity.first_open(own.pages, own.answers)
    if page is None or not own.can_answer:
        return redirect("site:task", evaluation)
    return redirect("site:page", evaluation, page.id)


@require_http_methods(["GET", "HEAD", "POST"])
@known
@own_answers
def page(request: SiteRequest, evaluation: str, page: str) -> HttpResponse:
    """One page of questions; its buttons save the answers and lead forward or back."""
    asked_at = timezone.now()  # before the answers are read: answers saved meanwhile are newer than the page
    own = _find(request, evaluation)
    if not own.can_answer:
        return _closed(request, own)
    here = next((one for one in own.pages if one.id == page), None)
    if here is None:
        return redirect("site:go-on", evaluation)
    refused: dict[str, str] = {}
    if request.method == "POST":
        sent = forms.whole_page(list(here.fields), request.POST, own.plan)
        if sent.fresh and _keep(request, own, sent.fresh) is None:
            return _closed(request, own)
        refused = sent.refused
        if not refused:
            after = _find(request, evaluation)
            if "back" not in request.POST and (opened := validity.newly_open(here, own.answers, after.answers)):
                return redirect(f"{reverse('site:page', args=[evaluation, here.id])}#field-{opened}")
            return _next(request, after, here)
    shown = _page(request, own, here, refused, asked_at)
    return render(request, "site/page.html", shown, status=422 if refused else 200)


@require_POST
@known
def start_over(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Delete answers from other devices that this device may not show."""
    own = _find(request, evaluation)
    if request.visitor.mark == devices.TEST or not devices.are_answers_hidden(request.visitor.mark, own.row):
        return redirect("site:task", evaluation)
    if own.row.status != Evaluation.Status.IN_PROGRESS or not own.can_answer:
        return _closed(request, own)
    try:
        with transaction.atomic(using="engine"):
            assessment = Assessment.objects.select_for_update().get(pk=own.row.assessment_id)
            evaluators.reset(assessment, own.row.subject, own.row)
    except Conflict:
        return _closed(request, own)
    return redirect("site:task", evaluation)


@require_POST
def save(request: HttpRequest, evaluation: str) -> HttpResponse:
    """Save single answers as they are given; acknowledged only after the commit."""
    visitor = visitor_of(request)
    try:
        pk, survey, modified, language, person, generation = signing.loads(request.POST.get("form", ""), salt=FORM_SALT)
    except (signing.BadSignature, ValueError):
        return JsonResponse({"reload": True}, status=409)
    if visitor is None or (visitor.person_id, visitor.generation) != (person, generation):
        return JsonResponse({"problem": _("Open your personal link again to continue.")}, status=403)
    modified_at = datetime.fromisoformat(modified)
    asked = plan(survey, modified_at, language)
    sent = forms.some_fields(request.POST, asked)
    since = _since(request.POST.get("since", ""))
    form = saving.Form(pk, person, generation, modified_at)
    saved = saving.keep(form, sent.fresh, device=visitor.device, since=since)
    if saved is None:
        return _not_saved(pk, modified_at)
    names = {key: name for name, key in asked.keys.items()}
    return JsonResponse(
        {
            "until": saved.at.isoformat(),
            "kept": sorted(names[key] for key in saved.kept),
            "elsewhere": [_elsewhere(asked, names, one) for one in saved.elsewhere],
            "refused": sent.refused,
            "moves": asked.moves or _narrows(asked, names, saved),
        }
    )


@require_http_methods(["GET", "HEAD", "POST"])
@known
@own_answers
def submit(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Show missing answers, ask for confirmation, and submit."""
    own = _find(request, evaluation)
    if not own.can_answer:
        return _closed(request, own)
    if request.method == "POST":
        try:
            own.submit()
        except MissingAnswersError:
            own = _find(request, evaluation)
        except answering.NotOpenError:
            return _closed(request, own)
        else:
            return redirect("site:task", evaluation)
    found = [
        {
            "page": one.page,
            "anchor": f"field-{one.field}" if one.statement else f"item-{one.item}",
            "question": one.statement or one.question,
            "words": one.words,
            "must": one.must,
        }
        for one in validity.remarks(own.pages, own.answers)
    ]
    missing = {
        "must": [one for one in found if one["must"]],
        "may": [one for one in found if not one["must"]],
        "nothing": not any(map(validity.is_answered, own.answers.values())),
        "spoken": _spoken(own),
    }
    return render(request, "site/submit.html", {**frame(request), **task(own), **missing, "own": own})


@require_GET
@known
@own_answers
def copy(request: SiteRequest, evaluation: str) -> HttpResponse:
    """A copy of the person's answers."""
    own = _find(request, evaluation)
    listed = [[item_context(item, own.answers) for item in one.items] for one in own.pages]
    return render(request, "site/copy.html", {**frame(request), **task(own), "pages": listed, "spoken": _spoken(own)})


# -- what they share


def _own(request: SiteRequest, row: Evaluation) -> OwnEvaluation:
    survey, language = row.assessment.survey, get_language() or "en"
    codes = sorted(code for code in (survey.language, *survey.languages) if main(code) == language)
    return OwnEvaluation(row, request.person, codes[0] if codes else row.language)


def _spoken(own: OwnEvaluation) -> str:
    """The language of the questions if it differs from the page's; else empty."""
    spoken = main(own.plan.language)
    return "" if spoken == get_language() else spoken


def _find(request: SiteRequest, evaluation: str) -> OwnEvaluation:
    row = evaluations_of(request.person).filter(public_id=evaluation).first()
    if row is None:
        raise Http404
    return _own(request, row)


def _other_open_tasks(own: OwnEvaluation) -> int:
    """The number of other evaluations that the same person can answer now."""
    others = evaluations_of(own.person).filter(status__in=answering.OPEN).exclude(pk=own.row.pk)
    return answering.in_open_rounds().filter(pk__in=others.values("pk")).count()


def _urgency(one: dict[str, Any]) -> tuple[bool, datetime]:
    """Sort key by deadline; tasks without one come last."""
    return one["deadline"] is None, one["deadline"] or EPOCH


def _closed(request: SiteRequest, own: OwnEvaluation) -> HttpResponse:
    return render(request, "site/closed.html", {**frame(request), **task(own)}, status=409)


def _page(
    request: SiteRequest, own: OwnEvaluation, here: Page, refused: dict[str, str], asked_at: datetime
) -> dict[str, Any]:
    number = own.pages.index(here)
    typed = {one.name: request.POST.get(one.name, "") for one in here.fields} if refused else {}
    known = {
        one.name: reading.shown(one, said.value, said.text)
        for one in here.fields
        if (said := own.answers.get(one.name))
    }
    done, total = validity.counted(own.pages, own.answers)
    survey = own.row.assessment.survey
    form = [
        own.row.pk,
        survey.pk,
        survey.modified_at.isoformat(),
        own.plan.language,
        request.visitor.person_id,
        request.visitor.generation,
    ]
    return {
        **frame(request),
        **task(own),
        "items": [item_context(item, own.answers, refused, typed) for item in here.items],
        "spoken": _spoken(own),
        "here": here,
        "number": number + 1,
        "count": len(own.pages),
        "before": own.pages[number - 1] if number else None,
        "last": number + 1 == len(own.pages),
        "done": done,
        "total": total,
        "form": signing.dumps(form, salt=FORM_SALT),
        "now": asked_at.isoformat(),
        "shown": forms.marks_of(list(here.fields), typed or known),
        "shown_at": int(asked_at.timestamp() * 1000),
    }


def _next(request: SiteRequest, own: OwnEvaluation, here: Page) -> HttpResponse:
    """Redirect to the button's target among the pages that result from the saved answers."""
    ids = [one.id for one in own.pages]
    number = ids.index(here.id) if here.id in ids else 0
    if "back" in request.POST:
        return redirect("site:page", own.row.public_id, ids[max(0, number - 1)])
    if "stay" in request.POST:
        return redirect("site:page", own.row.public_id, here.id)
    if number + 1 < len(ids):
        return redirect("site:page", own.row.public_id, ids[number + 1])
    return redirect("site:submit", own.row.public_id)


def _keep(request: SiteRequest, own: OwnEvaluation, fresh: list[saving.Fresh]) -> saving.Saved | None:
    visitor, survey = request.visitor, own.row.assessment.survey
    form = saving.Form(own.row.pk, visitor.person_id, visitor.generation, survey.modified_at)
    return saving.keep(form, fresh, device=visitor.device, since=timezone.now())


def _not_saved(evaluation: int, modified_at: datetime) -> JsonResponse:
    """Response with the reason why an answer was not saved; after a change of the survey the page reloads itself."""
    row = Evaluation.objects.select_related("assessment__survey").filter(pk=evaluation).first()
    if row is not None and row.status == Evaluation.Status.COMPLETED:
        words = _("This feedback has already been submitted, perhaps on another device. Your answer was not saved.")
        return JsonResponse({"problem": words}, status=409)
    if row is not None and row.assessment.survey.modified_at != modified_at:
        return JsonResponse({"reload": True}, status=409)
    return JsonResponse({"problem": _("This questionnaire is closed. Your answer was not saved.")}, status=409)


def _narrows(asked: Plan, names: Mapping[int, str], saved: saving.Saved) -> bool:
    """Whether a saved answer, of this or another device, changes the options of other lists on the page."""
    elsewhere = (int(str(one["question_id"])) for one in saved.elsewhere)
    return any(names.get(key) in asked.drill_downs for key in (*saved.kept, *elsewhere))


def _since(text: str) -> datetime:
    """The time since which the page needs other devices' answers; by default all."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return EPOCH if found is None or timezone.is_naive(found) else found


def _elsewhere(asked: Any, names: dict[int, str], one: Any) -> dict[str, str]:
    name = names.get(one["question_id"], "")
    value = reading.shown(asked.fields[name], one["value"], one["text"]) if name in asked.fields else ""
    at = parse_datetime(one["given_at"]) or timezone.now()
    return {"name": name, "value": value, "at": time_format(timezone.localtime(at), "H:i")}
