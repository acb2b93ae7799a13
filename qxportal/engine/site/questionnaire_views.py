"""Pages of the questionnaire, its submission, and the copy of the answers."""

from datetime import datetime
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from qxportal.engine.assessments import answering
from qxportal.engine.site import forms, saving
from qxportal.engine.site.context import frame, item_context, task
from qxportal.engine.site.evaluations import MissingAnswersError, OwnEvaluation
from qxportal.engine.site.own_tasks import closed_page, find_task, other_language, own_answers
from qxportal.engine.site.questionnaire import reading, validity
from qxportal.engine.site.questionnaire.pages import Page
from qxportal.engine.site.save_view import FORM_SALT
from qxportal.engine.site.visitors import SiteRequest, known


@require_safe
@known
@own_answers
def go_on(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Redirect to the first page with an open question."""
    own = find_task(request, evaluation)
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
    own = find_task(request, evaluation)
    if not own.can_answer:
        return closed_page(request, own)
    here = next((one for one in own.pages if one.id == page), None)
    if here is None:
        return redirect("site:go-on", evaluation)
    refused: dict[str, str] = {}
    if request.method == "POST":
        sent = forms.whole_page(list(here.fields), request.POST, own.plan)
        if sent.fresh and _keep(request, own, sent.fresh) is None:
            return closed_page(request, own)
        refused = sent.refused
        if not refused:
            after = find_task(request, evaluation)
            if "back" not in request.POST and (opened := validity.newly_open(here, own.answers, after.answers)):
                return redirect(f"{reverse('site:page', args=[evaluation, here.id])}#field-{opened}")
            return _next(request, after, here)
    shown = _page(request, own, here, refused, asked_at)
    return render(request, "site/page.html", shown, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@known
@own_answers
def submit(request: SiteRequest, evaluation: str) -> HttpResponse:
    """Show missing answers, ask for confirmation, and submit."""
    own = find_task(request, evaluation)
    if not own.can_answer:
        return closed_page(request, own)
    if request.method == "POST":
        try:
            own.submit()
        except MissingAnswersError:
            own = find_task(request, evaluation)
        except answering.NotOpenError:
            return closed_page(request, own)
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
        "spoken": other_language(own),
    }
    return render(request, "site/submit.html", {**frame(request), **task(own), **missing, "own": own})


@require_GET
@known
@own_answers
def copy(request: SiteRequest, evaluation: str) -> HttpResponse:
    """A copy of the person's answers."""
    own = find_task(request, evaluation)
    listed = [[item_context(item, own.answers) for item in one.items] for one in own.pages]
    return render(
        request, "site/copy.html", {**frame(request), **task(own), "pages": listed, "spoken": other_language(own)}
    )


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
        "spoken": other_language(own),
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
