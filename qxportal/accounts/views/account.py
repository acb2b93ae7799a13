"""A user's own pages: the start page, the profile, joining by invitation."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from qxportal.accounts import commands, selectors
from qxportal.accounts.forms import JoinForm, ProfileForm
from qxportal.accounts.invitation_mail import token_hash
from qxportal.accounts.models import Invitation, Member, User

INVITATION = "invitation"  # in the session: the token hash of the opened link
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_GET
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Go to the organisation used last."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required saw to it
    membership = selectors.organisations_of(request.user).first()
    if membership is None:
        archived = selectors.archived_organisations_of(request.user).first()
        if archived is not None:
            return render(request, "accounts/archived.html", {"archived": archived})
        return render(request, "accounts/no_organisation.html")
    return redirect("assessments:home", membership.org.slug)


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Change the user's name, language and time zone."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required saw to it
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        commands.save_profile(request.user, **form.cleaned_data)
        messages.success(request, _("Account saved."))
        return redirect("accounts:profile")
    memberships = selectors.organisations_of(request.user)
    return render(
        request,
        "accounts/profile.html",
        {"form": form, "memberships": memberships},
        status=422 if form.errors else 200,
    )


def closed(request: HttpRequest) -> HttpResponse:
    """Nothing here: an invitation proved the address, so users cannot change it on their own."""
    raise Http404


@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str = "") -> HttpResponse:
    """Accept an invitation by its link; only a POST joins, as mail scanners open links.

    The token is read once: after that the session knows the invitation, so that the token appears in no
    further URL and in no Referer.
    """
    hashed = token_hash(token) if token else str(request.session.get(INVITATION, ""))
    invitation = commands.open_invitation(hashed)
    if invitation is None:
        return render(request, "accounts/invitation_ended.html", status=410)
    if token:
        request.session[INVITATION] = hashed
    answer = _accept(request, invitation)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    known = User.objects.filter(email=invitation.email).exists()
    if request.user.is_authenticated:
        return _accept_signed_in(request, invitation)
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and not known and form.is_valid():
        try:
            member = commands.accept_as_new(invitation, **form.cleaned_data)
        except commands.NotAllowed as problem:
            messages.error(request, str(problem))
            return redirect("accounts:join")
        login(request, member.user, backend=BACKEND)
        return _welcome(request, member)
    return render(
        request,
        "accounts/invitation.html",
        {"invitation": invitation, "form": form, "known": known},
        status=422 if form.errors else 200,
    )


def _accept_signed_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 - the caller saw to it
    mine = request.user.email.lower() == invitation.email
    if request.method == "POST" and mine:
        try:
            return _welcome(request, commands.accept(invitation, request.user))
        except commands.NotAllowed as problem:
            messages.error(request, str(problem))
            return redirect("accounts:start")
    return render(request, "accounts/invitation.html", {"invitation": invitation, "mine": mine})


def _welcome(request: HttpRequest, member: Member) -> HttpResponse:
    messages.success(request, _("Welcome to %(org)s.") % {"org": member.org})
    return redirect("assessments:home", member.org.slug)
