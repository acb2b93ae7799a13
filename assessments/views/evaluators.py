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
from assessments.forms import AddressesForm
from assessments.models import Subject
from assessments.views.frame import own_page
from directory.models import Person
from directory.selectors import departments, people, people_at
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import Refusal
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Change
from qxportal.listing import paged, read_listing


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Choose people and a relationship, by tick or by address, as one change."""
    rows = subject_selectors.subjects(org).select_related("assessment__org", "org")
    subject = get_object_or_404(rows, pk=subject_pk, assessment_id=pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    relationships = selectors.relationships_of(subject.assessment)
    listing = read_listing(request.GET, department=(_("Department"), departments(org)))
    form = AddressesForm(request.POST or None)
    problem = _why_not(subject)
    if request.method == "POST" and form.is_valid():
        relationship = request.POST.get("relationship", "")
        ticked = [int(text) for text in request.POST.getlist("person") if text.isdecimal() and len(text) < 16]
        chosen = {person.pk: person for person in people(org).filter(pk__in=ticked)}
        at = people_at(org, form.cleaned_data["addresses"])
        unknown = [address for address, found in at.items() if len(found) != 1]
        chosen |= {found[0].pk: found[0] for found in at.values() if len(found) == 1}
        try:
            if unknown:
                raise Refusal(_("Nobody, or several people, at: %(list)s") % {"list": ", ".join(unknown[:20])})
            pairs = [(person, relationship) for person in chosen.values()]
            change = add_evaluators(subject, pairs, by=request.member, intent=intent_of(request.POST))
        except Refusal as refused:
            problem = str(refused)
        else:
            messages.success(request, _added(pairs, change))
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    found_people = people(org)
    if listing["department"]:
        found_people = found_people.filter(department=listing["department"])
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "relationships": relationships,
        "relationship": request.POST.get("relationship") or request.GET.get("as") or "Peer",
        "listing": listing,
        "page": paged(found_people, request.GET, by=("sort_name", "pk"), words=listing.words),
        "form": form,
        "problem": problem,
        "ticked": request.POST.getlist("person"),
    }
    wrong = request.method == "POST" and bool(problem or form.errors)
    return render(request, "assessments/evaluators_add.html", context, status=422 if wrong else 200)


def _why_not(subject: Subject) -> str:
    """Why nobody can be asked, said before anybody is chosen."""
    try:
        refuse_if_settled(subject)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _added(pairs: list[tuple[Person, str]], change: Change) -> str:
    """How many are being added, and who was left out because the same was asked already."""
    sent = {row["UniqueIdentifier"] for row in change.parameters["rows"]}
    there = [str(person) for person, _relationship in pairs if person.vendor_id not in sent]
    words = ngettext("Adding %(n)s evaluator…", "Adding %(n)s evaluators…", len(sent)) % {"n": len(sent)}
    if there:
        words += " " + _("Already asked in this relationship: %(names)s.") % {"names": ", ".join(there[:20])}
    return words
