"""One person with every role in every assessment."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from assessments import selectors
from assessments.forms import numbers_in
from assessments.history import entries
from assessments.job_kinds import SYNC_LINK
from assessments.link_commands import may_end_links, target_of
from assessments.link_states import link_shown
from assessments.models import Assessment
from assessments.person_roles import failed_mail
from directory.commands import is_own_person
from directory.job_kinds import SYNC
from directory.selectors import all_people, managed_by, managers_of, people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.history.external_changes import versions
from qxportal.ledger.selectors import changes, refresh_of, resource_sync, unsettled

MOST_PLACED, MOST_OFFERED = 200, 100
LATEST = 3  # versions that a person's page shows
SHOWN_ABOVE = {"Title", "Department", "ManagerEmail"}  # further data that the page has in places of their own


@require_GET
@member_of_org(Role.READER)
def person(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """A person's evaluations received and given, and people managed."""
    row = get_object_or_404(all_people(org), pk=pk)
    targets = [f"person:{row.vendor_id}", target_of(row), *([f"user:{row.user_id}"] if row.user_id else [])]
    context = {
        "person": row,
        "managers": managers_of(row)[:5],
        "reports_to_person": managed_by(row)[:200],
        "history": entries(
            org, versions(request.member).filter(kind="person", row_id=pk)[:LATEST], member=request.member
        ),
        "own": is_own_person(request.member, row),
        "links": may_end_links(request.member, row),
        "link": link_shown(request.member, row),
        "link_job": refresh_of(org, SYNC_LINK, row.vendor_id),
        "failed": failed_mail(request.member, row) if row.gone_at is None else None,
        "open_changes": unsettled(changes(request.member).filter(target__in=targets)),
        "further": [(name, value) for name, value in row.metadata.items() if name not in SHOWN_ABOVE],
        "sync": resource_sync(org, "persons"),
        "job": refresh_of(org, SYNC),
        **selectors.roles_of(request.member, row),
    }
    return render(request, "assessments/person.html", context)


@require_GET
@member_of_org(Role.EDITOR)
def place(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Choose the assessment for people selected in the list of people."""
    ticked = people(org).filter(pk__in=numbers_in(request.GET, "person")[:MOST_PLACED])
    chosen = list(ticked.order_by("sort_name", "pk"))
    open_ones = selectors.assessments(org).exclude(status=Assessment.Status.CLOSED).order_by("-created_at", "-pk")
    context = {
        "chosen": chosen,
        "assessments": open_ones[:MOST_OFFERED],
        "query": urlencode([("person", person.pk) for person in chosen]),
    }
    return render(request, "assessments/people_place.html", context)
