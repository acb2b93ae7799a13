"""Subjects of an assessment: the list, one subject, a single status, removal."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import report_selectors, subject_selectors
from assessments.edition_commands import evaluator_name
from assessments.evaluator_rows import evaluators_shown
from assessments.fence import is_own, others
from assessments.forms import RemoveForm, StatusForm
from assessments.list_rows import OF_SUBJECTS, SUBJECTS, subject_lines
from assessments.models import Assessment, Subject
from assessments.nominations import list_of
from assessments.report_access import has_site, site_readers
from assessments.reports import viewers
from assessments.subject_commands import remove_subject, set_subject_status
from assessments.thresholds import minimums_of
from assessments.views.context import find, own_page, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.fence import fence_of
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed, row_of
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, Page, paged, read_filters, read_sorting, words_of
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.history.as_of import Past, as_they_were, listed_then, narrowed_then, read_past, versions_of
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.ledger.selectors import changes, unsettled
from qxportal.ui.labels import STATES

STATE_CHOICES = ("NotStarted", "Collecting", "Thin", "Ready", "Done")
SUBJECT_LIST = ListKind(
    "subjects",
    gettext_lazy("Subjects"),
    {
        "state": gettext_lazy("State"),
        "finished": gettext_lazy("Finished"),
        "groups": gettext_lazy("Answers per group"),
    },
)


def read_subjects(request: MemberRequest) -> ListFilters:
    """The filters above the list of subjects."""
    states = {name: str(STATES["subject"][name].label) for name in STATE_CHOICES}
    query = request.GET if request.method == "GET" else request.POST
    return read_filters(query, state=(_("State"), states), gone=(_("Show"), {"on": _("Removed")}, _("Current")))


def filtered(member: Member, assessment: Assessment, listing: ListFilters) -> QuerySet[Subject]:
    """The subjects that the filters let through."""
    rows = matching(subject_selectors.subjects_of(assessment, gone=bool(listing["gone"])), listing.search)
    return subject_selectors.in_state(member, rows, listing["state"]) if listing["state"] else rows


@require_GET
@member_of_org(Role.READER)
@listed(SUBJECT_LIST)
def subject_list(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The subjects with their progress, and a selection to act on."""
    assessment = find(request.member, pk)
    past = read_past(request.GET.get("on", ""), partial(subject_selectors.all_subjects, assessment))
    if past.shown:
        return _subjects_then(request, assessment, past)
    sorting = read_sorting(request.GET, "name", **subject_selectors.ORDERS)
    listing = replace(read_subjects(request), day=past.text, sorting=sorting, file=True)
    matching_rows = filtered(request.member, assessment, listing)
    ordered = subject_selectors.with_order(request.member, matching_rows)
    if wants_file(request.GET):
        lines = subject_lines(request.member, assessment, ordered.order_by(*sorting.by))
        named = [_("Subjects"), assessment.name]
        kept = {"target": assessment.vendor_id, "state": request.list_state, "of": OF_SUBJECTS}
        return list_file(request.member, listing, named, SUBJECTS, lines, **kept)
    page = paged(ordered, request.GET, by=sorting.by)
    rows = subject_selectors.subject_rows(request.member, assessment, page.rows)
    context = page_context(
        request.member,
        assessment,
        "subjects",
        listing=listing,
        page=page,
        rows=rows,
        choosable=subject_selectors.choosable(request.member, matching_rows, page.counted),
        choosable_here=sum(not row.own for row in rows),
        minimum=minimums_of(assessment).min_group,
        past=past,
    )
    return render(request, "assessments/subject_list.html", context)


def _subjects_then(request: MemberRequest, assessment: Assessment, past: Past) -> HttpResponse:
    """The subjects at the end of an earlier day; with progress of their evaluations, for members who may see it."""
    listing = read_filters(
        request.GET,
        status=(_("Status"), words_of(Subject.Status.choices)),
        gone=(_("Show"), {"on": _("Removed")}, _("listed then")),
    )
    context = page_context(
        request.member,
        assessment,
        "subjects",
        listing=replace(listing, day=past.text),
        page=_page_then(request, assessment, listing, past.at) if past.at else Page(),
        past=past,
        answering=sees_answering(request.member),
        own=fence_of(request.member).subjects,
    )
    return render(request, "assessments/subjects_then.html", context)


