"""The page of the API's requests: the name in use for each, and the vendor's last response."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.credentials import set_name
from qxportal.accounts.models import Credential, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.job_kinds import PROBE
from qxportal.ledger.jobs.probe import QUESTIONS, start_probe
from qxportal.ledger.selectors import live_job
from qxportal.threesixty.calls.every import EVERY_CALL
from qxportal.threesixty.catalogue import CATALOGUE, RequestSpec, version_number

GROUPS = {
    "360": gettext_lazy("Assessments"),
    "persons": gettext_lazy("Persons"),
    "users": gettext_lazy("Users and divisions"),
    "library": gettext_lazy("Library"),
    "reports": gettext_lazy("Reports"),
    "responses": gettext_lazy("Responses"),
    "surveys": gettext_lazy("Surveys"),
}


@dataclass(frozen=True)
class Line:
    """One request as shown on the page."""

    spec: RequestSpec
    name: str  # in use
    outcome: str
    words: str
    at: datetime | None
    works: str  # another name that the vendor answered

    @property
    def summary(self) -> str:
        """Summary of the request."""
        return summary_of(self.spec)

    @property
    def renamed(self) -> bool:
        """Whether another name is in use for it."""
        return self.name != self.spec.name


def summary_of(spec: RequestSpec) -> str:
    """A request's summary, without the catalogue compilers' remarks."""
    return re.split(r";|\. ", re.sub(r" \([^)]*\)", "", spec.summary))[0].rstrip(" .") + "."


@require_GET
@member_of_org(Role.ADMIN)
def names(request: MemberRequest, org: Organisation) -> HttpResponse:
    """All requests by group."""
    credential = Credential.objects.filter(org=org).first()
    lines = [_line(spec, credential) for spec in CATALOGUE.values()]
    groups = [(words, [line for line in lines if line.spec.group == group]) for group, words in GROUPS.items()]
    context = {
        "credential": credential,
        "groups": groups,
        "answered": sum(line.outcome == "answered" for line in lines),
        "total": len(lines),
        "tried": len(QUESTIONS),
        "job": live_job(org, PROBE),
    }
    return render(request, "ledger/request_names.html", context)


@require_POST
@member_of_org(Role.ADMIN)
def try_all(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Start the API check as a job."""
    try:
        start_probe(org, by=request.member)
    except ActionRefused as problem:
        messages.warning(request, str(problem))
    return redirect("ledger:request-names", org.slug)


@require_POST
@member_of_org(Role.ADMIN)
def set_one(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Set the name in use for one request."""
    request_name = request.POST.get("request", "")[:80]
    name = request.POST.get("name", "").strip()
    try:
        set_name(org, by=request.member, request=request_name, name=name)
    except ValueError as problem:
        messages.error(request, f"{request_name}: {problem}")
    else:
        words = _("%(request)s is now called %(name)s.")
        messages.success(request, words % {"request": request_name, "name": name or request_name})
    return redirect("ledger:request-names", org.slug)


def _line(spec: RequestSpec, credential: Credential | None) -> Line:
    name = credential.names.get(spec.name, spec.name) if credential else spec.name
    heard: dict[str, Any] = credential.heard.get(spec.name, {}) if credential else {}
    if heard.get("name") != name:  # the vendor's words were about another name
        heard = {}
    outcome = heard.get("outcome", "untried")
    if credential and version_number(credential.version) < version_number(spec.since):
        outcome = "old" if not EVERY_CALL[spec.name].predecessor else outcome
    at = datetime.fromisoformat(heard["at"]) if heard else None
    return Line(spec, name, outcome, heard.get("words", ""), at, heard.get("works", ""))
