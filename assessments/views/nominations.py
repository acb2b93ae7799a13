"""Nominations: who acts next on each subject's list, and HR's actions on their behalf."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.brand import knows_brand
from assessments.fence import is_assessed_in, is_own
from assessments.forms import PeoplePickerForm
from assessments.list_rows import NOMINATIONS, OF_NOMINATIONS, nomination_lines
from assessments.models import Assessment, Subject
from assessments.nomination_commands import (
    Wanted,
    choices_of,
    decide_nominations,
    decisions_of,
    set_nominations,
    why_unchangeable,
)
from assessments.nomination_forms import DecisionForm
from assessments.nomination_labels import TURNS
from assessments.nominations import (
    APPROVED,
    OPEN,
    SENT_BACK,
    SUBMITTED,
    NominationList,
    list_of,
    lists_of,
    nominating,
    turns_counted,
)
from assessments.views.context import find, own_page, page_context
from assessments.views.people_picker import people_picker
from assessments.views.subjects import find_subject
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import paged, read_filters, read_sorting
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.selectors import changes, unsettled
from qxportal.threesixty.relationships import PEER
from qxportal.ui.labels import STATES

REQUESTS = ("qxSetNominations", "qxDecideNominations")
NOMINATION_LISTS = ListKind(
    "nominations",
    gettext_lazy("Nominations"),
    {
        "state": gettext_lazy("State"),
        "turn": gettext_lazy("Whose turn"),
        "chosen": gettext_lazy("Chosen"),
        "changed": gettext_lazy("Changed"),
    },
)


@require_GET
@member_of_org(Role.READER)
@listed(NOMINATION_LISTS)
def nominations(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """One row per subject: the state of the list, and who acts next."""
    assessment = find(request.member, pk)
    listing = read_filters(
        request.GET,
        state=(_("State"), {name: str(badge.label) for name, badge in STATES["nominations"].items()}),
        turn=(_("Whose turn"), {name: str(words) for name, words in TURNS.items()}),
    )
    everything = nominating(request.member, assessment)
    rows = matching(everything, listing.search)
    rows = listing.apply(rows, state="nominations__state", turn="nominations__turn")
    sorting = read_sorting(request.GET, "name", name=("sort_name", "pk"))
    listing = replace(listing, file=True, sorting=sorting)
    if wants_file(request.GET):
        lines = nomination_lines(rows.order_by(*sorting.by), TURNS)
        named = [_("Nominations"), assessment.name]
        kept = {"target": assessment.vendor_id, "state": request.list_state, "of": OF_NOMINATIONS}
        return list_file(request.member, listing, named, NOMINATIONS, lines, **kept)
    page = paged(rows, request.GET, by=sorting.by)
    own = changes(request.member).filter(assessment_id=assessment.vendor_id, request__in=REQUESTS)
    context = page_context(request.member, assessment, "nominations", listing=listing, page=page)
    context |= {
        "lists": lists_of(page.rows),
        "turns": TURNS,
        "counts": _counts(request, assessment),
        "open_changes": unsettled(own),
    }
    return render(request, "assessments/nominations.html", context)


@require_GET
@member_of_org(Role.READER)
def nomination_list(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """One subject's list with the possible actions."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject)
    return _page(request, subject)


@require_POST
@member_of_org(Role.EDITOR)
def save(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Change relationships, and remove the nominees and the people from outside that were marked."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    found, removed = _list_or_404(subject), request.POST.getlist("remove")
    wanted = [
        Wanted(one.key, one.name, request.POST.get(f"as-{one.key}", one.relationship))
        for one in found.nominees
        if one.key not in removed
    ]
    marked = request.POST.getlist("remove-outside")
    without = [one.email for one in found.outside if one.email in marked]
    try:
        set_nominations(subject, wanted, by=request.member, without=without, intent=intent_of(request.POST))
    except ActionRefused as refusal:
        return _page(request, subject, problem=str(refusal), status=422)
    messages.success(request, _("Changing the list…"))
    return redirect("assessments:nomination-list", org.slug, pk, subject_pk)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Put people of the directory on a list, by tick or by address."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    found, problem = _list_or_404(subject), why_unchangeable(subject)
    form = PeoplePickerForm(request.POST, org=org)
    there = [one.key for one in found.nominees]
    if form.is_valid() and not form.unknown:
        relationship = request.POST.get("relationship", "")
        more = [Wanted(one.vendor_id, str(one), relationship) for one in form.cleaned_data["people"]]
        kept = [Wanted(one.key, one.name, one.relationship) for one in found.nominees]
        new = [one for one in more if one.key not in there]
        try:
            if not new:
                raise ActionRefused(_("Choose at least one person who is not on the list."))
            set_nominations(subject, [*kept, *new], by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("Changing the list…"))
            return redirect("assessments:nomination-list", org.slug, pk, subject_pk)
    offered = people(org).exclude(vendor_id__in=[*there, subject.vendor_id])
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "relationships": choices_of(subject),
        "relationship": request.POST.get("relationship") or PEER,
        "problem": problem,
        "possible": not why_unchangeable(subject),
        "asked_at_once": found.state == APPROVED,
        **people_picker(request, form, offered, ticked=request.POST.getlist("person")),
    }
    return render(request, "assessments/nominations_add.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@member_of_org(Role.EDITOR)
def decide(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Submit, approve, send back or reopen a list."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    _list_or_404(subject)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, subject, form=form, status=422)
    try:
        decide_nominations(subject, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
    except ActionRefused as refusal:
        return _page(request, subject, form=form, decision_problem=str(refusal), status=422)
    messages.success(request, _("Changing the state of the list…"))
    return redirect("assessments:nomination-list", org.slug, pk, subject_pk)


def _page(request: MemberRequest, subject: Subject, *, status: int = 200, **more: Any) -> HttpResponse:
    found = _list_or_404(subject)
    own = changes(request.member).filter(
        assessment_id=subject.assessment.vendor_id, request__in=REQUESTS, target__endswith=f":{subject.vendor_id}"
    )
    closed = why_unchangeable(subject)
    acts = request.member.may(Role.EDITOR) and not closed
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "list": found,
        "acts": acts,
        "closed": closed if request.member.may(Role.EDITOR) else "",
        "decisions": decisions_of(found) if acts else [],
        "relationships": choices_of(subject),
        "form": DecisionForm(),
        "open_changes": unsettled(own),
        **more,
    }
    return render(request, "assessments/nomination_list.html", context, status=status)


def _list_or_404(subject: Subject) -> NominationList:
    found = list_of(subject)
    if found is None:
        raise Http404
    return found


def _counts(request: MemberRequest, assessment: Assessment) -> dict[str, Any]:
    """Numbers of lists by who acts next, and whether these people can be reminded here."""
    counted = turns_counted(nominating(request.member, assessment))
    choosing = {who: sum(counted.get((state, who), 0) for state in (OPEN, SENT_BACK)) for who in TURNS}
    approving = {who: counted.get((SUBMITTED, who), 0) for who in TURNS}
    acts = request.member.may(Role.EDITOR) and assessment.status == Assessment.Status.ACTIVE
    reminds = acts and knows_brand(assessment.org) and not is_assessed_in(request.member, assessment)
    return {
        "total": sum(counted.values()),
        "approved": sum(n for (state, _turn), n in counted.items() if state == "Approved"),
        "choosing": choosing,
        "approving": approving,
        "remind_choosing": reminds and bool(choosing["Subject"] or choosing["Manager"]),
        "remind_approving": reminds and bool(approving["Manager"]),
    }
