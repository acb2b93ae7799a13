"""Pages where a member names the own directory person, and an administrator confirms it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from directory import joins
from directory.alike import Likeness, likely
from directory.models import Person
from directory.selectors import all_people, people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.fence import others_who_act
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.accounts.selectors import members
from qxportal.core.listing import first_of
from qxportal.core.searching import search_words
from qxportal.ledger.errors import ActionRefused

SHOWN = 20


@require_http_methods(["GET", "POST"])
@member_of_org(Role.SUBJECT)
def me(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Claim a directory person; a claim alone opens nothing."""
    member, problem = request.member, ""
    if request.method == "POST":
        try:
            joins.claim(member, _chosen(request, member))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("Your choice has been saved."))
            return redirect("directory:me", org.slug)
    context = _candidates(request, member, search=member.may(Role.READER))
    context |= {"others": others_who_act(member), "problem": problem}
    return render(request, "directory/me.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def member_person(request: MemberRequest, org: Organisation, member_id: int) -> HttpResponse:
    """Set another member's directory person."""
    whom = get_object_or_404(members(org), pk=member_id)
    if whom.pk == request.member.pk:
        return redirect("directory:me", org.slug)
    problem = ""
    if request.method == "POST":
        try:
            joins.join(whom, _chosen(request, whom), by=request.member)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("You have confirmed which person %(who)s is.") % {"who": whom})
            return redirect("accounts:members", org.slug)
    context = {**_candidates(request, whom, search=True), "problem": problem}
    return render(request, "directory/member_person.html", context, status=422 if problem else 200)


def _chosen(request: HttpRequest, member: Member) -> Person | None:
    """The person in the form; None for a member who is not in the directory."""
    number = request.POST.get("person", "")
    if number == "nobody":
        return None
    found = all_people(member.org).filter(pk=int(number)) if number.isdecimal() and len(number) < 16 else None
    person = found.first() if found is not None else None
    if person is None:
        raise ActionRefused(_("Choose a person."))
    return person


def _candidates(request: MemberRequest, member: Member, *, search: bool) -> dict[str, Any]:
    """Possible persons for the member: those with the same address or name first, then search results."""
    words = search_words(request.GET.get("q", "")) if search else ""
    names = [member.user.name, *member.user.former_names] if search else []
    found = likely(member.org, Likeness.of(names, [member.user.email]))
    if not search:
        found = [person for person in found if person.email == member.user.email.lower()]
    joined = joins.person_of(member)
    if joined and joined not in found:
        found.insert(0, joined)  # the claimed or joined person
    listed = first_of(people(member.org).order_by("sort_name", "pk"), words, SHOWN) if words else []
    known = {person.pk for person in found}
    return {
        "whom": member,
        "joined": joined,
        "doubtful": joins.doubtful(member),
        "found": found[:SHOWN],
        "listed": [person for person in listed if person.pk not in known],
        "words": words,
        "search": search,
    }
