"""Personal links to a batch's reports: recipients, the form that sends them, and the job's progress."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from assessments.links_of_batches import latest_link_job, line_of, linkable, start_links
from assessments.models import ReportBatch
from assessments.views.report_links import LinkForm
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import paged
from qxportal.ledger.errors import ActionRefused


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def links(request: MemberRequest, org: Organisation, pk: UUID) -> HttpResponse:
    """Each fetched report with its reader and the state of the link; sends the links."""
    batch = get_object_or_404(ReportBatch.objects.filter(org=org), pk=pk)
    form, problem = LinkForm(request.POST or None, org=org), ""
    if request.method == "POST" and form.is_valid():
        try:
            start_links(batch, by=request.member, **form.options())
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            return redirect("assessments:report-batch-links", org.slug, pk)
    page = paged(linkable(request.member, batch), request.GET, by=("position", "pk"))
    context = {
        "batch": batch,
        "job": latest_link_job(batch),
        "page": page,
        "lines": [line_of(file) for file in page.rows],
        "form": form,
        "problem": problem,
        "always_code": org.report_codes,
    }
    return render(
        request, "assessments/report_batch_links.html", context, status=422 if problem or form.errors else 200
    )
