"""The organisation's members and invitations."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qxportal.accounts import commands, selectors
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.forms import InvitationForm, RoleForm, roles_for
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import EXPLANATIONS, Role


@require_GET
@member_of_org(Role.ADMIN)
def members(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Who is a member, as what; whom we invited."""
    return _page(request, org, InvitationForm())


@require_POST
@member_of_org(Role.ADMIN)
def set_role(request: MemberRequest, org: Organisation, member_id: int) -> HttpResponse:
    """Give a member another role."""
    member = get_object_or_404(selectors.members(org), pk=member_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            commands.set_role(member, Role(form.cleaned_data["role"]), by=request.member)
        except commands.NotAllowed as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("%(who)s is %(role)s now.") % {"who": member, "role": Role(member.role).label})
    else:
        messages.error(request, _("Choose one of the roles."))
    return _back(request, member)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def remove(request: MemberRequest, org: Organisation, member_id: int) -> HttpResponse:
    """End a membership, after a confirmation that names who and what."""
    member = get_object_or_404(selectors.members(org), pk=member_id)
    if request.method == "GET":
        return render(request, "accounts/member_remove.html", {"subject": member})
    try:
        commands.remove_member(member, by=request.member)
    except commands.NotAllowed as problem:
        messages.error(request, str(problem))
    else:
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
        except commands.NotMailed as problem:
            messages.warning(request, str(problem))
            return redirect("accounts:members", org.slug)
        else:
            messages.success(request, _("An invitation was mailed to %(who)s.") % {"who": invitation.email})
            return redirect("accounts:members", org.slug)
    return _page(request, org, form, status=422)


@require_POST
@member_of_org(Role.ADMIN)
def resend(request: MemberRequest, org: Organisation, invitation_id: int) -> HttpResponse:
    """Mail the invitation again, with a new link; the old one ends."""
    invitation = get_object_or_404(selectors.open_invitations(org), pk=invitation_id)
    try:
        commands.invite(org, invitation.email, Role(invitation.role), by=request.member)
    except (commands.NotAllowed, commands.NotMailed) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The invitation was mailed again to %(who)s.") % {"who": invitation.email})
    return redirect("accounts:members", org.slug)


@require_POST
@member_of_org(Role.ADMIN)
def revoke(request: MemberRequest, org: Organisation, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(selectors.open_invitations(org), pk=invitation_id)
    try:
        commands.revoke(invitation, by=request.member)
    except commands.NotAllowed as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The invitation of %(who)s was taken back.") % {"who": invitation.email})
    return redirect("accounts:members", org.slug)


def _back(request: MemberRequest, changed: Member) -> HttpResponse:
    """To the list of members, or to the start for those who just changed their own rights."""
    if changed.user_id == request.member.user_id:
        return redirect("accounts:start")
    return redirect("accounts:members", request.member.org.slug)


def _page(request: MemberRequest, org: Organisation, form: InvitationForm, status: int = 200) -> HttpResponse:
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
        },
        status=status,
    )
