"""Changing and removing a person of the directory, each after a page about the effects."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.brand import knows_brand
from assessments.link_commands import end_links, links_ended_at, may_end_links
from assessments.link_states import refresh_link
from assessments.person_commands import remove_from_directory, why_not_removable
from assessments.person_roles import failed_mail, losses, seen_in
from assessments.views.home import refreshing
from directory.commands import can_update, is_own_person, update_person, why_no_address
from directory.forms import EditPersonForm
from directory.models import Person
from directory.person_edits import IDENTITY, edited, seen
from directory.selectors import all_people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def edit(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Change name, address and metadata; differences are shown before they are recorded."""
    person: Person = get_object_or_404(all_people(org).select_related("org"), pk=pk)
    form = EditPersonForm(person, request.POST if request.method == "POST" else None)
    if request.method == "GET" or "back" in request.POST:
        return _form(request, person, form, status=200)
    if not form.is_valid():
        return _form(request, person, form, status=422)
    changes = edited(person, form.edit())
    problem = "" if changes else _("Nothing was changed.")
    if request.POST.get("seen") != seen(person):
        problem = _("This person’s record changed since you opened this page. Compare the values again.")
    if problem:
        form.add_error(None, problem)
        return _form(request, person, form, status=422)
    if any(one.name == "email" for one in changes) and (reason := why_no_address(request.member)):
        form.add_error("email", str(reason))
        return _form(request, person, form, status=422)
    if "confirmed" in request.POST:
        try:
            update_person(person, form.edit(), by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            form.add_error(None, str(refusal))
            return _form(request, person, form, status=422)
        messages.success(request, _("Changing the person…"))
        return redirect("assessments:person", org.slug, pk)
    context = {
        "person": person,
        "form": form,
        "seen": seen(person),
        "differences": changes,
        "named_in": seen_in(request.member, person) if any(one.name in IDENTITY for one in changes) else 0,
        "own": is_own_person(request.member, person),
        "ends_links": knows_brand(org) and any(one.name == "email" for one in changes),
    }
    return render(request, "assessments/person_edit_confirm.html", context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def remove(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Remove a person from the directory; the name is typed to confirm."""
    person: Person = get_object_or_404(all_people(org).select_related("org"), pk=pk)
    own = is_own_person(request.member, person)
    problem, errors = why_not_removable(org), list[str]()
    if request.method == "POST" and not problem:
        errors = mistyped(request.POST, str(person))
        if not errors:
            try:
                remove_from_directory(person, by=request.member, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                messages.success(request, _("Removing the person…"))
                return redirect("assessments:person", org.slug, pk)
    context = {
        "person": person,
        "own": own,
        "problem": problem,
        "mistyped": errors,
        "lost": losses(request.member, person),
    }
    return render(request, "assessments/person_remove.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def end_personal_links(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """End all links and codes of a person."""
    person: Person = get_object_or_404(all_people(org).select_related("org"), pk=pk)
    problem = ""
    if request.method == "POST":
        try:
            end_links(person, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Ending the links…"))
            return redirect("assessments:person", org.slug, pk)
    context = {
        "person": person,
        "problem": problem,
        "possible": may_end_links(request.member, person),
        "ended_at": links_ended_at(person),
    }
    return render(request, "assessments/person_links.html", context, status=422 if problem else 200)


@require_POST
@member_of_org(Role.EDITOR)
def refresh_personal_link(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Read the state of a person's links now."""
    person: Person = get_object_or_404(all_people(org).select_related("org"), pk=pk)
    return refreshing(request, org, lambda: refresh_link(person, by=request.member))


def _form(request: MemberRequest, person: Person, form: EditPersonForm, *, status: int) -> HttpResponse:
    context: dict[str, Any] = {
        "person": person,
        "form": form,
        "seen": seen(person),
        "failed": failed_mail(request.member, person),
        "can_update": can_update(person.org),
        "own": is_own_person(request.member, person),
    }
    return render(request, "assessments/person_edit.html", context, status=status)
