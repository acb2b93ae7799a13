"""Reports: fetching, opening, releasing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import selectors
from assessments.commands import fetch_report
from assessments.models import Release, Report
from assessments.reports import may_open, open_report, viewers, withdraw_release
from assessments.reports import release as release_report
from assessments.views.frame import find, frame
from assessments.views.subjects import filtered, read_subjects
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.filenames import attachment
from qxportal.ledger.models import Job
from qxportal.ledger.refusal import Refusal
from qxportal.ledger.selectors import jobs
from qxportal.ledger.views import refused
from qxportal.listing import paged, read_listing
from qxportal.searching import matching


@require_GET
@member_of_org(Role.READER)
def all_reports(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Every version that was fetched, with its openings."""
    names = dict(selectors.assessments_anyhow(org).values_list("pk", "name")[:300])
    listing = read_listing(
        request.GET, assessment=(_("Assessment"), {str(number): name for number, name in names.items()})
    )
    rows = matching(selectors.reports(org), listing.words, column="subject__search")
    if listing["assessment"]:
        rows = rows.filter(assessment=int(listing["assessment"]))
    page = paged(rows, request.GET, by=("-fetched_at", "-pk"))
    opened = selectors.openings(org, page.rows)
    may = selectors.openable(request.member, page.rows)
    shown = [(report, opened.get(report.pk, 0), report.pk in may) for report in page.rows]
    return render(request, "assessments/report_list.html", {"listing": listing, "page": page, "rows": shown})


@require_GET
@member_of_org(Role.READER)
def of_assessment(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The subjects of one assessment with their reports."""
    assessment = find(org, pk)
    listing = read_subjects(request)
    page = paged(filtered(assessment, listing), request.GET, by=("sort_name", "pk"))
    kept = selectors.latest_reports(page.rows)
    may = selectors.openable(request.member, [report for found in kept.values() for report in found])
    targets = [f"{subject.pk}:{viewer}" for subject in page.rows for viewer in ("Admin", "Subject")]
    fetching = {
        int(job.target.partition(":")[0]): job
        for job in jobs(org).filter(kind=Job.Kind.FETCH_REPORT, target__in=targets, state__in=Job.OPEN)
    }
    rows = [
        (
            row,
            [(report, report.pk in may) for report in kept[row.subject.pk]],
            fetching.get(row.subject.pk),
        )
        for row in selectors.subject_rows(assessment, page.rows)
    ]
    context = frame(assessment, "reports", listing=listing, page=page, rows=rows, viewer=_own_viewer(request))
    return render(request, "assessments/reports.html", context)


@require_POST
@member_of_org(Role.EDITOR)
def fetch(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Fetch one subject's report for a viewer, as a job."""
    rows = selectors.subjects(org).select_related("assessment", "org", "person")
    subject = get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
    viewer = request.POST.get("viewer", "")
    if viewer not in dict(viewers(request.member, subject)):
        raise PermissionDenied
    try:
        job = fetch_report(subject, by=request.member, viewer=viewer)
    except Refusal as problem:
        return refused(request, problem, reverse("assessments:subject", args=(org.slug, pk, subject_pk)))
    if request.htmx:
        return render(request, "ledger/_job_progress.html", {"job": job, "whole": True})
    messages.success(request, _("The report is being fetched."))
    return redirect("assessments:subject", org.slug, pk, subject_pk)


@require_GET
@member_of_org(Role.SUBJECT)
def download(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The PDF, for those who may open it; the opening is noted."""
    report = get_object_or_404(selectors.reports(org), pk=pk)
    if not may_open(request.member, report):
        raise PermissionDenied
    try:
        content = open_report(report, by=request.member)
    except (Refusal, OSError) as problem:
        messages.error(request, str(problem) if isinstance(problem, Refusal) else _("The kept file is missing."))
        return redirect("/")
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = attachment(selectors.report_file_name(report))
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def release(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Let a subject or coach open this version: choose whom, see who can already."""
    report = get_object_or_404(selectors.reports(org), pk=pk)
    candidates = selectors.may_receive(report)
    if request.method == "POST":
        number = request.POST.get("member", "")
        chosen = candidates.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 16 else None
        if chosen is None:
            messages.error(request, _("Choose a member."))
        else:
            try:
                release_report(report, chosen, by=request.member)
            except Refusal as problem:
                messages.error(request, str(problem))
            else:
                messages.success(request, _("Released to %(name)s.") % {"name": chosen})
        return redirect("assessments:report-release", org.slug, pk)
    released = report.releases.select_related("member__user", "released_by__user")
    context = {"report": report, "assessment": report.assessment, "candidates": candidates, "released": released}
    return render(request, "assessments/report_release.html", context)


@require_POST
@member_of_org(Role.ADMIN)
def withdraw(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Take a release back."""
    released = get_object_or_404(
        Release.objects.filter(org=org).select_related("report__subject", "report__assessment", "member__user", "org"),
        pk=pk,
    )
    report: Report = released.report
    withdraw_release(released, by=request.member)
    messages.success(request, _("Withdrawn."))
    return redirect("assessments:report-release", org.slug, report.pk)


@require_GET
@member_of_org(Role.SUBJECT)
def my_reports(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The reports released to the member."""
    return render(request, "assessments/my_reports.html", {"releases": selectors.released_to(request.member)})


def _own_viewer(request: MemberRequest) -> str:
    if request.member.may(Role.ADMIN):
        return "Admin"
    return "Subject" if request.member.may(Role.EDITOR) else ""