def _page_then(request: MemberRequest, assessment: Assessment, listing: ListFilters, at: datetime) -> Page[Subject]:
    rows = listed_then(subject_selectors.all_subjects(assessment), at, gone=bool(listing["gone"]))
    wanted = {"status": listing["status"]} if listing["status"] else {}
    rows = others(request.member, rows) if wanted else rows
    versions = versions_of(Subject, assessment.org, assessment=assessment.pk)
    page = paged(narrowed_then(rows, versions, at, listing.search, wanted), request.GET, by=("sort_name", "pk"))
    return replace(page, rows=as_they_were(page.rows, at))


@require_GET
@member_of_org(Role.READER)
@row_of(SUBJECT_LIST)
def row(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """One subject's row, alone."""
    subject = find_subject(org, pk, subject_pk)
    [shown] = subject_selectors.subject_rows(request.member, subject.assessment, [subject])
    return render(request, "assessments/_subject_row.html", {"assessment": subject.assessment, "row": shown})


@require_GET
@member_of_org(Role.READER)
def subject(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """One subject: evaluators by relationship, meters, reports."""
    return subject_page(request, org, find_subject(org, pk, subject_pk))


def subject_page(
    request: MemberRequest, org: Organisation, found: Subject, *, status_problem: str = "", fetch_problem: str = ""
) -> HttpResponse:
    """The page of one subject, with an error in the card of a refused action."""
    if is_own(request.member, found):
        return own_page(request, found, status=403 if status_problem or fetch_problem else 200)
    [shown] = subject_selectors.subject_rows(request.member, found.assessment, [found])
    kept = list(report_selectors.reports(request.member).filter(subject=found)[:20])
    may = report_selectors.openable(request.member, kept)
    involved = changes(request.member).filter(
        assessment_id=found.assessment.vendor_id, target__contains=found.vendor_id
    )
    context = {
        "assessment": found.assessment,
        "subject": found,
        "row": shown,
        "groups": evaluators_shown(request.member, found, shown.facts),
        "minimum": minimums_of(found.assessment).min_group,
        "viewers": viewers(request.member, found),
        "facts": shown.facts,
        "manager_name": evaluator_name(found, shown.facts.manager_key) if shown.facts else "",
        "reports": [(report, report.pk in may) for report in kept],
        "fetches": report_selectors.fetches_of(request.member, [found])[found.pk],
        "has_site": has_site(found.assessment) and request.member.may(Role.EDITOR),
        "site_readers": site_readers(found),
        "list": list_of(found),
        "changes": involved[:10],
        "open_changes": unsettled(involved),
        "status_problem": status_problem,
        "problem": fetch_problem,
    }
    failed = status_problem or fetch_problem
    return render(request, "assessments/subject.html", context, status=422 if failed else 200)


@require_POST
@member_of_org(Role.EDITOR)
@row_of(SUBJECT_LIST)
def status(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Ask for another status and return the subject's row."""
    found = find_subject(org, pk, subject_pk)
    form = StatusForm(request.POST)
    problem = "" if form.is_valid() else _("Choose whether the subject is done.")
    if not problem:
        try:
            set_subject_status(found, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
        except ActionRefused as refused:
            problem = str(refused)
    if not request.htmx and problem:
        return subject_page(request, org, found, status_problem=problem)
    if not request.htmx:
        messages.success(request, _("Changing %(name)s…") % {"name": found})
        if request.POST.get("back") == "subject":
            return redirect("assessments:subject", org.slug, pk, subject_pk)
        return redirect("assessments:subjects", org.slug, pk)
    [shown] = subject_selectors.subject_rows(request.member, found.assessment, [found])
    context = {"assessment": found.assessment, "row": shown, "problem": problem}
    return render(request, "assessments/_subject_row.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def remove(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Remove a subject from the assessment, after a page about the effects."""
    found = find_subject(org, pk, subject_pk)
    if is_own(request.member, found):
        return own_page(request, found, status=403)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.cleaned_data["remove_evaluations"]
            remove_subject(found, by=request.member, remove_evaluations=wanted, intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Removing %(name)s…") % {"name": found})
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    context = {
        "assessment": found.assessment,
        "subject": found,
        "form": form,
        "groups": subject_selectors.evaluators_of(request.member, found),
    }
    return render(request, "assessments/subject_remove.html", context, status=422 if form.errors else 200)


def find_subject(org: Organisation, pk: int, subject_pk: int) -> Subject:
    """The organisation's subject, or 404."""
    rows = subject_selectors.subjects(org).select_related("assessment__org", "org", "person")
    return get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
