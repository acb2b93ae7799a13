"""Saved views: the list of views, saving, opening, changing and deleting; columns of lists."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qxportal.accounts import saved_views
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.commands import NotAllowed
from qxportal.accounts.forms import SavedViewForm
from qxportal.accounts.lists import KINDS, NONE, ListKind, may_change, views_for
from qxportal.accounts.models import Organisation, SavedView
from qxportal.accounts.roles import Role


@require_GET
@member_of_org(Role.READER)
def views(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The member's views and those of the organisation, by list."""
    found = views_for(request.member).select_related("owner__user").order_by("kind", "name", "pk")
    rows = [
        {
            "view": view,
            "kind": kind,
            "default": request.member.lists.get(view.kind, {}).get("view") == view.pk,
            "changes": may_change(view, request.member),
        }
        for view in found
        if (kind := KINDS.get(view.kind)) is not None and request.member.may(kind.least)
    ]
    return render(request, "accounts/views.html", {"rows": rows})


@require_POST
@member_of_org(Role.READER)
def new(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Save a list's present state under a name."""
    form = SavedViewForm(request.POST, by=request.member)
    path, query = request.POST.get("path", ""), request.POST.get("query", "")
    if form.is_valid():
        shared = bool(form.cleaned_data.get("shared"))
        try:
            view = saved_views.save_view(request.member, path, query, name=form.cleaned_data["name"], shared=shared)
        except NotAllowed as problem:
            form.add_error("name", str(problem))
        else:
            messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
            return redirect(f"{view.path}?view={view.pk}")
    context = {"form": form, "path": path, "query": query, "back": _back(org, path, query)}
    return render(request, "accounts/view_new.html", context, status=422)


@require_GET
@member_of_org(Role.READER)
def open_view(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Open a list with a view; this URL stays when the view is renamed or changed."""
    view = _find(request, pk)
    return redirect(f"{view.path}?view={view.pk}")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def edit(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Rename a view, share it, or make it private."""
    view = _find(request, pk)
    posted = request.POST if request.method == "POST" else None
    form = SavedViewForm(posted, initial={"name": view.name, "shared": view.shared}, by=request.member)
    if posted is not None and form.is_valid():
        try:
            saved_views.change_view(
                view, by=request.member, name=form.cleaned_data["name"], shared=form.cleaned_data.get("shared")
            )
        except NotAllowed as problem:
            form.add_error("name", str(problem))
        else:
            messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
            return redirect("accounts:views", org.slug)
    context = {"form": form, "view": view}
    return render(request, "accounts/view_edit.html", context, status=422 if form.errors else 200)


@require_POST
@member_of_org(Role.READER)
def update(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Update a view to the list's present state."""
    view = _find(request, pk)
    try:
        saved_views.change_view(view, by=request.member, query=request.POST.get("query", ""))
    except NotAllowed as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return redirect(f"{view.path}?view={view.pk}")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def delete(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Delete a view, after a confirmation that names it."""
    view = _find(request, pk)
    problem = ""
    if request.method == "POST":
        try:
            saved_views.delete_view(view, by=request.member)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name})
            return redirect("accounts:views", org.slug)
    context = {"view": view, "problem": problem}
    return render(request, "accounts/view_delete.html", context, status=422 if problem else 200)


@require_POST
@member_of_org(Role.READER)
def default(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Set or clear the default view of the member's lists of a kind."""
    number = request.POST.get("view", "")
    view = _find(request, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None
    kind = KINDS.get(view.kind if view else request.POST.get("kind", ""))
    if kind is None:
        return _no_list(request, org)
    saved_views.set_default(request.member, kind, view)
    said = (
        _("%(list)s: opens with “%(name)s” from now on.") if view else _("%(list)s: opens without a view from now on.")
    )
    messages.success(request, said % {"list": kind.label, "name": view.name if view else ""})
    return redirect("accounts:views", org.slug)


@require_POST
@member_of_org(Role.READER)
def columns(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Choose a list's columns: kept for the member; in an open view, only for this page until the view is saved."""
    path = request.POST.get("path", "")
    kind = saved_views.list_at(org, path)
    if kind is None:
        return _no_list(request, org)
    ticked = request.POST.getlist("column")
    chosen = kind.usual if "usual" in request.POST else tuple(name for name in kind.columns if name in ticked)
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query.pop("columns", None)
    if query.get("from", "0") == "0":
        saved_views.set_columns(request.member, kind, chosen)
    else:
        query["columns"] = ".".join(chosen) or NONE
    return redirect(f"{path}?{query.urlencode()}" if query else path)


def _no_list(request: MemberRequest, org: Organisation) -> HttpResponse:
    messages.warning(request, _("There is no such list. Open the list and try again."))
    return redirect("accounts:views", org.slug)


def _find(request: MemberRequest, pk: int) -> SavedView:
    return get_object_or_404(views_for(request.member), pk=pk)


def _back(org: Organisation, path: str, query: str) -> str:
    kind: ListKind | None = saved_views.list_at(org, path)
    return f"{path}?{QueryDict(query).urlencode()}" if kind else ""
