"""The address to which a page's script sends answers as they are given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qxportal.engine.models import Evaluation
from qxportal.engine.site import forms, saving
from qxportal.engine.site.questionnaire import reading
from qxportal.engine.site.questionnaire.plan import Plan, plan
from qxportal.engine.site.visitors import visitor_of

FORM_SALT = "qxportal.engine.site.form"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


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
