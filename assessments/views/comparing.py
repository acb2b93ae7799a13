"""Two days compared: people, and subjects and evaluations of an assessment; on a page or as a file."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessments.comparisons import compared, counts_by_state, file_columns, lines, visible_columns
from assessments.fence import about_others, others
from assessments.models import Assessment, Evaluation, Subject
from assessments.subject_selectors import all_subjects
from assessments.views.context import find, page_context
from directory.models import Person
from directory.selectors import all_people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import csv_file
from qxportal.core.filenames import file_name
from qxportal.core.listing import ListFilters, paged, read_filters
from qxportal.core.searching import matching
from qxportal.ledger.history.as_of import versions_of
from qxportal.ledger.history.diff import MOST, Comparison, compare, read_span
from qxportal.ledger.mirror.mirrored import kind_of
from qxportal.ledger.models import Version
from qxportal.ui.labels import STATES


@require_GET
@member_of_org(Role.READER)
def people(request: MemberRequest, org: Organisation) -> HttpResponse:
    """People added, removed or changed between two days."""
    context = _compared(request, org, all_people(org), versions_of(Person, org))
    return render(request, "assessments/people_compared.html", context)


@require_GET
@member_of_org(Role.AUDITOR)
def people_file(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """The same as a file; taking it along is noted."""
    return _file(request, org, all_people(org), versions_of(Person, org), f"people-{org.slug}", (_("People"), org.name))


@require_GET
@member_of_org(Role.READER)
def subjects(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Subjects changed between two days, with each subject's status on both."""
    assessment = find(request.member, pk)
    rows, versions = others(request.member, all_subjects(assessment)), versions_of(Subject, org, assessment=pk)
    context = page_context(request.member, assessment, "subjects", **_compared(request, org, rows, versions))
    return render(request, "assessments/subjects_compared.html", context)


@require_GET
@member_of_org(Role.AUDITOR)
def subjects_file(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The same as a file; taking it along is noted."""
    assessment = find(request.member, pk)
    rows, versions = others(request.member, all_subjects(assessment)), versions_of(Subject, org, assessment=pk)
    return _file(request, org, rows, versions, f"subjects-{org.slug}-{pk}", (_("Subjects"), assessment.name, pk))


@require_GET
@member_of_org(Role.EDITOR)
def evaluations(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Evaluations added, removed or continued between two days, with their numbers by state."""
    assessment = find(request.member, pk)
    rows, versions = _of_assessment(request.member, assessment)
    context = _compared(request, org, rows, versions)
    span = context["span"]
    if span.since and span.until and not context["cut"]:
        context["states"] = counts_by_state(rows, span.since, span.until)
    context = page_context(request.member, assessment, "evaluations", **context)
    return render(request, "assessments/evaluations_compared.html", context)


@require_GET
@member_of_org(Role.EDITOR)
def evaluations_file(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The same as a file; taking it along is noted."""
    assessment = find(request.member, pk)
    rows, versions = _of_assessment(request.member, assessment)
    target, named = f"evaluations-{org.slug}-{pk}", (_("Evaluations"), assessment.name, pk)
    return _file(request, org, rows, versions, target, named)


def _of_assessment(member: Member, assessment: Assessment) -> tuple[QuerySet[Evaluation], QuerySet[Version]]:
    rows = Evaluation.objects.filter(assessment=assessment).select_related("subject")
    return about_others(member, rows), versions_of(Evaluation, assessment.org, assessment=assessment.pk)


def _compared(
    request: MemberRequest, org: Organisation, everything: QuerySet[Any], versions: QuerySet[Version]
) -> dict[str, Any]:
    span, listing, found = _read(request, everything, versions)
    page = paged(_narrowed(found.rows, listing), request.GET, by=("sort_name", "pk"))
    return {
        "span": span,
        "listing": listing,
        "page": page,
        "entries": compared(org, page.rows, kind=kind_of(everything.model), member=request.member),
        "counts": [(what, found.counts.get(what, 0)) for what in STATES["compared"]],
        "cut": found.cut,
        "most": MOST,
        "today": timezone.localdate(),
    }


def _file(
    request: MemberRequest,
    org: Organisation,
    everything: QuerySet[Any],
    versions: QuerySet[Version],
    target: str,
    named: tuple[object, ...],
) -> HttpResponse | StreamingHttpResponse:
    span, listing, found = _read(request, everything, versions)
    if span.problem or found.cut:  # the page shows the reason
        return redirect(f"{request.path.removesuffix('export/')}?{request.GET.urlencode()}")
    rows = _narrowed(found.rows, listing)
    note(
        org,
        by=request.member,
        verb="comparison.exported",
        target=target,
        first=span.first,
        last=span.last,
        rows=sum(found.counts.values()),
    )
    return csv_file(
        file_name([*named, span.first, span.last], "csv"),
        file_columns(kind_of(everything.model)),
        lines(org, rows.order_by("sort_name", "pk"), member=request.member),
    )


def _read(
    request: MemberRequest, everything: QuerySet[Any], versions: QuerySet[Version]
) -> tuple[Any, ListFilters, Comparison]:
    visible = visible_columns(kind_of(everything.model), request.member)
    listing = read_filters(
        request.GET,
        what=(_("Kind of change"), {what: str(badge.label) for what, badge in STATES["compared"].items()}),
        field=(_("Field"), dict(sorted(visible.items(), key=lambda item: item[1])), _("Any")),
    )
    span = read_span(request.GET.get("from", ""), request.GET.get("to", ""), everything, versions)
    if span.since is None or span.until is None:
        return span, listing, Comparison(everything.none())
    columns = [listing["field"]] if listing["field"] else visible
    return span, listing, compare(everything, versions, span.since, span.until, columns)


def _narrowed(rows: QuerySet[Any], listing: ListFilters) -> QuerySet[Any]:
    rows = matching(rows, listing.search)
    compared = "what" in rows.query.annotations  # not if the days are invalid
    return rows.filter(what=listing["what"]) if listing["what"] and compared else rows
