"""Users and divisions of the survey service: list, creation, changes, renaming and deletion."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.models import Assessment
from assessments.views.home import refreshing
from directory.job_kinds import SYNC_USERS
from directory.models import Person, VendorUser
from directory.user_commands import (
    brand_name,
    create_division,
    create_user,
    delete_user,
    refresh_users,
    rename_user,
    update_user,
)
from directory.user_forms import CreateUserForm, DivisionForm, RenameUserForm, UpdateUserForm
from directory.user_sync import RESOURCE
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import paged, read_filters
from qxportal.ledger import selectors as ledger
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.models import Change

REQUESTS = ("createUser", "updateUser", "deleteUser", "changeUserName", "createDivision")
STALE = timedelta(minutes=10)
MOST_ADMINISTRATORS = 500  # users that can be ticked

USER_LIST = ListKind(
    "users",
    gettext_lazy("Users"),
    {"person": gettext_lazy("Person"), "surveys": gettext_lazy("Surveys owned")},
    least=Role.ADMIN,
)


@require_GET
@member_of_org(Role.ADMIN)
@listed(USER_LIST)
def users(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The users with their people and numbers of surveys; only the list when the search words changed."""
    listing = read_filters(request.GET)
    rows = VendorUser.objects.filter(org=org)
    for word in listing.search.split():
        rows = rows.filter(user_name__icontains=word)
    known = None if listing.narrowed else ledger.number_listed(org, RESOURCE)
    page = paged(rows, request.GET, by=("user_name", "pk"), known=known)
    keys = [user.vendor_id for user in page.rows]
    found = Person.objects.filter(org=org, user_id__in=keys, gone_at=None)
    people = {one.user_id: one for one in found.only("user_id", "first_name", "last_name", "email")}
    context = {
        "listing": listing,
        "page": page,
        "lines": [(user, people.get(user.vendor_id)) for user in page.rows],
    }
    if request.htmx.target == "listing":
        return render(request, "directory/_users.html", {**context, "menus_stay": True})
    newest = page.rows[0] if page.rows else VendorUser.objects.filter(org=org).first()  # all have their listing's time
    job = ledger.refresh_of(org, SYNC_USERS)
    around = {
        "sync": newest,
        "job": job,
        "stale": not job and (newest is None or timezone.now() - newest.seen_at > STALE),
        "open_changes": ledger.unsettled(ledger.changes(request.member).filter(request__in=REQUESTS)),
    }
    return render(request, "directory/users.html", {**context, **around})


@require_POST
@member_of_org(Role.ADMIN)
def refresh(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Read the users again, as a job."""
    return refreshing(request, org, lambda: refresh_users(org, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def new(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Create a user."""
    form = CreateUserForm(_posted(request), initial={"brand": brand_name(org)})

    def change(**given: Any) -> Change:
        return create_user(org, by=request.member, intent=intent_of(request.POST), **given)

    return _form(request, form, change, _("Creating the user…"), _("Create a user"), _("Create user"))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def edit(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Change a user; empty fields stay unchanged."""
    user = _find(org, pk)

    def change(**given: Any) -> Change:
        return update_user(user, by=request.member, intent=intent_of(request.POST), **given)

    heading = _("Change %(name)s") % {"name": user.shown_name}
    hint = _("What stays empty stays as it is. A linked person follows in names and address.")
    return _form(
        request, UpdateUserForm(_posted(request)), change, _("Changing the user…"), heading, _("Change user"), hint
    )


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def rename(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Give a user another name to sign in with."""
    user = _find(org, pk)
    form = RenameUserForm(_posted(request), initial={"user_name": user.shown_name})

    def change(**given: Any) -> Change:
        return rename_user(user, by=request.member, intent=intent_of(request.POST), **given)

    heading = _("Rename %(name)s") % {"name": user.shown_name}
    return _form(request, form, change, _("Renaming the user…"), heading, _("Rename user"))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def delete(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Delete a user; its name is typed to confirm."""
    user = _find(org, pk)
    problem, errors = "", list[str]()
    if request.method == "POST":
        errors = mistyped(request.POST, user.shown_name)
        if not errors:
            try:
                delete_user(user, by=request.member, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                messages.success(request, _("Deleting the user…"))
                return redirect("assessments:users", org.slug)
    owned = Assessment.objects.filter(org=org, owner_id=user.vendor_id, gone_at=None).count()
    context = {"account": user, "problem": problem, "mistyped": errors, "owned": owned}
    return render(request, "directory/user_delete.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def new_division(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Create a division."""
    form = DivisionForm(_posted(request))
    known = VendorUser.objects.filter(org=org)[:MOST_ADMINISTRATORS]
    form.fields["administrators"].choices = [(user.vendor_id, user.shown_name) for user in known]  # type: ignore[attr-defined]

    def change(**given: Any) -> Change:
        administrators = tuple(given["administrators"])
        return create_division(
            org, by=request.member, intent=intent_of(request.POST), name=given["name"], administrators=administrators
        )

    hint = _("The survey service does not list divisions: note the ID that the change shows when it is done.")
    return _form(request, form, change, _("Creating the division…"), _("Create a division"), _("Create division"), hint)


def _find(org: Organisation, pk: int) -> VendorUser:
    return get_object_or_404(VendorUser.objects.select_related("org").filter(org=org), pk=pk)


def _posted(request: MemberRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _form(
    request: MemberRequest,
    form: forms.Form,
    change: Callable[..., Change],
    words: str,
    heading: str,
    verb: str,
    hint: str = "",
) -> HttpResponse:
    """A form that becomes a change, and leads back to the list."""
    if request.method == "POST" and form.is_valid():
        try:
            change(**form.cleaned_data)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, words)
            return redirect("assessments:users", request.member.org.slug)
    context = {"form": form, "heading": heading, "verb": verb, "hint": hint}
    return render(request, "directory/user_form.html", context, status=422 if form.errors else 200)
