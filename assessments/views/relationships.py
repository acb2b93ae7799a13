"""The custom relationships of an assessment, edited as a list and saved as one change."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import selectors
from assessments.commands import set_relationships
from assessments.forms import relationships_from, translations_text
from assessments.report_groups import groups_context
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.threesixty.relationships import BUILT_IN

SPARE = 2


class RelationshipRow(NamedTuple):
    """One relationship: its use in the assessment, and the translations of a custom one."""

    name: str
    use: dict[str, Any] | None = None
    translations: str | None = None


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def relationships(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Show the relationships with their use; editors save the whole list."""
    if request.method == "POST":
        if not request.member.may(Role.EDITOR):
            raise PermissionDenied
        return _save(request, org, pk)
    return page(request, org, pk)


def _save(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    rows = relationships_from(request.POST)
    try:
        set_relationships(find(request.member, pk), rows, by=request.member, intent=intent_of(request.POST))
    except ActionRefused as problem:
        return page(request, org, pk, rows=rows, problem=str(problem))
    messages.success(request, _("Saving the relationships…"))
    return redirect("assessments:relationships", org.slug, pk)


def custom_rows(
    rows: Iterable[Mapping[str, Any]], counts: Mapping[str, dict[str, Any]] = MappingProxyType({})
) -> list[RelationshipRow]:
    """The custom relationships as the pages show them."""
    return [
        RelationshipRow(row["Name"], counts.get(row["Name"]), translations_text(row["Translations"])) for row in rows
    ]


def page(
    request: MemberRequest,
    org: Organisation,
    pk: int,
    *,
    rows: list[dict[str, Any]] | None = None,
    problem: str = "",
    groups_chosen: Mapping[str, str] | None = None,
    groups_problem: str = "",
) -> HttpResponse:
    """The page of relationships, with refused input."""
    assessment = find(request.member, pk)
    counts = {row["relationship"]: row for row in selectors.relationship_counts(request.member, assessment)}
    edited = assessment.relationships if rows is None else rows
    context = page_context(
        request.member,
        assessment,
        "relationships",
        built_in=[RelationshipRow(name, counts.get(name)) for name in BUILT_IN],
        stored=custom_rows(assessment.relationships, counts),
        custom=custom_rows(edited),
        spare=range(SPARE),
        problem=problem,
        groups_problem=groups_problem,
        **groups_context(assessment, groups_chosen),
    )
    failed = problem or groups_problem
    return render(request, "assessments/relationships.html", context, status=422 if failed else 200)
