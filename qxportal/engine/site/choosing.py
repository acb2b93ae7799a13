"""Pages for choosing and approving evaluators, reminders, and unsolicited feedback."""

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from qxportal.engine.assessments.relationship_labels import relationship_labels
from qxportal.engine.assessments.relationships import natural_relationship
from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Assessment, Evaluation, Participant, Person
from qxportal.engine.nominations import outside, rules, steps
from qxportal.engine.site import participation
from qxportal.engine.site.context import frame
from qxportal.engine.site.participation import Choice
from qxportal.engine.site.visitors import SiteRequest, known

LONGEST_REASON = 1_000  # characters
MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
@known
def choose(request: SiteRequest, assessment: str, subject: str) -> HttpResponse:
    """A subject's nomination list: choosing, submitting, and the manager's approval."""
    about = participation.subject_of(assessment, subject)
    found = participation.choice(request.person, about) if about else None
    if about is None or found is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            said = _step(request, found)
        except steps.StepRefusedError as refusal:
            problem = str(refusal)
        except Problem:  # such as a person who was asked in another way meanwhile
            problem = _("This has changed in the meantime. Check the list and try again.")
        else:
            path = redirect("site:choose", assessment, subject)
            if said:
                path["Location"] += f"?done={said}"
            return path
        found = participation.choice(request.person, about) or found
    return render(request, "site/choose.html", _page(request, found, problem), status=422 if problem else 200)


@require_POST
@known
def remind(request: SiteRequest, assessment: str) -> HttpResponse:
    """Remind all evaluators of this person who have not finished."""
    about = participation.subject_of(assessment, request.person.public_id)
    if about is None or not about.assessment.options.get("SubjectsRemind"):
        raise Http404
    participation.remind(about)
    return redirect("site:tasks")


@require_http_methods(["GET", "HEAD", "POST"])
@known
def give(request: SiteRequest) -> HttpResponse:
    """Start unsolicited feedback, if the assessment accepts it."""
    possible = participation.unasked(request.person)
    if request.method == "POST":
        about = possible.filter(pk=_number(request.POST.get("subject", ""))).first()
        if about is None:
            raise Http404
        evaluation = _begin(request.person, about)
        return redirect("site:task", evaluation.public_id)
    words = request.GET.get("q", "").strip()[:100]
    for word in words.split()[:5]:
        possible = possible.filter(Q(person__first_name__icontains=word) | Q(person__last_name__icontains=word))
    people = list(possible.order_by("person__last_name", "person__first_name", "pk")[: MOST_FOUND + 1])
    page = {"words": words, "found": people[:MOST_FOUND], "more": len(people) > MOST_FOUND}
    return render(request, "site/give.html", {**frame(request), **page})


def _begin(person: Person, about: Participant) -> Evaluation:
    with transaction.atomic(using="engine"):
        Assessment.objects.select_for_update().get(pk=about.assessment_id)  # wait for concurrent requests
        evaluation, _made = Evaluation.objects.get_or_create(
            subject=about,
            evaluator=person,
            defaults={
                "assessment": about.assessment,
                "relationship": natural_relationship(about.person, person),
                "language": str(person.metadata.get("Language") or about.assessment.survey.language)[:10],
                "unsolicited": True,
            },
        )
    return evaluation


def _step(request: SiteRequest, found: Choice) -> str:
    """Carry out the pressed button; returns the key of the message on the page."""
    subject, step = found.subject, request.POST.get("step", "")
    if step in ("approve", "send-back") and found.may_approve:
        if step == "approve":
            steps.approve(subject)
            return "approved"
        reason = request.POST.get("reason", "")
        if len(reason) > LONGEST_REASON:
            raise steps.StepRefusedError(_("The reason is too long."))
        steps.send_back(subject, reason)
        return "sent-back"
    if not found.may_edit:
        raise steps.StepRefusedError(_("This list cannot be changed now."))
    if step == "submit":
        steps.submit(subject, by=request.person)
        return "submitted"
    if step == "add-outside":
        said = (request.POST.get(name, "") for name in ("first_name", "last_name", "email", "relationship"))
        outside.add(subject, *said, by=request.person)
        return ""
    if step == "remove-outside":
        outside.remove(subject, _number(request.POST.get("number", "")), by=request.person)
        return ""
    people = rules.choosable(subject)
    if step == "remove":  # also people who left meanwhile
        people = Person.objects.filter(nominations__list__subject=subject)
    person = people.filter(public_id=request.POST.get("person", "")).first()
    if person is None:
        raise steps.StepRefusedError(_("This person cannot be chosen."))
    if step == "remove":
        steps.remove(subject, person, by=request.person)
        return ""
    steps.add(subject, person, request.POST.get("relationship", ""), by=request.person)
    return ""


def _page(request: SiteRequest, found: Choice, problem: str) -> dict[str, object]:
    subject, words = found.subject, request.GET.get("q", "").strip()[:100]
    nominees = list(found.listed.nominees.select_related("person")) if found.listed.pk else []
    said = {one.person_id: one.relationship for one in nominees}  # may differ from that of earlier unsolicited feedback
    rows = rules.asked(subject).select_related("evaluator")
    asked = {
        one.evaluator: said.get(one.evaluator_id, one.relationship)
        for one in rows.order_by("evaluator__last_name", "evaluator__first_name", "pk")
    }
    on_list = {*said, *(one.pk for one in asked)}
    results = list(rules.search(subject, words, most=MOST_FOUND + 1)) if words else []
    outsiders, names = list(rules.outside(subject)), steps.relationships(subject.assessment)
    labels = relationship_labels(
        subject.assessment, [*names, *said.values(), *asked.values(), *(one.relationship for one in outsiders)]
    )
    return {
        **frame(request),
        "choice": found,
        "subject": subject.person,
        "assessment": subject.assessment,
        "manager": rules.manager_of(subject),
        "nominees": [
            {"person": one.person, "relationship": labels[one.relationship]}
            for one in nominees
            if one.person not in asked
        ],
        "asked": [{"person": one, "relationship": labels[name]} for one, name in asked.items()],
        "outside": [{"row": one, "relationship": labels[one.relationship]} for one in outsiders],
        "typed": request.POST if problem else {},
        "words": words,
        "found": [one for one in results[:MOST_FOUND] if one.pk not in on_list],
        "already": [one for one in results[:MOST_FOUND] if one.pk in on_list],
        "more": len(results) > MOST_FOUND,
        "missing": max(0, found.rules.minimum - found.chosen),
        "relationships": [(name, labels[name]) for name in names],
        "done": request.GET.get("done", ""),
        "problem": problem,
        "most": LONGEST_REASON,
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
