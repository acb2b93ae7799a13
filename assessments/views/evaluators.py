"""Adding evaluators to a subject."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments import selectors, subject_selectors
from assessments.evaluator_commands import add_evaluators, refuse_if_settled
from assessments.fence import is_own
from assessments.forms import ExternalForm, PeoplePickerForm
from assessments.plans_of_evaluators import EVALUATORS
from assessments.thresholds import minimums_of
from assessments.views.context import own_page
from assessments.views.people_picker import people_picker, why_refused
from directory.models import Person
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Change
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.relationships import PEER, SELF
from qxportal.ui.stored_messages import gettext_stored


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Choose people and a relationship, by tick or by address, as one change."""
    rows = subject_selectors.subjects(org).select_related("assessment__org", "org")
    subject = get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    form = PeoplePickerForm(request.POST, org=org)
    problem = why_refused(refuse_if_settled, subject)
    if form.is_valid() and not form.unknown:
        pairs = [(person, request.POST.get("relationship", "")) for person in form.cleaned_data["people"]]
        try:
            change = add_evaluators(subject, pairs, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _added(pairs, change))
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "relationships": selectors.relationships_of(subject.assessment),
        "relationship": request.POST.get("relationship") or request.GET.get("as") or PEER,
        "problem": problem,
        "minimum": minimums_of(subject.assessment).min_group,
        **people_picker(request, form, people(org), ticked=request.POST.getlist("person")),
    }
    return render(request, "assessments/evaluators_add.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add_external(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Plan to add an external person to the directory and to ask that person about a subject."""
    rows = subject_selectors.subjects(org).select_related("assessment__org", "org")
    subject = get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    names = [name for name in selectors.relationships_of(subject.assessment) if name != SELF]
    form = ExternalForm(request.POST or None, names=names, initial={"relationship": request.GET.get("as") or PEER})
    problem = why_refused(refuse_if_settled, subject)
    if request.method == "POST" and form.is_valid() and not problem:
        chosen = {**form.cleaned_data, "subject_unique_id": subject.vendor_id, "external": "yes"}
        plan = make_plan(
            org,
            EVALUATORS.name,
            [SourceRow(values=chosen)],
            by=request.member,
            title=gettext_stored("Ask a person from outside about %(subject)s", subject=str(subject)),
            source={"from": "selection"},
            assessment_id=subject.assessment.vendor_id,
            plan_id=intent_of(request.POST),
        )
        return redirect("ledger:plan", org.slug, plan.pk)
    context = {"assessment": subject.assessment, "subject": subject, "form": form, "problem": problem}
    status = 422 if request.method == "POST" else 200
    return render(request, "assessments/evaluators_external.html", context, status=status)


def _added(pairs: list[tuple[Person, str]], change: Change) -> str:
    """Number of evaluators being added, and people left out because the same was already requested."""
    sent = {row["UniqueIdentifier"] for row in change.parameters["rows"]}
    there = [str(person) for person, _relationship in pairs if person.vendor_id not in sent]
    words = [ngettext("Adding %(n)s evaluator…", "Adding %(n)s evaluators…", len(sent)) % {"n": len(sent)}]
    if there:
        words.append(_("Already asked in this relationship: %(names)s.") % {"names": ", ".join(there[:20])})
    return " ".join(words)
