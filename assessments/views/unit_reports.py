"""Group reports: choose units, preview a report, make it, read it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessments import unit_names, unit_tables
from assessments.forms import numbers_in
from assessments.models import Assessment, UnitReport
from assessments.pdf_pages import BusyError
from assessments.unit_pdf import unit_pdf
from assessments.unit_reports import (
    FEWEST,
    Units,
    fields_of,
    look,
    make,
    makes_unit_reports,
    reports_of,
    unit_of,
    units_by_field,
)
from assessments.views.context import find, page_context
from assessments.views.selection import chosen_subjects
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.credentials import NoCredential
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.core.languages import choices
from qxportal.core.listing import ListFilters
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.errors import ThreeSixtyError
from qxportal.threesixty.records.group_reports import GroupReportRecord

SELECTION = "selection"


class UnitsForm(forms.Form):
    """The field by which subjects are grouped, or the name of a selection."""

    field = forms.ChoiceField(label=gettext_lazy("Units by"))
    name = forms.CharField(label=gettext_lazy("Name of the group"), max_length=200, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language of the report"), choices=choices, required=False)

    def __init__(self, *args: Any, assessment: Assessment, **options: Any) -> None:
        super().__init__(*args, **options)
        labels = unit_names.of_fields(fields_of(assessment))
        self.fields["field"].choices = [*labels.items(), (SELECTION, unit_names.selected())]  # type: ignore[attr-defined]

    def clean_language(self) -> str:
        """The language that was chosen, else that of the page."""
        return str(self.cleaned_data["language"] or get_language() or "en")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def reports(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The existing group reports, and the form that chooses the units of a new report and previews it."""
    assessment = find(request.member, pk)
    context: dict[str, Any] = {"offered": makes_unit_reports(org), "fewest": FEWEST}
    chosen: list[int] = []
    if request.method == "POST":
        chosen = _chosen(request, assessment)
        given = request.POST.copy()
        if "scope" in given:
            given["field"] = SELECTION
        form = UnitsForm(given, assessment=assessment)
        if form.is_valid():
            try:
                units = _units(request, assessment, form, chosen)
                if "make" in request.POST and units.units:
                    made = make(assessment, units, by=request.member, language=form.cleaned_data["language"])
                    return redirect("assessments:unit-report", org.slug, pk, made.pk)
                ahead = unit_tables.ahead(look(assessment, units.units)) if units.units else []
                context |= {"units": units, "ahead": ahead, "shows": any(one.shown for one in ahead)}
            except ActionRefused as problem:
                context["problem"] = str(problem)
            except (NoCredential, ThreeSixtyError) as problem:
                context["problem"] = str(reason_of(problem))
    else:
        form = UnitsForm(initial={"field": "department", "language": get_language()}, assessment=assessment)
    selected = form["field"].value() == SELECTION
    context |= {"form": form, "chosen": chosen, "selection": selected, "made": reports_of(request.member, assessment)}
    failed = "problem" in context or (request.method == "POST" and bool(form.errors))
    context = page_context(request.member, assessment, "reports") | context
    return render(request, "assessments/unit_reports.html", context, status=422 if failed else 200)


@require_GET
@member_of_org(Role.ADMIN)
def report(request: MemberRequest, org: Organisation, pk: int, report_pk: int) -> HttpResponse | StreamingHttpResponse:
    """One group report: the heat map of its units and scales, then every statement; or the same as CSV or PDF."""
    assessment = find(request.member, pk)
    made = get_object_or_404(reports_of(request.member, assessment), pk=report_pk)
    found = GroupReportRecord.read(made.content)
    if wants_file(request.GET):
        heads = [
            _("Unit"),
            _("Competency"),
            _("Statement"),
            _("Mean"),
            _("Subjects"),
            _("Reasons for missing figures"),
            _("As of"),
        ]
        named = [_("Group report"), made.title, assessment.name]
        lines = unit_tables.lines(found)
        return list_file(request.member, ListFilters(), named, heads, lines, target=assessment.vendor_id)
    note(org, by=request.member, verb="unit-report.opened", target=assessment.vendor_id, words=assessment.name)
    if request.GET.get("file") == "pdf":
        return _as_pdf(request, made, found)
    more = {
        "made": made,
        "report": found,
        "heat_map": unit_tables.heat_map(found),
        "scales": unit_tables.scales(found),
        "unit_names": [name for name, _unit in unit_tables.units_of(found)],
        "left_out": [one for one in unit_tables.ahead(found) if one.left_out],
        "reasons": unit_tables.reasons(found),
        "partial": unit_tables.partial(found),
        "steps": range(1, unit_tables.HEAT + 1),
    }
    return render(request, "assessments/unit_report.html", page_context(request.member, assessment, "reports") | more)


def _as_pdf(request: MemberRequest, made: UnitReport, found: GroupReportRecord) -> HttpResponse:
    try:
        content = unit_pdf(made, found)
    except BusyError:
        messages.warning(request, _("Many pages are printed at the moment. Try again in a minute."))
        return redirect("assessments:unit-report", made.org.slug, made.assessment_id, made.pk)
    return as_download(content, file_name([_("Group report"), made.title, made.assessment.name], "pdf"))


def _chosen(request: MemberRequest, assessment: Assessment) -> list[int]:
    """The selected subjects: from the list of reports, or from the preview."""
    if "scope" in request.POST:
        return list(chosen_subjects(request, assessment, request.POST).values_list("pk", flat=True))
    return numbers_in(request.POST, "subject")


def _units(request: MemberRequest, assessment: Assessment, form: UnitsForm, chosen: list[int]) -> Units:
    """The units, with names in the language of the report."""
    field, language = form.cleaned_data["field"], form.cleaned_data["language"]
    if field != SELECTION:
        return units_by_field(request.member, assessment, field, language)
    with override(language):
        name = form.cleaned_data["name"] or unit_names.selected()
    return unit_of(request.member, assessment, chosen, name)
