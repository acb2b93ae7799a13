"""The calendar of deadlines: how a calendar program fetches it, the file, and the feed itself."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from assessments.calendars import calendar_of, deadlines, next_ones
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.calendar_feeds import make_feed, member_by_header, revoke_feed
from qxportal.accounts.models import CalendarFeed, Organisation
from qxportal.accounts.roles import Role

TYPE = "text/calendar; charset=utf-8"
REALM = 'Basic realm="Deadlines", charset="UTF-8"'
SHOWN = 50


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def calendar(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The next deadlines and the subscription settings; a new password is shown in this response only."""
    password = make_feed(request.member) if request.method == "POST" else ""
    feed = CalendarFeed.objects.filter(member=request.member).first()
    context = {
        "feed": feed,
        "password": password,
        "address": settings.PORTAL_URL.rstrip("/") + reverse("calendar-feed"),
        "events": next_ones(deadlines(request.member), SHOWN),
    }
    return render(request, "assessments/calendar.html", context)


@require_POST
@member_of_org(Role.READER)
def revoke(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Revoke the password; calendar programs that use the password are refused from now on."""
    if revoke_feed(request.member):
        messages.success(request, _("The calendar password no longer works."))
    return redirect("assessments:calendar", org.slug)


@require_GET
@member_of_org(Role.READER)
def download(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The calendar as a file, for programs that cannot sign in."""
    answer = HttpResponse(calendar_of(request.member), content_type=TYPE)
    answer.headers["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    return answer


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The feed of the deadlines for a calendar program that sends a member's name and password."""
    member = member_by_header(request.headers.get("Authorization", ""))
    if member is None:
        return HttpResponse(status=401, headers={"WWW-Authenticate": REALM}, content_type="text/plain")
    with translation.override(member.user.language or member.org.language):
        return HttpResponse(calendar_of(member), content_type=TYPE)
