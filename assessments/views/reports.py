"""Reports: fetching, opening, releasing."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import report_selectors, selectors, subject_selectors
from assessments.editions import facts_of_one
from assessments.fence import about, is_own
from assessments.forms import numbers_in
from assessments.gate import why_not_released
from assessments.list_rows import REPORTS, report_lines
from assessments.models import Release, Report, Subject
from assessments.receiving import FOR_RELEASES, may_receive, unsure, why_ended
from assessments.report_access import has_site
from assessments.report_commands import fetch_report
from assessments.report_selectors import ReportRow, SubjectReports
from assessments.reports import may_open, open_report, release_to, viewers, withdraw_release
from assessments.views.context import find, own_page, page_context
from assessments.views.subjects import filtered, read_subjects, subject_page
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.listing import paged, read_filters, read_sorting
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused


@require_GET
@member_of_org(Role.READER)
def all_reports(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Every version that was fetched, with its openings."""
    names = dict(selectors.all_assessments(org).values_list("pk", "name")[:300])
    listing = read_filters(
        request.GET, assessment=(_("Assessment"), {str(number): name for number, name in names.items()})
    )
    rows = matching(report_selectors.reports(request.member), listing.search, column="subject__search")
    rows = listing.apply(rows, assessment="assessment")
    sorting = read_sorting(request.GET, "-fetched", **report_selectors.ORDERS)
    listing = replace(listing, sorting=sorting, file=True)
    rows = report_selectors.with_order(rows)
    if wants_file(request.GET):
        lines = report_lines(request.member, rows.order_by(*sorting.by))
        return list_file(request.member, listing, [_("Reports")], REPORTS, lines)
    page = paged(rows, request.GET, by=sorting.by)
    opened = report_selectors.openings(org, page.rows)
    may = report_selectors.openable(request.member, page.rows)
    shown = [ReportRow(report, opened.get(report.pk, 0), report.pk in may) for report in page.rows]
    return render(request, "assessments/report_list.html", {"listing": listing, "page": page, "rows": shown})


@require_GET
@member_of_org(Role.READER)
def of_assessment(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The subjects of one assessment with their reports."""
    assessment = find(request.member, pk)
    listing = read_subjects(request)
    page = paged(filtered(request.member, assessment, listing), request.GET, by=("sort_name", "pk"))
    kept = report_selectors.latest_reports(request.member, page.rows)
    may = report_selectors.openable(request.member, [report for found in kept.values() for report in found])
    viewer = _own_viewer(request)
    fetches = report_selectors.fetches_of(request.member, page.rows, viewer=viewer)
    matching_rows = filtered(request.member, assessment, listing)
    rows = [
        SubjectReports(
            row,
            [(report, report.pk in may) for report in kept[row.subject.pk]],
            next(iter(fetches[row.subject.pk]), None),
        )
        for row in subject_selectors.subject_rows(request.member, assessment, page.rows)
    ]
    context = page_context(
        request.member,
        assessment,
        "reports",
        listing=listing,
        page=page,
        rows=rows,
        viewer=viewer,
        choosable=subject_selectors.choosable(request.member, matching_rows, page.counted),
        choosable_here=sum(not row.shown.own for row in rows),
    )
    return render(request, "assessments/reports.html", context)


@require_POST
@member_of_org(Role.EDITOR)
def fetch(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Fetch one subject's report for a viewer, as a job."""
    rows = subject_selectors.subjects(org).select_related("assessment__org", "org", "person")
    subject = get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    viewer = request.POST.get("viewer", "")
    if viewer not in dict(viewers(request.member, subject)):
        raise PermissionDenied
    try:
        fetch_report(subject, by=request.member, viewer=viewer)
    except ActionRefused as problem:
        if not request.htmx:
            return subject_page(request, org, subject, fetch_problem=str(problem))
        return _fetching(request, subject, viewer, problem=str(problem))
    if request.htmx:
        return _fetching(request, subject, viewer)
    messages.success(request, _("Fetching the report…"))
    return redirect("assessments:subject", org.slug, pk, subject_pk)


def _fetching(request: MemberRequest, subject: Subject, viewer: str, *, problem: str = "") -> HttpResponse:
    """Replacement for the form that requested a report: on the subject's page, or in a row of the list."""
    row = request.htmx.target == f"fetch-row-{subject.pk}"
    fetches = report_selectors.fetches_of(request.member, [subject], viewer=viewer if row else None)[subject.pk]
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "viewers": viewers(request.member, subject),
        "viewer": viewer,
        "fetches": fetches,
        "facts": facts_of_one(subject),
        "job": next(iter(fetches), None),
        "problem": problem,
    }
    name = "assessments/_fetch_row.html" if row else "assessments/_fetch.html"
    return render(request, name, context, status=422 if problem else 200)


