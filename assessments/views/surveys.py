"""Pages of surveys: the list, one survey with its contents, and switching it on and off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.models import Assessment
from assessments.survey_forms import ValidityForm
from assessments.survey_selectors import UNUSED, USED, counts_hidden, narrowed_by_use, used_by
from assessments.views.home import refreshing
from directory.job_kinds import SYNC
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import paged, read_filters, read_sorting
from qxportal.ledger import selectors as ledger
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.models import Change
from qxportal.ui.labels import STATES
from surveys.alerts import acknowledge
from surveys.commands import activate_survey, deactivate_survey, refresh_survey, set_validity
from surveys.content import questions_in
from surveys.job_kinds import SYNC_SURVEY
from surveys.models import Survey, SurveyContent
from surveys.scale_checks import findings
from surveys.selectors import ORDERS, all_surveys, surveys

STALE = timedelta(minutes=10)
LINES = 50  # of one difference between two readings
REQUESTS = (
    "activateSurvey",
    "deactivateSurvey",
    "setSurveyOptions",
    "transferSurveyOwnership",
    "importSurveyTranslations",
)

SHOWN = ("pk", "vendor_id", "name", "status", "seen_at", "gone_at")  # columns that the list needs
SURVEY_LIST = ListKind(
    "surveys",
    gettext_lazy("Surveys"),
    {"state": gettext_lazy("State"), "used": gettext_lazy("Used by"), "synced": gettext_lazy("Last synced")},
)


@require_GET
@member_of_org(Role.READER)
@listed(SURVEY_LIST)
def survey_list(request: MemberRequest, org: Organisation) -> HttpResponse:
    """All surveys, and which assessments use each; alone the list itself when filters or words changed."""
    listing = read_filters(
        request.GET,
        status=(_("State"), {name: str(badge.label) for name, badge in STATES["survey"].items()}),
        used=(_("Use"), {USED: _("Used by an assessment"), UNUSED: _("Not used")}),
        gone=(_("Show"), {"on": _("No longer listed")}, _("Current")),
    )
    rows = narrowed_by_use(org, surveys(org, gone=bool(listing["gone"])), listing["used"])
    for word in listing.search.split():
        rows = rows.filter(name__icontains=word)
    rows = listing.apply(rows, status="status")
    sorting = read_sorting(request.GET, "name", **ORDERS)
    alone = request.htmx.target == "listing"
    known = None if listing.narrowed else ledger.number_listed(org, "surveys")
    page = paged(rows, request.GET, by=sorting.by, columns=SHOWN, known=known)
    users = {} if "used" in request.list_state.hidden else used_by(org, [survey.vendor_id for survey in page.rows])
    context = {
        "listing": replace(listing, sorting=sorting),
        "page": page,
        "lines": [(survey, users.get(survey.vendor_id, [])) for survey in page.rows],
    }
    if alone:
        return render(request, "surveys/_surveys.html", {**context, "menus_stay": True})
    around = {
        "sync": ledger.resource_sync(org, "surveys"),
        "job": ledger.refresh_of(org, SYNC),
        "importing": ledger.changes(request.member).filter(request="importSurvey", state__in=Change.OPEN)[:5],
    }
    return render(request, "surveys/survey_list.html", {**context, **around})


@require_GET
@member_of_org(Role.READER)
def survey(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """One survey: questions, scales, languages, and the assessments that use it."""
    found = find(org, pk)
    content = SurveyContent.objects.filter(survey=found).first()
    job = ledger.refresh_of(org, SYNC_SURVEY, found.vendor_id)
    users = used_by(org, [found.vendor_id])[found.vendor_id]
    own = ledger.changes(request.member).filter(target=f"survey:{found.vendor_id}", request__in=REQUESTS)
    context = {
        "survey": found,
        "users": users,
        "sync": content,
        "job": job,
        "stale": not found.gone_at and not job and (not content or timezone.now() - content.seen_at > STALE),
        "open_changes": ledger.unsettled(own),
        "content": content,
        **(_shown(content, request.GET.get("language", "")) if content else {}),
        "quotas": [] if not content or counts_hidden(request.member, found) else content.quotas,
        "preview": "preview" in request.GET,
    }
    return render(request, "surveys/survey.html", context)


@require_POST
@member_of_org(Role.READER)
def refresh(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Read one survey again, as a job."""
    found = find(org, pk)
    return refreshing(request, org, lambda: refresh_survey(found, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def activate(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Open a survey for answers, after a page about its use."""
    found = find(org, pk)

    def change() -> Change:
        return activate_survey(found, by=request.member, intent=intent_of(request.POST))

    return _switching(request, found, "surveys/survey_activate.html", change, _("Activating the survey…"))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def deactivate(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Close a survey to answers; ending half-finished answers requires the survey's typed name."""
    found = find(org, pk)
    closing = request.POST.get("sessions") == "close"
    errors = mistyped(request.POST, found.name) if closing else []

    def change() -> Change:
        return deactivate_survey(found, by=request.member, close_sessions=closing, intent=intent_of(request.POST))

    words = _("Deactivating the survey…")
    return _switching(request, found, "surveys/survey_deactivate.html", change, words, errors=errors, closing=closing)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def validity(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Set when a survey can be answered."""
    found = find(org, pk)
    content = SurveyContent.objects.filter(survey=found).first()
    known = {
        field: _moment(content.facts[name]) if content else None
        for field, name in (("valid_from", "starts_at"), ("valid_until", "expires_at"))
    }
    form = ValidityForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            set_validity(found, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Setting when the survey is valid…"))
            return redirect("assessments:survey", org.slug, pk)
    context = {"survey": found, "form": form, "zone": timezone.get_current_timezone_name()}
    return render(request, "surveys/survey_validity.html", context, status=422 if form.errors else 200)


@require_POST
@member_of_org(Role.EDITOR)
def acknowledge_changes(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Acknowledge a survey's changes; they stay on its page."""
    content = SurveyContent.objects.select_related("survey", "org").filter(survey=find(org, pk)).first()
    until = _with_zone(request.POST.get("until", ""))
    if until is None:
        messages.warning(request, _("View the changes first, then acknowledge them."))
    elif content is not None:
        acknowledge(content, by=request.member, until=until)
        messages.success(request, _("Acknowledged. The changes stay on the page of the survey."))
    return redirect("assessments:survey", org.slug, pk)


def _with_zone(text: str) -> datetime | None:
    """A time with its zone, as our own forms send it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def find(org: Organisation, pk: int) -> Survey:
    """A survey of the organisation, or 404."""
    return get_object_or_404(all_surveys(org).select_related("org"), pk=pk)


def _switching(
    request: MemberRequest,
    found: Survey,
    template: str,
    change: Callable[[], Change],
    words: str,
    *,
    errors: list[str] | None = None,
    closing: bool = False,
) -> HttpResponse:
    problem = ""
    if request.method == "POST" and not errors:
        try:
            change()
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, words)
            return redirect("assessments:survey", found.org.slug, found.pk)
    users = used_by(found.org, [found.vendor_id])[found.vendor_id]
    context = {
        "survey": found,
        "problem": problem,
        "mistyped": errors or [],
        "closing": closing,
        "users": [one for one in users if one.status == Assessment.Status.ACTIVE],
    }
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _shown(content: SurveyContent, wanted: str) -> dict[str, Any]:
    """A survey's contents in one of its languages, with the problems found."""
    facts = content.facts
    language = wanted if wanted in facts["translated"] else facts["default_language"]
    return {
        "language": language,
        "languages": [facts["default_language"], *facts["translated"]],
        "unread_languages": len(facts["languages"]) - 1 - len(facts["translated"]),
        "blocks": questions_in(content, language),
        "findings": findings(facts["questions"]),
        "embedded": list(facts["embedded"].items()),  # a template would take a field named "items" for the method
        "changes": [
            {"at": _moment(one["at"]), "lines": one["lines"][:LINES], "more": max(0, len(one["lines"]) - LINES)}
            for one in content.changes
        ],
        "starts_at": _moment(facts["starts_at"]),
        "expires_at": _moment(facts["expires_at"]),
        "modified_at": _moment(facts["modified_at"]),
    }


def _moment(text: str) -> datetime | None:
    return parse_datetime(text) if text else None
