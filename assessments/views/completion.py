"""The page of how an assessment's finished evaluations added up day by day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessments.completion import LEAST_PEOPLE, completion, last_round, rounds_before
from assessments.completion_chart import chart_of, table_of
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role


@require_GET
@member_of_org(Role.EDITOR)
def by_day(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The curve, that of the last round or of another one that was chosen, and the forecast."""
    assessment = find(request.member, pk)
    before = rounds_before(assessment)
    chosen = request.GET.get("beside", "")
    beside = last_round(assessment, before)
    if chosen:
        beside = next((one for one in before if str(one.pk) == chosen), None)
    told = completion(request.member, assessment, beside)
    context = page_context(
        request.member,
        assessment,
        "progress",
        by="curve",
        told=told,
        before=before,
        beside=beside,
        least=LEAST_PEOPLE,
        chart=chart_of(told),
        days=table_of(told),
        done=told.curve.now,
        asked=told.curve.asked,
        on_same_day=told.beside.on(told.today) if told.beside else None,
    )
    return render(request, "assessments/progress_curve.html", context)
