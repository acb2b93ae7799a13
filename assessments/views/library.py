"""Libraries of users and assessments: what they hold, with ids; images are uploaded, images and messages deleted."""

from typing import Any

from django import forms
from django.contrib import messages
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
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.selectors import changes, refresh_of, unsettled
from surveys.job_kinds import READ_LIBRARY
from surveys.library import delete_object, library_content, refresh_library, upload_graphic

MOST_LISTED = 1_000  # libraries that can be chosen
MOST_BYTES = 8 * 2**20
REQUESTS = ("uploadLibraryGraphic", "deleteLibraryGraphic", "deleteLibraryMessage")


class GraphicForm(forms.Form):
    """An image, and what it is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    image = forms.FileField(
        label=gettext_lazy("Image"),
        help_text=gettext_lazy("PNG, JPEG, GIF or WebP of at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )

    def clean_image(self) -> Any:
        """An image of a size that is taken."""
        if self.cleaned_data["image"].size > MOST_BYTES:
            raise forms.ValidationError(_("Choose a PNG, JPEG, GIF or WebP image of at most 8 MB."))
        return self.cleaned_data["image"]


@require_GET
@member_of_org(Role.EDITOR)
def libraries(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Which libraries there are; the chosen one is shown on its own page."""
    owners = _owners(request.member)
    if (chosen := request.GET.get("library", "")) in owners:
        return redirect("assessments:library", org.slug, chosen)
    return render(request, "surveys/library.html", {"owners": owners.items()})


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def library(request: MemberRequest, org: Organisation, key: str) -> HttpResponse:
    """What one library holds; an image is put into it."""
    owners = _found(request.member, key)
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
    context = {
        "owners": owners.items(),
        "chosen": key,
        "content": found,
        "sync": found,
        "job": job,
        "stale": not job and (found is None or timezone.now() - found.seen_at > STALE),
        "kinds": _kinds(found),
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


def _found(member: Member, key: str) -> dict[str, str]:
    owners = _owners(member)
    if key not in owners:
        raise Http404
    return owners


def _owners(member: Member) -> dict[str, str]:
    """The libraries that can be chosen: of users, and of assessments that are not about the member."""
    org, own = member.org, fence_of(member).assessments
    users = VendorUser.objects.filter(org=org).order_by("user_name")[:MOST_LISTED]
    rows = Assessment.objects.filter(org=org, gone_at=None).exclude(vendor_id__in=own).order_by("name")[:MOST_LISTED]
    return {one.vendor_id: one.name for one in rows} | {one.vendor_id: one.shown_name for one in users}


def _kinds(found: Any) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What a library holds by kind: word for forms, heading, ids and names."""
    if found is None:
        return []
    kinds = [("graphics", _("Images"), found.graphics), ("messages", _("Messages"), found.messages)]
    kinds += [("", kind, held) for kind, held in found.others.items()]
    return [
        (word, heading, sorted(held.items(), key=lambda one: (one[1].casefold(), one[0])))
        for word, heading, held in kinds
    ]
