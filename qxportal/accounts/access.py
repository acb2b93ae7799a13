"""Access control for every view: which organisations a user may see, and what the user may do there."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.accounts.service import service_name
from qxportal.core.postgresql.prepared import Prepared
from qxportal.ui.terms import activate_service

P = ParamSpec("P")
SEEN_EVERY = timedelta(minutes=5)
MEMBERS = Prepared(
    lambda values: (
        Member.objects.select_related("org").filter(org__slug=values["slug"], user=values["user"]).order_by()
    ),
    slug=str,
    user=int,
)


class MemberRequest(HttpRequest):
    """A request that passed the access check."""

    member: Member
    htmx: Any
    list_state: Any  # of pages with a list (lists.py)


View = Callable[Concatenate[MemberRequest, Organisation, P], HttpResponseBase]


def member_of_org(least: Role) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Restrict a view to members whose role reaches `least`; the view gets the organisation instead of its slug.

    Signed out: redirect to the sign-in page. Not a member, or no such organisation: the same 404. Role too low, or the
    organisation archived: 403.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def gate(request: MemberRequest, org: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            member = membership(request, org)
            if member is None:
                raise Http404
            if member.org.archived_at is not None:
                return render(request, "accounts/archived.html", {"archived": member.org}, status=HTTPStatus.FORBIDDEN)
            request.member = member
            activate_service(lambda: service_name(member.org))
            if not member.may(least):
                raise PermissionDenied
            if any("\x00" in part for part in kwargs.values() if isinstance(part, str)):
                raise Http404  # no slug contains it, and the database refuses to search for it
            return view(request, member.org, *args, **kwargs)

        gate.least_role = least  # type: ignore[attr-defined]
        return gate

    return decorate


def membership(request: HttpRequest, slug: str) -> Member | None:
    """The signed-in user's membership of the organisation with that slug."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    member = MEMBERS.first(slug=slug, user=user.pk)
    if member is None:
        return None
    member.user = user
    now = timezone.now()
    if member.last_seen_at is None or now - member.last_seen_at > SEEN_EVERY:
        Member.objects.filter(pk=member.pk).update(last_seen_at=now)
    return member


def _to_sign_in(request: MemberRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        address = request.htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{resolve_url('account_login')}?{urlencode({'next': address})}")
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")
