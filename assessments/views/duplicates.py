"""Possible duplicates in the directory, and moving open evaluations from one record to the other."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from assessments.fence import about_others
from assessments.forms import numbers_in
from assessments.leaving import leaver_rows, open_evaluations
from assessments.models import Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations
from directory.commands import is_own_person
from directory.duplicates import ADDRESS, IDENTIFIER, NAME, dismissed, find_twins, say_different, take_back
from directory.models import Person
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.ui.stored_messages import gettext_stored

MOST = 100
SHARE = {
    ADDRESS: gettext_lazy("Same e-mail address"),
    IDENTIFIER: gettext_lazy("Same unique identifier"),
    NAME: gettext_lazy("Same name"),
}


@dataclass(frozen=True)
class ShownPerson:
    """A possible duplicate, with its linked records."""

    person: Person
    open: int
    finished: int
    subject_in: int


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def duplicates(request: MemberRequest, org: Organisation) -> HttpResponse:
    """List possible duplicates, plan to move open evaluations to the kept record, or record that they differ."""
    problem = ""
    if request.method == "POST":
        try:
            if _noted(request, org):
                return redirect("assessments:duplicates", org.slug)
            plan = _plan(request.member, org, request)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            if plan is not None:
                return redirect("ledger:plan", org.slug, plan.pk)
            messages.info(
                request, _("Nothing is open for the other record. Correct or remove it on the person’s own page.")
            )
            return redirect("assessments:duplicates", org.slug)
    twins, total = find_twins(org, MOST)
    counted = _counted(request.member, [person.pk for group in twins for person in group.people])
    groups = [
        ([SHARE[what] for what in group.share], [ShownPerson(one, *counted(one.pk)) for one in group.people])
        for group in twins
    ]
    context = {"groups": groups, "total": total, "problem": problem, "dismissed": dismissed(org, MOST)}
    return render(request, "assessments/duplicates.html", context, status=422 if problem else 200)


def _noted(request: MemberRequest, org: Organisation) -> bool:
    """Whether the form marked people as different, or took that back; records it."""
    if "different" in request.POST:
        chosen = list(people(org).filter(pk__in=numbers_in(request.POST, "person")))
        if not say_different(org, chosen, by=request.member):
            raise ActionRefused(_("These records changed since you opened this page. Compare them again."))
        messages.success(request, _("Noted. They are listed again when one of them changes in what they share."))
        return True
    if numbers := numbers_in(request.POST, "taken_back"):
        if take_back(org, numbers[0], by=request.member):
            messages.success(request, _("They are listed as possible duplicates again."))
        return True
    return False


def _plan(member: Member, org: Organisation, request: MemberRequest) -> Plan | None:
    """The plan that moves the others' open evaluations to the kept record; None if nothing is open."""
    keep = next(iter(numbers_in(request.POST, "keep")), None)
    chosen = {one.pk: one for one in people(org).filter(pk__in=numbers_in(request.POST, "person"))}
    kept = chosen.pop(keep, None) if keep is not None else None
    if kept is None or not chosen:
        raise ActionRefused(_("Choose which record is kept."))
    if any(is_own_person(member, one) for one in (kept, *chosen.values())):
        raise ActionRefused(_("This is your own record, so another member has to change it."))
    owed = list(open_evaluations(member, *chosen.values()))
    if not owed:
        return None
    return plan_evaluations(
        org,
        leaver_rows(owed, replacement=kept, replaced={one.relationship for one in owed}),
        by=member,
        title=gettext_stored(
            "Move what is open to %(name)s from %(others)s",
            name=str(kept),
            others=", ".join(f"{one} ({one.email})" for one in chosen.values()),
        ),
        source={"from": "selection", "person": kept.pk},
        plan_id=intent_of(request.POST),
    )


def _counted(member: Member, numbers: Collection[int]) -> Callable[[int], tuple[int, int, int]]:
    """Each person's numbers of open and finished evaluations, and of assessments as a subject."""
    there = people(member.org).filter(pk__in=numbers)
    opened = Counter(open_evaluations(member, *there).order_by().values_list("evaluator", flat=True))
    rows = Evaluation.objects.filter(evaluator__in=numbers, gone_at=None, status=Evaluation.Status.COMPLETED)
    finished = Counter(about_others(member, rows).order_by().values_list("evaluator", flat=True))
    assessed = Subject.objects.filter(person__in=numbers, gone_at=None, assessment__gone_at=None)
    subjects = Counter(assessed.order_by().values_list("person", flat=True))
    return lambda pk: (opened[pk], finished[pk], subjects[pk])
