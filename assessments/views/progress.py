"""The progress of an assessment by subject, by evaluator and by a field of the directory."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessments import progress, subject_selectors
from assessments.chances import Chance, Rate, rate_of
from assessments.list_rows import chunks_of, day, state_words
from assessments.mailing_commands import may_remind
from assessments.models import Assessment
from assessments.progress import Slice
from assessments.thresholds import minimums_of
from assessments.views.context import find, page_context
from assessments.views.subjects import filtered, read_subjects
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, paged, read_filters, read_sorting
from qxportal.ui.labels import RELATIONSHIPS


@require_GET
@member_of_org(Role.READER)
def by_subject(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """A grid of subjects and relationships, with each group's finished and required answers."""
    assessment = find(request.member, pk)
    sorting = read_sorting(request.GET, "name", **subject_selectors.ORDERS)
    listing = replace(read_subjects(request), sorting=sorting, file=True)
    rows = subject_selectors.with_order(request.member, filtered(request.member, assessment, listing))
    columns = progress.relationships_in(request.member, assessment)
    rate = rate_of(request.member, assessment)
    if wants_file(request.GET):
        named = [_("Progress by subject"), assessment.name]
        heads = [_("Subject"), _("E-mail address"), _("Finished"), _("Requested"), _("Extra")]
        heads += [str(RELATIONSHIPS.get(name, name)) for name in columns]
        heads += [_("Enough answers by the deadline"), _("Chance (%)")] if rate else []
        lines = _subject_lines(request, assessment, rows.order_by(*sorting.by), columns, rate)
        return list_file(request.member, listing, named, heads, lines, target=assessment.vendor_id)
    page = paged(rows, request.GET, by=sorting.by)
    found = progress.by_subject(request.member, assessment, page.rows, columns, rate)
    return _page(request, assessment, "subjects", listing=listing, page=page, rows=found, columns=columns, rate=rate)


@require_GET
@member_of_org(Role.READER)
def by_evaluator(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """A line for each evaluator, with all open evaluations and the last reminder."""
    assessment = find(request.member, pk)
    owing = {"open": _("Something open"), "nothing": _("Nothing open")}
    listing = read_filters(request.GET, owes=(_("Open"), owing))
    sorting = read_sorting(request.GET, "-open", **progress.EVALUATOR_ORDERS)
    listing = replace(listing, sorting=sorting, file=True)
    rows = progress.evaluators(request.member, assessment, listing.search, listing["owes"])
    if wants_file(request.GET):
        named = [_("Progress by evaluator"), assessment.name]
        heads = [_("Evaluator"), _("E-mail address"), _("Open here"), _("Open elsewhere"), _("Finished")]
        heads += [_("Requested"), _("Extra"), _("Last reminded")]
        lines = _evaluator_lines(request, assessment, rows.order_by(*sorting.by))
        return list_file(request.member, listing, named, heads, lines, target=assessment.vendor_id)
    page = paged(rows, request.GET, by=sorting.by)
    found = progress.by_evaluator(request.member, assessment, page.rows)
    reminds = may_remind(request.member, assessment)
    return _page(request, assessment, "evaluators", listing=listing, page=page, rows=found, reminds=reminds)


@require_GET
@member_of_org(Role.READER)
def by_field(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Progress by department, manager or any field of the directory; small groups are folded."""
    assessment = find(request.member, pk)
    own = {name: name for name in progress.fields_of(assessment)}
    fields = {"manager": _("Manager"), "title": _("Title"), "location": _("Location"), **own}
    people = {"evaluators": _("Evaluators")}
    listing = read_filters(
        request.GET, field=(_("By"), fields, _("Department")), who=(_("People"), people, _("Subjects"))
    )
    listing = replace(listing, file=True)
    columns = progress.relationships_in(request.member, assessment)
    slices = progress.by_field(request.member, assessment, listing["field"] or "department", listing["who"], columns)
    if wants_file(request.GET):
        label = fields.get(listing["field"], _("Department"))
        heads = [label, _("People"), _("Finished"), _("Requested"), _("Extra")]
        heads += [str(RELATIONSHIPS.get(name, name)) for name in columns]
        lines = (_slice_line(one) for one in slices)
        named = [_("Progress"), label, assessment.name]
        return list_file(request.member, listing, named, heads, lines, target=assessment.vendor_id)
    more: dict[str, Any] = {"slices": [(one, _said(one), list(zip(columns, one.cells, strict=True))) for one in slices]}
    more |= {"columns": columns, "total": progress.total(slices), "minimum": minimums_of(assessment).min_group}
    return _page(request, assessment, "field", listing=listing, **more)


def _slice_line(one: Slice) -> tuple[object, ...]:
    """A line of the file; a hidden cell is marked, one without evaluations is empty."""
    cells = (_("hidden") if cell.hidden else f"{cell.done}/{cell.asked}" if cell.people else "" for cell in one.cells)
    return _said(one), one.people, one.counts.done, one.counts.asked, one.counts.extra, *cells


def _said(one: Slice) -> str:
    """Label of a slice."""
    if one.folded:
        return _("Small groups together (%(n)s)") % {"n": one.folded}
    return one.value or _("Not given")


def _subject_lines(
    request: MemberRequest, assessment: Assessment, rows: Any, columns: list[str], rate: Rate | None
) -> Iterator[tuple[object, ...]]:
    for page in chunks_of(rows):
        for one in progress.by_subject(request.member, assessment, page, columns, rate):
            subject, counts = one.row.subject, one.counts
            ahead = _chance_cells(one.chance) if rate else ()
            if one.row.own:
                yield str(subject), subject.email, "", "", "", *("" for _name in columns), *ahead
                continue
            cells = (f"{cell.done}/{cell.total}" if cell else "" for cell in one.cells)
            yield str(subject), subject.email, counts.done, counts.asked, counts.extra, *cells, *ahead


def _chance_cells(chance: Chance | None) -> tuple[object, object]:
    if chance is None:
        return "", ""
    return state_words("chance", chance.state), "" if chance.percent is None else chance.percent


def _evaluator_lines(request: MemberRequest, assessment: Assessment, rows: Any) -> Iterator[tuple[object, ...]]:
    for page in chunks_of(rows):
        for one in progress.by_evaluator(request.member, assessment, page):
            counts, away = one.counts, "; ".join(f"{name}: {number}" for name, number in one.elsewhere)
            given = (counts.done, counts.asked, counts.extra, day(one.reminded_at))
            yield one.name, one.email, one.open, away, *given


def _page(
    request: MemberRequest, assessment: Assessment, by: str, *, listing: ListFilters, **more: Any
) -> HttpResponse:
    context = page_context(request.member, assessment, "progress", listing=listing, by=by, **more)
    return render(request, f"assessments/progress_{by}.html", context)
