"""The page of a leaver: open evaluations, and the replacement."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.leaving import LeavingForm, open_evaluations, suggested
from assessments.models import Evaluation
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rules import rows_of
from directory.commands import is_own_person
from directory.models import Person
from directory.selectors import all_people, managed_by
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ui.stored_messages import gettext_stored

MOST_LISTED = 200


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def leaves(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan the removal or replacement of a person in every open evaluation."""
    person: Person = get_object_or_404(all_people(org).select_related("org"), pk=pk)
    own = is_own_person(request.member, person)
    owed = list(open_evaluations(request.member, person))
    form = LeavingForm(request.POST or None, org=org, person=person, evaluations=owed)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            if own:
                raise ActionRefused(_("This is your own record, so another member has to change it."))
            if not owed:
                raise ActionRefused(_("This person has nothing open."))
            chosen = form.cleaned_data
            instead = chosen["replacement"]
            rule = {
                "name": "leaver",
                "person": person.vendor_id,
                "replacement": instead.vendor_id if instead else "",
                "relationships": chosen["relationships"],
                "answers": chosen["answers"],
            }
            plan = plan_evaluations(
                org,
                rows_of(request.member, rule) or (),
                by=request.member,
                title=gettext_stored("%(name)s leaves the company", name=str(person)),
                source={"from": "rule", "person": person.pk},
                plan_id=intent_of(request.POST),
                options={"rule": rule},
            )
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    subject_in = person.subjects.filter(gone_at=None, assessment__gone_at=None).exclude(assessment__status="Closed")
    context = {
        "person": person,
        "own": own,
        "form": form,
        "problem": problem,
        "owed": owed[:MOST_LISTED],
        "owed_total": len(owed),
        "begun": sum(one.status == Evaluation.Status.IN_PROGRESS for one in owed),
        "subject_in": subject_in.select_related("assessment"),
        "manages": managed_by(person)[:MOST_LISTED],
        "suggested": suggested(person),
    }
    return render(request, "assessments/person_leaves.html", context, status=422 if request.method == "POST" else 200)
