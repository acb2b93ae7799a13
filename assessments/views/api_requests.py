"""The page of API requests without a page of their own: filled in here, answered or recorded as a change."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from assessments import request_answers
from assessments.any_request import record_call
from assessments.request_fields import RequestForm
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import version_has
from qxportal.accounts.credentials import NoCredential
from qxportal.accounts.models import Credential, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.ledger.problems import reason_of
from qxportal.ledger.request_views import GROUPS, summary_of
from qxportal.threesixty.calls.base import Call, RetryPolicy
from qxportal.threesixty.calls.every import EVERY_CALL
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.errors import ThreeSixtyError
from qxportal.ui.labels import REQUESTS
from qxportal.ui.stored_messages import StoredMessage

ON_REPORTS = ("assessments:all-reports", gettext_lazy("On the Reports page"))
ON_ASSESSMENTS = ("assessments:list", gettext_lazy("On the page of the assessment"))
ON_PEOPLE = ("directory:people", gettext_lazy("On the page of the person"))
ON_ANSWERS = ("assessments:raw-answers", gettext_lazy("On the page Answers of the settings"))
ELSEWHERE = {  # only sent from pages that explain the effect first
    "activateAssessment": ON_ASSESSMENTS,
    "closeAssessment": ON_ASSESSMENTS,
    "deleteAssessment": ON_ASSESSMENTS,
    "getLegacyResponseData": ON_ANSWERS,  # if the organisation allows raw answers
    "getSubjectReport": ON_REPORTS,
    "getSubjectReportPDF": ON_REPORTS,
    "importResponses": ON_ANSWERS,
    "removePerson": ON_PEOPLE,
    "reopenAssessment": ON_ASSESSMENTS,
    "setSubjectStatus": ON_ASSESSMENTS,
}
OFFERED = {name: EVERY_CALL[name] for name in CATALOGUE if name not in ELSEWHERE}


@require_GET
@member_of_org(Role.ADMIN)
def listing(request: MemberRequest, org: Organisation) -> HttpResponse:
    """All requests by group, with their summaries."""
    groups = [
        (words, [_line(org, name) for name, spec in CATALOGUE.items() if spec.group == group])
        for group, words in GROUPS.items()
    ]
    credential = Credential.objects.filter(org=org).first()
    return render(request, "assessments/api_requests.html", {"groups": groups, "credential": credential})


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def one(request: MemberRequest, org: Organisation, name: str) -> HttpResponse:
    """One request: fill it in; a reading is answered on the page, anything else recorded as a change."""
    kind = OFFERED.get(name)
    if kind is None:
        raise Http404
    posted = request.method == "POST"
    form = RequestForm(kind, *((request.POST, request.FILES) if posted else ()))
    context: dict[str, Any] = {"form": form, "line": _line(org, name)}
    call = form.call() if posted and form.is_valid() else None
    if call is not None:
        try:
            request_answers.refuse(call, request.member)
            if not call.mutates:
                whole = "file" in request.POST
                found = request_answers.answer(call, request.member, whole=whole)
                if whole:
                    return _file(call, found)
                context["answer"] = found
            elif errors := _unconfirmed(request, call):
                context["mistyped"] = errors
            else:
                change = _record(request, request.member, call)
                messages.success(request, _("The request was recorded and is sent now."))
                return redirect("ledger:change", org.slug, change.pk)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        except NoCredential as problem:
            form.add_error(None, str(reason_of(problem)))
        except ThreeSixtyError as problem:
            told = str(reason_of(problem))
            form.add_error(form.named_in(f"{getattr(problem, 'code', '')} {problem.words}"), told)
    context["destroys"] = kind.retry_policy is RetryPolicy.DESTRUCTIVE or "mistyped" in context
    context["most"] = request_answers.MOST_ROWS
    failed = bool(form.errors) or "mistyped" in context
    response = render(request, "assessments/api_request.html", context, status=422 if failed else 200)
    response["Cache-Control"] = "no-store"
    return response


def _file(call: Call[Any], found: request_answers.Shown) -> HttpResponse:
    """The whole answer as a file, which is not kept either."""
    return as_download(found.text, file_name([call.request], "json"), "application/json")


def _record(request: MemberRequest, by: Member, call: Call[Any]) -> Change:
    intent = intent_of(request.POST)
    with transaction.atomic():
        known = recorded(by.org, intent)
        change = record_call(by.org, call, by=by, confirmed=True, intent=intent)
        if not known:
            note(by.org, by=by, verb="request.recorded", target=call.request, words=StoredMessage(call.request))
    return change


def _unconfirmed(request: MemberRequest, call: Call[Any]) -> list[str]:
    """The error in the typed confirmation of an irreversible request."""
    return mistyped(request.POST, call.request) if call.retry_policy is RetryPolicy.DESTRUCTIVE else []


def _line(org: Organisation, name: str) -> dict[str, Any]:
    spec = CATALOGUE[name]
    return {
        "spec": spec,
        "title": REQUESTS.get(name, ""),
        "summary": summary_of(spec),
        "elsewhere": ELSEWHERE.get(name),
        "known": version_has(org, EVERY_CALL[name]),
    }