@require_GET
@member_of_org(Role.SUBJECT)
def download(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The PDF for a member who may open it; the log records the opening."""
    report = get_object_or_404(report_selectors.every_report(org), pk=pk)
    if not may_open(request.member, report):
        raise PermissionDenied
    try:
        content = open_report(report, by=request.member)
    except (ActionRefused, OSError) as problem:
        missing = _("The stored file is missing. Fetch the report again.")
        messages.error(request, str(problem) if isinstance(problem, ActionRefused) else missing)
        if not request.member.may(Role.READER):
            return redirect("assessments:my-reports", org.slug)
        return redirect("assessments:subject", org.slug, report.assessment_id, report.subject_id)
    return as_download(content, report_selectors.report_file_name(report))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def release(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Let subjects or coaches open this version: choose them, review names and reports, confirm."""
    report = get_object_or_404(report_selectors.every_report(org), pk=pk)
    if about(request.member, report):
        return own_page(request, report.subject, status=403)
    query = request.POST if request.method == "POST" else request.GET
    numbers = numbers_in(query, "member")
    candidates = may_receive(report)
    chosen = [member for member in candidates if member.pk in numbers]
    problem = ""
    if "continue" in query or request.method == "POST":
        if not chosen:
            problem = _("Choose at least one person.")
        elif len(chosen) != len(set(numbers)):
            problem = _("Not everybody that you chose can receive this report any more. Check the names again.")
    if request.method == "POST" and not problem:
        problem = _release(request, report, chosen)
        if not problem:
            names = ", ".join(str(member) for member in chosen)
            messages.success(request, _("Released to %(names)s.") % {"names": names})
            return redirect("assessments:report-release", org.slug, pk)
    rows = report.releases.select_related("member__user", "member__org", "released_by__user", *FOR_RELEASES)
    context = {
        "report": report,
        "assessment": report.assessment,
        "candidates": candidates,
        "chosen": chosen,
        "released": [(each, why_ended(each)) for each in rows],
        "unsure": unsure(report),
        "problem": problem,
        "done": report.subject.status == Subject.Status.DONE,
        "subject": report.subject,
        "lacking": why_not_released(report.subject),
        "facts": facts_of_one(report.subject),
        "on_site": has_site(report.assessment),
    }
    page = "report_release_confirm" if chosen else "report_release"
    return render(request, f"assessments/{page}.html", context, status=422 if problem else 200)


def _release(request: MemberRequest, report: Report, chosen: list[Member]) -> str:
    """Carry out the confirmed release; returns the reason if it is refused."""
    if request.POST.get("confirmed") != "on":
        return _("Confirm that you have checked the names.")
    try:
        release_to(report, chosen, by=request.member, unfinished=request.POST.get("unfinished") == "on")
    except ActionRefused as refusal:
        return str(refusal)
    return ""


@require_POST
@member_of_org(Role.ADMIN)
def withdraw(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Take a release back."""
    released = get_object_or_404(
        Release.objects.filter(org=org).select_related("report__subject", "report__assessment", "member__user", "org"),
        pk=pk,
    )
    report: Report = released.report
    if about(request.member, report):
        return own_page(request, report.subject, status=403)
    withdraw_release(released, by=request.member)
    messages.success(request, _("The release to %(who)s has been withdrawn.") % {"who": released.member})
    return redirect("assessments:report-release", org.slug, report.pk)


@require_GET
@member_of_org(Role.SUBJECT)
def my_reports(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The reports released to the member."""
    context = {
        "releases": report_selectors.released_to(request.member),
        "ended": report_selectors.ended_releases(request.member),
    }
    return render(request, "assessments/my_reports.html", context)


def _own_viewer(request: MemberRequest) -> str:
    if request.member.may(Role.ADMIN):
        return "Admin"
    return "Subject" if request.member.may(Role.EDITOR) else ""
