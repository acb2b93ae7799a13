"""Personal links to one stored report: present links, sending one, and ending it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from assessments import report_selectors
from assessments.fence import about
from assessments.gate import why_not_released
from assessments.models import Subject
from assessments.report_access import has_site
from assessments.report_links import DAYS, MOST_DAYS, end_link, is_open, make_link, reader_of
from assessments.views.context import own_page
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused


class LinkForm(forms.Form):
    """Validity of a link, whether it requires a code, and consent to an unready report."""

    days = forms.IntegerField(
        label=gettext_lazy("Days that the link can be used"), min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    code = forms.BooleanField(
        label=gettext_lazy("Also ask for a code that is sent by a second mail"),
        help_text=gettext_lazy(
            "The reader types six digits on each device. So a link that was forwarded with its mail opens nothing."
        ),
        required=False,
    )
    unfinished = forms.BooleanField(
        label=gettext_lazy("Send it although the subject is not done or does not meet the requirements"), required=False
    )

    def __init__(self, posted: Any, *, org: Organisation, ready: bool = False) -> None:
        super().__init__(posted)
        if org.report_codes:  # asked for always
            del self.fields["code"]
        if ready:
            del self.fields["unfinished"]

    def options(self) -> dict[str, Any]:
        """The chosen options; one that the form does not offer counts as not chosen."""
        return {"code": False, "unfinished": False, **self.cleaned_data}


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def links(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Links of this version, and the form that sends one to the version's reader."""
    report = get_object_or_404(report_selectors.every_report(org), pk=pk)
    if about(request.member, report):
        return own_page(request, report.subject, status=403)
    ready = report.subject.status == Subject.Status.DONE and not why_not_released(report.subject)
    form, problem = LinkForm(request.POST or None, org=org, ready=ready), ""
    if request.method == "POST" and form.is_valid():
        try:
            link = make_link(report, by=request.member, **form.options())
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("The link for %(person)s is being mailed.") % {"person": link.person})
            return redirect("assessments:report-links", org.slug, pk)
    rows = report.links.select_related("org", "person", "report__subject__person", "made_by__user")
    context = {
        "report": report,
        "assessment": report.assessment,
        "subject": report.subject,
        "links": [(row, is_open(row)) for row in rows],
        "reader": reader_of(report),
        "form": form,
        "problem": problem,
        "on_site": has_site(report.assessment),
        "always_code": org.report_codes,
    }
    status = 422 if problem or form.errors else 200
    return render(request, "assessments/report_links.html", context, status=status)


@require_POST
@member_of_org(Role.ADMIN)
def end(request: MemberRequest, org: Organisation, pk: int, link_pk: UUID) -> HttpResponse:
    """Let a link open nothing any more."""
    report = get_object_or_404(report_selectors.every_report(org), pk=pk)
    if about(request.member, report):
        return own_page(request, report.subject, status=403)
    end_link(get_object_or_404(report.links.all(), pk=link_pk), by=request.member)
    messages.success(request, _("The link no longer opens anything."))
    return redirect("assessments:report-links", org.slug, pk)
