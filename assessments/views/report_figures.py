"""External figures for an assessment's reports: present tables, pasting new ones, and removal."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.fence import is_assessed_in
from assessments.figures_pasted import Given, as_cells, names_of, read, shown_rows
from assessments.job_kinds import READ_FIGURES
from assessments.models import Assessment
from assessments.report_figures import Table, figures_of, refresh_figures, set_figures, tables_of
from assessments.views.context import find, page_context
from assessments.views.home import refreshing
from directory.imports.forms import UploadForm
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.tables.problems import TableProblem
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.selectors import changes, refresh_of, unsettled

STALE = timedelta(minutes=10)
SHOWN = 500  # rows of a table or preview on one page


class FiguresForm(UploadForm):
    """The figures as a file or as cells."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["pasted"].label = gettext_lazy("Cells")
        self.fields["pasted"].help_text = gettext_lazy(
            "Paste cells from a spreadsheet, together with the row that names the columns: Competency or QuestionID, "
            "Mean, and where you have them Subjects (how many people stand behind the figure) and PersonID (a figure "
            "for this subject’s report alone)."
        )
        self.fields["pasted"].widget.attrs["rows"] = 12


@require_GET
@member_of_org(Role.READER)
def overview(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The rows of the tables now."""
    assessment = find(request.member, pk)
    known, job = figures_of(assessment), refresh_of(org, READ_FIGURES, str(pk))
    tables = []
    for table in tables_of(assessment, request.member):
        shown = list(shown_rows(table, names_of(assessment, table.rows)))
        tables.append({"table": table, "rows": shown[:SHOWN], "more": max(0, len(shown) - SHOWN)})
    own = changes(request.member).filter(assessment_id=assessment.vendor_id, request="setPredefinedData")
    more = {
        "tables": tables,
        "known": known,
        "figures_job": job,
        "stale": not assessment.gone_at and not job and (not known or timezone.now() - known.seen_at > STALE),
        "open_figures": unsettled(own),
        "own_figures": is_assessed_in(request.member, assessment),
    }
    context = page_context(request.member, assessment, "reports") | more
    return render(request, "assessments/report_figures.html", context)


@require_POST
@member_of_org(Role.READER)
def refresh(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Read the tables again, as a job."""
    assessment = find(request.member, pk)
    return refreshing(request, org, lambda: refresh_figures(assessment, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def edit(request: MemberRequest, org: Organisation, pk: int, source: str) -> HttpResponse:
    """Paste figures, check them, and set them."""
    assessment = find(request.member, pk)
    table = _table(request, assessment, source)
    form = FiguresForm(request.POST or None, request.FILES or None, initial={"pasted": as_cells(table.rows)})
    given: Given | None = None
    if request.method == "POST" and form.is_valid():
        given = _read(form, table, assessment)
    if given is not None and not given.wrong and "save" in request.POST:
        try:
            set_figures(assessment, table, given.rows, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Setting the comparison figures…"))
            return redirect("assessments:report-figures", org.slug, pk)
    if given is not None and not given.wrong and form.cleaned_data["file"]:  # the next step sends the cells
        form = FiguresForm(initial={"pasted": as_cells(given.rows)})
    more = {"form": form, "table": table, "given": given, "lines": _lines(given), "most": SHOWN}
    context = page_context(request.member, assessment, "reports") | more
    failed = form.errors or (given is not None and given.wrong)
    return render(request, "assessments/report_figures_edit.html", context, status=422 if failed else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def remove(request: MemberRequest, org: Organisation, pk: int, source: str) -> HttpResponse:
    """Empty a table, after a page about the effects."""
    assessment, problem = find(request.member, pk), ""
    table = _table(request, assessment, source)
    if request.method == "POST":
        try:
            set_figures(assessment, table, (), by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Removing the comparison figures…"))
            return redirect("assessments:report-figures", org.slug, pk)
    context = page_context(request.member, assessment, "reports") | {"table": table, "problem": problem}
    return render(request, "assessments/report_figures_remove.html", context, status=422 if problem else 200)


def _table(request: MemberRequest, assessment: Assessment, source: str) -> Table:
    found = next((one for one in tables_of(assessment, request.member) if one.source_id == source), None)
    if found is None:
        raise Http404
    return found


def _read(form: FiguresForm, table: Table, assessment: Assessment) -> Given | None:
    try:
        file, name = form.table()
        return read(BytesIO(file.read()), name, table, assessment)
    except TableProblem as problem:
        form.add_error("file" if form.cleaned_data["file"] else "pasted", str(problem))
    return None


def _lines(given: Given | None) -> list[Any]:
    """The lines that the page shows: those with something wrong first."""
    if given is None:
        return []
    return sorted(given.lines, key=lambda line: (not line.problems, line.number))[:SHOWN]
