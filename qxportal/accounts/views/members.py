"""The organisation's members and invitations."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qxportal.accounts import commands, selectors
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.forms import InvitationForm, RoleForm, roles_for
from qxportal.accounts.invitation_mail import NotMailed
from qxportal.accounts.models import Invitation, Member, Organisation
from qxportal.accounts.roles import EXPLANATIONS, Role


@require_GET
@member_of_org(Role.ADMIN)
def members(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Members with their roles, and open invitations."""
    return _page(request, org, InvitationForm())


@require_POST
@member_of_org(Role.ADMIN)
def set_role(request: MemberRequest, org: Organisation, member_id: int) -> HttpResponse:
    """Change a member's role; a refusal is shown beside the member."""
    member = get_object_or_404(selectors.members(org), pk=member_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, org, InvitationForm(), at=member, problem=_("Choose a role from the list."))
    try:
        commands.set_role(member, Role(form.cleaned_data["role"]), by=request.member)
    except commands.NotAllowed as problem:
        return _page(request, org, InvitationForm(), at=member, problem=str(problem))
    messages.success(
        request, _("%(who)s now has the role %(role)s.") % {"who": member, "role": Role(member.role).label}
    )
    return _back(request, member)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def remove(request: MemberRequest, org: Organisation, member_id: int) -> HttpResponse:
    """End a membership, after a confirmation with names."""
    member = get_object_or_404(selectors.members(org), pk=member_id)
    if request.method == "GET":
        return render(request, "accounts/member_remove.html", {"subject": member})
    try:
        commands.remove_member(member, by=request.member)
    except commands.NotAllowed as problem:
        shown = {"subject": member, "problem": str(problem)}
        return render(request, "accounts/member_remove.html", shown, status=422)
    messages.success(request, _("%(who)s is no longer a member.") % {"who": member})
    return _back(request, member)


@require_POST
@member_of_org(Role.ADMIN)
def invite(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Mail an invitation."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            invitation = commands.invite(
                org, form.cleaned_data["email"], Role(form.cleaned_data["role"]), by=request.member
            )
        except commands.NotAllowed as problem:
            form.add_error("email", str(problem))
        except NotMailed as problem:
            messages.warning(request, str(problem))
            return redirect("accounts:members", org.slug)
        else:
            messages.success(request, _("Invitation sent to %(who)s.") % {"who": invitation.email})
            return redirect("accounts:members", org.slug)
    return _page(request, org, form)


@require_POST
@member_of_org(Role.ADMIN)
def resend(request: MemberRequest, org: Organisation, invitation_id: int) -> HttpResponse:
    """Mail the invitation again, with a new link; the old one ends."""
    invitation = get_object_or_404(selectors.open_invitations(org), pk=invitation_id)
    try:
        commands.invite(org, invitation.email, Role(invitation.role), by=request.member)
    except (commands.NotAllowed, NotMailed) as problem:
        return _page(request, org, InvitationForm(), at=invitation, problem=str(problem))
    messages.success(request, _("Invitation resent to %(who)s.") % {"who": invitation.email})
    return redirect("accounts:members", org.slug)


@require_POST
@member_of_org(Role.ADMIN)
def revoke(request: MemberRequest, org: Organisation, invitation_id: int) -> HttpResponse:
    """Revoke an invitation."""
    invitation = get_object_or_404(selectors.open_invitations(org), pk=invitation_id)
    try:
        commands.revoke(invitation, by=request.member)
    except commands.NotAllowed as problem:
        return _page(request, org, InvitationForm(), at=invitation, problem=str(problem))
    messages.success(request, _("Invitation for %(who)s revoked.") % {"who": invitation.email})
    return redirect("accounts:members", org.slug)


def _back(request: MemberRequest, changed: Member) -> HttpResponse:
    """Redirect to the list of members, or to the start page for members who changed their own rights."""
    if changed.user_id == request.member.user_id:
        return redirect("accounts:start")
    return redirect("accounts:members", request.member.org.slug)


def _page(
    request: MemberRequest,
    org: Organisation,
    form: InvitationForm,
    *,
    at: Member | Invitation | None = None,
    problem: str = "",
) -> HttpResponse:
    """The list of members, with an error beside the member or invitation in `at`."""
    roles = roles_for(request.member)
    form.fields["role"].choices = roles  # type: ignore[attr-defined]
    return render(
        request,
        "accounts/members.html",
        {
            "members": selectors.members(org),
            "invitations": selectors.open_invitations(org),
            "form": form,
            "roles": roles,
            "explanations": [(role.label, EXPLANATIONS[role]) for role in Role],
            "at": at,
            "problem": problem,
        },
        status=422 if problem or form.errors else 200,
    )
