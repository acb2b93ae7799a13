"""Pages about reports: introduction, the report itself, its PDF, and the manager's approval."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qxportal.core.downloads import as_download
from qxportal.engine.editions import report_access, stored_reports
from qxportal.engine.editions.report_access import State, Viewer
from qxportal.engine.models import Edition, ReportOpening
from qxportal.engine.reports import html, naming
from qxportal.engine.reports.printing import BusyError
from qxportal.engine.reports.results import ReportData
from qxportal.engine.site import plan_views
from qxportal.engine.site.context import frame
from qxportal.engine.site.questionnaire.reading import refusal
from qxportal.engine.site.report_people import ReportPerson
from qxportal.engine.site.reports import NotReadyError, Reading, reading_of, whole_reading_of
from qxportal.engine.site.visitors import SiteRequest, known

LONGEST_REASON = 1_000  # characters


class EndedError(Exception):
    """Access was withdrawn during printing."""


@require_safe
@known
def about(request: SiteRequest, access: str) -> HttpResponse:
    """Introduction to a report and its other readers; does not open the report."""
    found = _find(request, access)
    if found.state is State.ENDED:
        return _ended(request, found)
    if found.approving:
        return redirect("site:report-approval", access)
    return render(request, "site/report_about.html", _context(request, found))


@require_POST
@known
def open_report(request: SiteRequest, access: str) -> HttpResponse:
    """Record the opening and show the report."""
    found = _find(request, access)
    if found.state is State.ENDED:
        return _ended(request, found)
    try:
        found.note(ReportOpening.What.PAGE, found.edition(), request.visitor)
    except NotReadyError:
        return _not_ready(request, found)
    return redirect("site:report-read", access)


@require_safe
@known
def read(request: SiteRequest, access: str) -> HttpResponse:
    """The report again, if it was recently opened on this device."""
    found = _visible(request, whole_reading_of(request.person, access, request.visitor))
    if found.state is State.ENDED:
        return _ended(request, found)
    try:
        edition = found.edition() if found.has_edition else None
    except NotReadyError:
        return _not_ready(request, found)
    if edition is None or not found.was_opened(edition, request.visitor):
        return redirect("site:report", access)
    report = found.report(edition)
    page = {
        "report": report,
        "content": html.web(report),
        "plan": plan_views.form(found, found.plan) if found.plan else None,
        "plan_is_hidden": found.is_own and found.plan is None,
    }
    return render(request, "site/report.html", {**_context(request, found), **page})


@require_POST
@known
def pdf(request: SiteRequest, access: str) -> HttpResponse:
    """The report as a PDF; recorded as an opening."""
    found = _find(request, access)
    if found.state is State.ENDED:
        return _ended(request, found)
    editions: list[Edition] = []

    def as_of_now() -> ReportData:
        again = _find(request, access)
        if again.state is State.ENDED:
            raise EndedError
        editions.append(again.edition())
        return again.report(editions[-1])

    try:
        report, content = stored_reports.pdf_for(
            found.access.subject, request.person, as_of_now(), as_of_now, brand=found.access.brand_id
        )
    except EndedError:
        return _ended(request, _find(request, access))
    except NotReadyError:
        return _not_ready(request, found)
    except BusyError:
        problem = _("Many reports are being made at the moment. Try again in a minute.")
        page = {**_context(request, found), "problem": problem}
        answer = render(request, "site/report_about.html", page, status=503)
        answer.headers["Retry-After"] = "60"
        return answer
    found.note(ReportOpening.What.PDF, editions[-1], request.visitor)
    return as_download(content, naming.of(report, found.viewer))


@require_http_methods(["GET", "HEAD", "POST"])
@known
def approval(request: SiteRequest, access: str) -> HttpResponse:
    """Approve the report for the subject, or send it back to HR with a reason."""
    found = _find(request, access)
    if not found.approving:
        raise Http404
    reason, problem, reason_problem = request.POST.get("reason", "").strip(), "", ""
    if request.method == "POST" and "back" in request.POST:
        reason_problem = refusal(reason, most=LONGEST_REASON) or ("" if reason else _("Say why you send it back."))
        if not reason_problem and report_access.send_back(found.access, request.person, reason):
            return _decided(request, found, approved=False)
    elif request.method == "POST":
        try:
            edition = found.edition()
        except NotReadyError:
            return redirect("site:tasks")
        if not found.was_opened(edition):
            problem = _("Read the report before you approve it.")
        elif report_access.approve(found.access, request.person, edition.number):
            return _decided(request, found, approved=True)
    page = {"reason": reason, "most": LONGEST_REASON, "problem": problem, "reason_problem": reason_problem}
    status = 422 if problem or reason_problem else 200
    return render(request, "site/report_approval.html", {**_context(request, found), **page}, status=status)


def report_row(found: Reading) -> dict[str, Any]:
    """A report as template context."""
    access = found.access
    return {
        "id": access.public_id,
        "subject": access.subject.person,
        "assessment": access.assessment.name,
        "is_own": found.is_own,
        "as_manager": access.viewer == Viewer.MANAGER,
        "approving": found.approving,
        "ready": found.is_ready,
        "until": None if found.approving else access.until_at,
        "zone": access.assessment.brand.zone.key,
    }


def _find(request: SiteRequest, access: str) -> Reading:
    return _visible(request, reading_of(request.person, access, request.visitor))


def _visible(request: SiteRequest, found: Reading | None) -> Reading:
    if found is None or (request.visitor.saw_others and not found.is_own):
        raise Http404
    return found


def _context(request: SiteRequest, found: Reading) -> dict[str, Any]:
    row = report_row(found)
    others = [{"name": str(one.person), "words": _reader(one), "until": one.until} for one in found.others]
    access = found.access
    approver = access.decided_by if access.approved_edition and report_access.needs_approval(access) else None
    return {**frame(request), **row, "readers": others, "approver": approver}


def _reader(one: ReportPerson) -> str:
    """A reader's role towards the subject."""
    words = {Viewer.SUBJECT: _("The report is about this person"), Viewer.MANAGER: _("Manager")}
    return words.get(Viewer(one.viewer), "")


def _not_ready(request: SiteRequest, found: Reading) -> HttpResponse:
    """The page for a report without figures, or with editions blocked after a restore (409)."""
    problem = _("The report cannot be opened at the moment. Try again later.") if found.is_ready else ""
    return render(request, "site/report_about.html", {**_context(request, found), "problem": problem}, status=409)


def _ended(request: SiteRequest, found: Reading) -> HttpResponse:
    page = {**frame(request), **report_row(found), "has_plan": found.plan is not None}
    return render(request, "site/report_ended.html", page, status=410)


def _decided(request: SiteRequest, found: Reading, *, approved: bool) -> HttpResponse:
    page = {**_context(request, found), "approved": approved}
    return render(request, "site/report_decided.html", page)
