"""Pages of people. A single person's page also shows assessments and is therefore in that app."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from directory import selectors
from directory.commands import create_person
from directory.forms import PersonForm
from directory.job_kinds import SYNC
from directory.models import Person
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import MOST_ROWS
from qxportal.core.listing import ListFilters, Page, paged, read_filters, read_sorting
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.history.as_of import as_they_were, listed_then, narrowed_then, read_past, versions_of
from qxportal.ledger.selectors import number_listed, refresh_of, resource_sync

SHOWN = (
    "pk",
    "first_name",
    "last_name",
    "email",
    "title",
    "department",
    "location",
    "external",
    "manager_email",
    "gone_at",
    "sort_name",
)
# Sort orders of the list; each has an index.
ORDERS = {
    "name": ("sort_name", "pk"),
    "email": ("email", "pk"),
    "department": ("department", "sort_name", "pk"),
}
COLUMNS = (
    gettext_lazy("Last name"),
    gettext_lazy("First name"),
    gettext_lazy("E-mail address"),
    gettext_lazy("Unique identifier"),
    gettext_lazy("Title"),
    gettext_lazy("Department"),
    gettext_lazy("Location"),
    gettext_lazy("Manager’s address"),
    gettext_lazy("Kind"),
)

IN_FILE = ("", "", "", "identifier", "title", "department", "location", "manager", "kind")  # columns of the page
PEOPLE = ListKind(
    "people",
    gettext_lazy("People"),
    {
        "title": gettext_lazy("Title"),
        "department": gettext_lazy("Department"),
        "location": gettext_lazy("Location"),
        "kind": gettext_lazy("Kind"),
        "identifier": gettext_lazy("Unique identifier"),
        "manager": gettext_lazy("Manager’s address"),
    },
    frozenset({"identifier", "manager"}),
)


@require_GET
@member_of_org(Role.READER)
@listed(PEOPLE)
def people(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Everybody in the directory; only the list if filters or words changed."""
    alone = request.htmx.target == "listing"
    chosen = request.GET.get("department", "")
    past = read_past(request.GET.get("on", ""), partial(selectors.all_people, org))
    departments = (
        selectors.departments_then(org, past.at)
        if past.at
        else selectors.departments(org, only=chosen if alone else None)
    )
    listing = read_filters(
        request.GET,
        department=(_("Department"), departments),
        external=(_("Kind"), {"no": _("Internal"), "yes": _("External")}),
        gone=(_("Show"), {"on": _("Removed")}, _("Current")),
    )
    listing = replace(listing, day=past.text)
    if not past.shown:
        listing = replace(listing, sorting=read_sorting(request.GET, "name", **ORDERS), file=True)
        if wants_file(request.GET):
            return _file(request, org, listing)
    if past.at:
        page = _page_then(request, org, listing, past.at)
    else:
        page = Page() if past.problem else _page_now(request, org, listing)
    ticks = request.member.may(Role.EDITOR) and not past.shown and not listing["gone"]
    context = {"listing": listing, "page": page, "past": past, "ticks": ticks}
    if alone:
        stay = "on=" not in (request.htmx.current_url or "")  # a page of an earlier day has other menus, or none
        return render(request, "directory/_people.html", {**context, "menus_stay": stay})
    context |= {"sync": resource_sync(org, "persons"), "job": refresh_of(org, SYNC)}
    return render(request, "directory/person_list.html", context)


def _page_now(request: MemberRequest, org: Organisation, listing: ListFilters) -> Page[Any]:
    found, shown = selectors.people(org, gone=bool(listing["gone"])).filter(**_wanted(listing)), list(SHOWN)
    if "identifier" not in request.list_state.hidden:  # over all matches, read only for it
        found = found.annotate(identifier=KeyTextTransform("ExternalDataReference", "raw"))
        shown.append("identifier")
    known = None if listing.narrowed else number_listed(org, "persons")
    by = listing.sorting.by if listing.sorting else ORDERS["name"]
    return paged(found, request.GET, by=by, words=listing.search, columns=shown, known=known)


def _file(request: MemberRequest, org: Organisation, listing: ListFilters) -> StreamingHttpResponse:
    """Matching people as a file; the log records the export."""
    rows = selectors.people(org, gone=bool(listing["gone"])).filter(**_wanted(listing))
    ordered = matching(rows, listing.search).order_by(*(listing.sorting.by if listing.sorting else ORDERS["name"]))
    return list_file(
        request.member, listing, [_("People")], COLUMNS, _lines(ordered), state=request.list_state, of=IN_FILE
    )


def _lines(rows: QuerySet[Person]) -> Iterator[tuple[object, ...]]:
    for person in rows[:MOST_ROWS].iterator(2_000):
        yield (
            person.last_name,
            person.first_name,
            person.email,
            person.external_reference,
            person.title,
            person.department,
            person.location,
            person.manager_email,
            _("External") if person.external else _("Internal"),
        )


def _page_then(request: MemberRequest, org: Organisation, listing: ListFilters, at: datetime) -> Page[Person]:
    rows = listed_then(selectors.all_people(org), at, gone=bool(listing["gone"]))
    rows = narrowed_then(rows, versions_of(Person, org), at, listing.search, _wanted(listing))
    page = paged(rows, request.GET, by=("sort_name", "pk"))
    return replace(page, rows=as_they_were(page.rows, at))


def _wanted(listing: ListFilters) -> dict[str, str | bool]:
    """Column values that the filters require."""
    wanted: dict[str, str | bool] = {}
    if listing["department"]:
        wanted["department"] = listing["department"]
    if listing["external"]:
        wanted["external"] = listing["external"] == "yes"
    return wanted


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def person_new(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Add a person to the directory."""
    form = PersonForm(request.POST or None, initial={"intent": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("intent", "first_name", "last_name", "email", "external")}
        try:
            change = create_person(org, by=request.member, metadata=form.metadata(), **wanted)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("assessments:created", org.slug, change.pk)
    return render(request, "directory/person_new.html", {"form": form}, status=422 if form.errors else 200)
