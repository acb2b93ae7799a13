"""Readers of reports, over all assessments."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessments.report_audience import MOST, by_link, by_release, by_role, on_site
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role


@require_GET
@member_of_org(Role.ADMIN)
def audience(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Members by role and by release, and readers by personal links and on the site."""
    readers, linked = on_site(request.member), by_link(request.member)
    context = {
        "by_role": by_role(request.member),
        "by_release": by_release(request.member),
        "by_link": linked[:MOST],
        "more_linked": max(0, len(linked) - MOST),
        "on_site": readers[:MOST],
        "more": max(0, len(readers) - MOST),
    }
    return render(request, "assessments/report_audience.html", context)
