"""Creating an assessment in short steps; nothing is sent before the last one."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from assessments.commands import checked_relationships, create_assessment
from assessments.forms import (
    SWITCHES,
    BasicsForm,
    OptionsForm,
    PeoplePickerForm,
    numbers_in,
    relationships_from,
)
from assessments.models import Assessment
from assessments.views.people_picker import people_picker
from assessments.views.relationships import custom_rows
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from surveys.selectors import surveys

STEPS = {
    "basics": gettext_lazy("Name and type"),
    "form": gettext_lazy("Survey"),
    "relationships": gettext_lazy("Relationships"),
    "options": gettext_lazy("Options"),
    "people": gettext_lazy("People"),
    "summary": gettext_lazy("Summary"),
}
NAMES = list(STEPS)
Draft = dict[str, Any]


@require_GET
@member_of_org(Role.EDITOR)
def start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Start over."""
    request.session[_key(org)] = {"intent": str(uuid.uuid4()), "people": []}
    return redirect("assessments:new-step", org.slug, "basics")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def wizard(request: MemberRequest, org: Organisation, step: str) -> HttpResponse:
    """One step: show it, or store the choices and continue."""
    if step not in STEPS:
        raise Http404
    draft: Draft | None = request.session.get(_key(org))
    if draft is None:
        return redirect("assessments:new", org.slug)
    missing = _missing(draft, step)
    if missing:
        return redirect("assessments:new-step", org.slug, missing)
    if step == "summary":
        return _summary(request, org, draft)
    kept, context = STEP_VIEWS[step](request, org, draft)
    if kept:
        request.session[_key(org)] = draft
        following = NAMES[NAMES.index(step) + 1]
        return redirect("assessments:new-step", org.slug, step if "stay" in request.POST else following)
    return _render(request, step, draft, context, wrong=request.method == "POST")


def _basics(request: MemberRequest, org: Organisation, draft: Draft) -> tuple[bool, Draft]:
    form = BasicsForm(request.POST or None, initial=draft)
    if request.method == "POST" and form.is_valid():
        draft |= form.cleaned_data
        return True, {}
    return False, {"form": form}


def _form(request: MemberRequest, org: Organisation, draft: Draft) -> tuple[bool, Draft]:
    choices = list(surveys(org))
    if request.method == "POST":
        chosen = request.POST.get("survey", "")
        if chosen in {survey.vendor_id for survey in choices}:
            draft["survey_id"] = chosen
            return True, {}
    return False, {"surveys": choices, "problem": _("Choose a survey.") if request.method == "POST" else ""}


def _relationships(request: MemberRequest, org: Organisation, draft: Draft) -> tuple[bool, Draft]:
    rows = relationships_from(request.POST) if request.method == "POST" else draft.get("relationships", [])
    problem = ""
    if request.method == "POST":
        try:
            draft["relationships"] = checked_relationships(rows)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return True, {}
    return False, {"custom": custom_rows(rows), "spare": range(2), "problem": problem}


def _options(request: MemberRequest, org: Organisation, draft: Draft) -> tuple[bool, Draft]:
    known: Draft = draft.get("options", {})
    numbers = {"minimum": known.get("MinimumEvaluators", 5), "maximum": known.get("MaximumEvaluators", 15)}
    form = OptionsForm(request.POST or None, initial={**known, **numbers})
    if request.method == "POST" and form.is_valid():
        draft["options"] = form.options()
        return True, {}
    return False, {"form": form}


def _people(request: MemberRequest, org: Organisation, draft: Draft) -> tuple[bool, Draft]:
    form = PeoplePickerForm(request.POST, org=org)
    if form.is_valid():
        chosen = {person.pk for person in form.cleaned_data["people"]}
        wanted = set(draft["people"]) - set(numbers_in(request.POST, "shown")) | chosen
        draft["people"] = list(
            people(org).filter(pk__in=wanted).order_by("sort_name", "pk").values_list("pk", flat=True)
        )
        if not form.unknown:
            return True, {}
    return False, people_picker(request, form, people(org), ticked=map(str, draft["people"]))


STEP_VIEWS = {
    "basics": _basics,
    "form": _form,
    "relationships": _relationships,
    "options": _options,
    "people": _people,
}


def _summary(request: MemberRequest, org: Organisation, draft: Draft) -> HttpResponse:
    chosen = people(org).filter(pk__in=draft["people"])
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("intent") != draft["intent"]:
                raise ActionRefused(_("You have started another assessment since. This is its summary."))
            change = create_assessment(
                org,
                by=request.member,
                intent=uuid.UUID(draft["intent"]),
                name=draft["name"],
                type=draft["type"],
                survey_id=draft["survey_id"],
                relationships=draft["relationships"],
                workflow_options=draft["options"],
                people=list(chosen),
            )
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            return redirect("assessments:created", org.slug, change.pk)
    switches = [(label, draft["options"][name]) for name, (label, _on) in SWITCHES.items()]
    context = {
        "survey": surveys(org).filter(vendor_id=draft["survey_id"]).first(),
        "chosen": chosen.order_by("sort_name", "pk"),
        "switches": switches,
        "type_label": Assessment.Type(draft["type"]).label,
        "problem": problem,
    }
    return _render(request, "summary", draft, context, wrong=bool(problem))


def _render(request: MemberRequest, step: str, draft: Draft, context: Draft, *, wrong: bool = False) -> HttpResponse:
    at = NAMES.index(step)
    steps = [
        {"name": name, "words": words, "past": place < at, "current": place == at, "open": not _missing(draft, name)}
        for place, (name, words) in enumerate(STEPS.items())
    ]
    frame = {"draft": draft, "step": step, "steps": steps, "before": NAMES[at - 1] if at else ""}
    return render(request, f"assessments/wizard_{step}.html", {**frame, **context}, status=422 if wrong else 200)


def _missing(draft: Draft, step: str) -> str:
    """The first step before this one that was not taken yet."""
    needs = {"basics": "name", "form": "survey_id", "relationships": "relationships", "options": "options"}
    return next((name for name in NAMES[: NAMES.index(step)] if name in needs and needs[name] not in draft), "")


def _key(org: Organisation) -> str:
    return f"new-assessment-{org.pk}"
