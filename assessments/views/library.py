"""Libraries of assessments, users and groups: contents with ids; uploads of images, and deletion."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.models import Assessment
from assessments.views.home import refreshing
from assessments.views.surveys import STALE
from directory.models import VendorUser
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import SIZE, Count, Page, paged, read_filters
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.selectors import changes, refresh_of, unsettled
from surveys.job_kinds import READ_LIBRARY
from surveys.library import (
    GROUP,
    delete_object,
    libraries_of_groups,
    library_content,
    refresh_library,
    upload_graphic,
)
from surveys.models import LibraryContent

GROUP_ID = re.compile(rf"^{GROUP}[A-Za-z0-9]{{1,50}}\Z")
USERS, GROUPS = "users", "groups"
MOST_BYTES = 8 * 2**20
REQUESTS = ("uploadLibraryGraphic", "deleteLibraryGraphic", "deleteLibraryMessage")


class GraphicForm(forms.Form):
    """An image and its name."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    image = forms.FileField(
        label=gettext_lazy("Image"),
        help_text=gettext_lazy("PNG, JPEG, GIF or WebP of at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )

    def clean_image(self) -> Any:
        """An image within the size limit."""
        if self.cleaned_data["image"].size > MOST_BYTES:
            raise forms.ValidationError(_("Choose a PNG, JPEG, GIF or WebP image of at most 8 MB."))
        return self.cleaned_data["image"]


class LibraryForm(forms.Form):
    """The id of a group, as no listing names its library."""

    library = forms.RegexField(
        GROUP_ID,
        label=gettext_lazy("Group ID"),
        error_messages={"invalid": gettext_lazy("The ID of a group begins with GR_.")},
        widget=forms.TextInput(attrs={"placeholder": "GR_…", "autocomplete": "off"}),
    )


class Owner(NamedTuple):
    """The owner of a library: an assessment, a user or a group of users."""

    key: str
    name: str


class Held(NamedTuple):
    """One object of a library; `word` is its kind in URLs, empty if it cannot be deleted here."""

    word: str
    kind: str
    key: str
    name: str


@require_GET
@member_of_org(Role.EDITOR)
def libraries(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The libraries of assessments, of users, or of groups that were opened before; a group is found by its id."""
    form = LibraryForm(request.GET if "library" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("assessments:library", org.slug, form.cleaned_data["library"])
    listing = read_filters(
        request.GET,
        of=(_("Libraries of"), {USERS: _("Users"), GROUPS: _("Groups")}, _("Assessments")),
    )
    rows, by, owner = _listed(request.member, listing["of"])
    for word in listing.search.split():
        rows = rows.filter(**{f"{by}__icontains": word})
    page = paged(rows, request.GET, by=(by, "pk"))
    context = {"listing": listing, "page": page, "owners": [owner(row) for row in page.rows], "form": form}
    return render(request, "surveys/libraries.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def library(request: MemberRequest, org: Organisation, key: str) -> HttpResponse:
    """The contents of one library; also uploads an image."""
    owner = _found(request.member, key)
    form = GraphicForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        name, image = form.cleaned_data["name"], form.cleaned_data["image"].read()
        try:
            upload_graphic(org, key, by=request.member, name=name, content=image, intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error("image", str(problem))
        else:
            messages.success(request, _("Uploading the image…"))
            return redirect("assessments:library", org.slug, key)
    found, job = library_content(org, key), refresh_of(org, READ_LIBRARY, key)
    own = changes(request.member).filter(request__in=REQUESTS, parameters__library_id=key)
    held = _held(found)
    kinds = dict.fromkeys(one.kind for one in held)
    listing = read_filters(request.GET, kind=(_("Kind"), {kind: kind for kind in kinds}))
    context = {
        "owner": owner,
        "chosen": key,
        "content": found,
        "sync": found,
        "job": job,
        "stale": not job and (found is None or timezone.now() - found.seen_at > STALE),
        "listing": listing,
        "page": _page(held, listing.search, listing["kind"], request.GET.get("cursor", "")),
        "form": form,
        "open_changes": unsettled(own),
    }
    return render(request, "surveys/library.html", context, status=422 if form.errors else 200)


@require_POST
@member_of_org(Role.EDITOR)
def refresh(request: MemberRequest, org: Organisation, key: str) -> HttpResponse:
    """Read a library again, as a job."""
    _found(request.member, key)
    return refreshing(request, org, lambda: refresh_library(org, key, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def delete(request: MemberRequest, org: Organisation, key: str, kind: str, held: str) -> HttpResponse:
    """Delete an image or a message for good; its name is typed."""
    _found(request.member, key)
    known = library_content(org, key)
    objects = {"graphics": known.graphics, "messages": known.messages}.get(kind, {}) if known else {}
    if held not in objects:
        raise Http404
    name, problem = objects[held] or held, ""
    errors = mistyped(request.POST, name) if request.method == "POST" else []
    if request.method == "POST" and not errors:
        intent = intent_of(request.POST)
        try:
            delete_object(org, key, by=request.member, kind=kind, key=held, name=name, intent=intent)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Deleting…"))
            return redirect("assessments:library", org.slug, key)
    context = {"name": name, "kind": kind, "chosen": key, "mistyped": errors, "problem": problem}
    failed = bool(errors or problem)
    return render(request, "surveys/library_delete.html", context, status=422 if failed else 200)


def _found(member: Member, key: str) -> Owner:
    """The owner of a library that the member may see, or 404."""
    for kind in ("", USERS):
        rows, _by, owner = _listed(member, kind)
        if (row := rows.filter(vendor_id=key).first()) is not None:
            return owner(row)
    if GROUP_ID.fullmatch(key):
        return Owner(key, key)
    raise Http404


def _listed(member: Member, kind: str) -> tuple[QuerySet[Any], str, Callable[[Any], Owner]]:
    """The owners of a kind, the column with their names, and how a row is shown; no assessment about the member."""
    org, own = member.org, fence_of(member).assessments
    if kind == USERS:
        return VendorUser.objects.filter(org=org), "user_name", lambda row: Owner(row.vendor_id, row.shown_name)
    if kind == GROUPS:
        known = libraries_of_groups(org).only("library_id")
        return known, "library_id", lambda row: Owner(row.library_id, row.library_id)
    rows = Assessment.objects.filter(org=org, gone_at=None).exclude(vendor_id__in=own).only("vendor_id", "name")
    return rows, "name", lambda row: Owner(row.vendor_id, row.name)


def _held(found: LibraryContent | None) -> list[Held]:
    """The objects of a library, by kind and name."""
    if found is None:
        return []
    kinds = [("graphics", _("Images"), found.graphics), ("messages", _("Messages"), found.messages)]
    kinds += [("", kind, held) for kind, held in found.others.items()]
    return [
        Held(word, heading, key, name)
        for word, heading, held in kinds
        for key, name in sorted(held.items(), key=lambda one: (one[1].casefold(), one[0]))
    ]


def _page(held: list[Held], search: str, kind: str, cursor: str) -> Page[Held]:
    """One page of matching objects; they are stored in one row, so the cursor is a page number."""
    words = search.casefold().split()
    rows = [one for one in held if kind in ("", one.kind) and all(word in one.name.casefold() for word in words)]
    last = max(0, len(rows) - 1) // SIZE
    number = min(int(cursor), last) if cursor.isascii() and cursor.isdigit() and len(cursor) < 9 else 0
    shown = rows[number * SIZE : (number + 1) * SIZE]
    return Page(shown, Count(len(rows)), str(number - 1) if number else "", str(number + 1) if number < last else "")
