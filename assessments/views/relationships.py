"""The custom relationships of an assessment, edited as a list and saved as one change."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import selectors
from assessments.commands import set_relationships
from assessments.forms import relationships_from, translations_text
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.threesixty.relationships import BUILT_IN

SPARE = 2


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def relationships(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Show the relationships with their use; editors save the whole list."""
    if request.method == "POST":
        if not request.member.may(Role.EDITOR):
            raise PermissionDenied
        return _save(request, org, pk)
    return _page(request, org, pk)


def _save(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    rows = relationships_from(request.POST)
    try:
        set_relationships(find(request.member, pk), rows, by=request.member, intent=intent_of(request.POST))
    except ActionRefused as problem:
        return _page(request, org, pk, rows=rows, problem=str(problem))
    messages.success(request, _("Recorded: the relationships are being saved."))
    return redirect("assessments:relationships", org.slug, pk)


def _page(
    request: MemberRequest,
    org: Organisation,
    pk: int,
    *,
    rows: list[dict[str, Any]] | None = None,
    problem: str = "",
) -> HttpResponse:
    assessment = find(request.member, pk)
    counts = {row["relationship"]: row for row in selectors.relationship_counts(request.member, assessment)}
    edited = assessment.relationships if rows is None else rows
    context = page_context(
        request.member,
        assessment,
        "relationships",
        built_in=[(name, counts.get(name)) for name in BUILT_IN],
        stored=[
            (row["Name"], translations_text(row["Translations"]), counts.get(row["Name"]))
            for row in assessment.relationships
        ],
        custom=[(row["Name"], translations_text(row["Translations"]), None) for row in edited],
        spare=range(SPARE),
        problem=problem,
    )
    return render(request, "assessments/relationships.html", context, status=422 if problem else 200)
