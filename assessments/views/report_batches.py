"""Batches of reports: choosing subjects and readers, the files with their states, and the ZIP file."""

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.forms import numbers_in
from assessments.models import BatchFile, ReportBatch, Subject
from assessments.report_archive import NAMES, archive
from assessments.report_batches import (
    MOST,
    allowed_viewers,
    batches,
    choose,
    files_for,
    in_order,
    latest_job,
    minutes_left,
    start_batch,
)
from assessments.report_rule_forms import BatchRuleForm
from assessments.report_rules import chosen_by_rule
from assessments.views.context import find
from assessments.views.selection import chosen_subjects
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import in_context
from qxportal.core.filenames import attachment, file_name
from qxportal.core.listing import paged, read_filters
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ui.labels import STATES


@require_POST
@member_of_org(Role.EDITOR)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Preview the fetch for a selection, and its permanent effects; start it once confirmed."""
    assessment = find(request.member, pk)
    allowed = allowed_viewers(request.member)
    viewers = [viewer for viewer in request.POST.getlist("viewer") if viewer in allowed]
    subjects = chosen_subjects(request, assessment, request.POST)
    if not subjects.exists():
        messages.warning(request, _("No subject is selected. Select at least one in the list and try again."))
        return redirect("assessments:reports", org.slug, pk)
    if not viewers and "viewer" not in request.POST and "chosen" not in request.POST:
        viewers = [allowed[0]]
    choice = choose(request.member, subjects, viewers)
    problem = ""
    if request.POST.get("confirmed") == "on":
        try:
            batch = start_batch(choice, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("assessments:report-batch", org.slug, batch.pk)
    context = {
        "assessment": assessment,
        "choice": choice,
        "scope": request.POST.get("scope", "ticked"),
        "ticked": [subject.pk for subject in subjects],
        "viewers": [(viewer, viewer in viewers) for viewer in allowed],
        "problem": problem,
    }
    return render(request, "assessments/report_batch_new.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def by_rule(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Choose assessments, a rule and viewers, preview the fetch, leave out single subjects, and start it."""
    allowed = allowed_viewers(request.member)
    form, choice, problem = BatchRuleForm(request.POST or None, org=org, viewers=allowed), None, ""
    left_out = set(numbers_in(request.POST, "shown")).difference(numbers_in(request.POST, "subject"))
    offered: list[Subject] = []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        subjects = chosen_by_rule(request.member, list(given["assessments"]), given["rule"], given["since"])
        choice = choose(request.member, subjects, given["viewers"])
        offered = list(dict.fromkeys(subject for subject, _viewer in choice.files))
        if left_out:
            choice = choose(request.member, subjects.exclude(pk__in=left_out), given["viewers"])
        if request.POST.get("confirmed") == "on":
            try:
                batch = start_batch(choice, by=request.member, intent=intent_of(request.POST))
            except ActionRefused as refused:
                problem = str(refused)
            else:
                return redirect("assessments:report-batch", org.slug, batch.pk)
    context = {
        "form": form,
        "choice": choice,
        "offered": offered if len(offered) <= MOST else [],
        "left_out": left_out,
        "problem": problem,
    }
    status = 422 if form.errors or problem else 200
    return render(request, "assessments/report_batch_rule.html", context, status=status)


@require_GET
@member_of_org(Role.EDITOR)
def batch_list(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The batches of the organisation, the newest first."""
    page = paged(batches(org), request.GET, by=("-created_at", "-pk"))
    return render(request, "assessments/report_batch_list.html", {"page": page})


@require_GET
@member_of_org(Role.EDITOR)
def batch(request: MemberRequest, org: Organisation, pk: str) -> HttpResponse:
    """One batch: its progress, and each file with its state."""
    row = get_object_or_404(batches(org), pk=pk)
    states = {name: str(STATES["batch-file"][name].label) for name in BatchFile.State.values}
    listing = read_filters(request.GET, state=(_("State"), states))
    files = files_for(request.member, row)
    rows = listing.apply(files, state="state")
    page = paged(rows, request.GET, by=("position", "pk"))
    job = latest_job(row)
    ready = files.filter(state=BatchFile.State.FETCHED, report__isnull=False).count()
    context = {
        "batch": row,
        "job": job,
        "left": minutes_left(job) if job else 0,
        "listing": listing,
        "page": page,
        "ready": ready,
        "may_send_links": request.member.may(Role.ADMIN),
        "names": [(name, label) for name, (label, _parts) in NAMES.items()],
    }
    return render(request, "assessments/report_batch.html", context)


@require_GET
@member_of_org(Role.EDITOR)
def download(request: MemberRequest, org: Organisation, pk: str) -> StreamingHttpResponse:
    """The fetched reports as one ZIP file with a manifest; each opening is noted."""
    row = get_object_or_404(ReportBatch.objects.filter(org=org), pk=pk)
    pattern = request.GET.get("names", "subject")
    if pattern not in NAMES:
        raise Http404
    note(org, by=request.member, verb="reports.downloaded", words=row.title)
    parts = archive(in_order(files_for(request.member, row)), by=request.member, pattern=pattern)
    answer = StreamingHttpResponse(in_context(parts), content_type="application/zip")
    name = file_name([row.title, f"{timezone.localtime():%Y-%m-%d %H.%M}"], "zip")
    answer.headers["Content-Disposition"] = attachment(name)
    return answer
