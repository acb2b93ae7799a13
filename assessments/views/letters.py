"""Letters with codes: choosing people, with the links that end, and downloading the letters once."""

from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.letter_commands import MOST, download_letters, is_assessed, print_letters, why_no_letters, why_not_you
from assessments.letter_labels import WHYS
from assessments.letters import Candidate, candidates
from assessments.models import Assessment, LetterBatch
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.core.searching import WORDS_MAX, folded, search_words, terms
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of

LONG = 10  # people, from which on a list is searched


class Line(NamedTuple):
    """A person who can receive a letter, why mail fails, and whether the row is selected."""

    candidate: Candidate
    why: str
    ticked: bool


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Choose people for letters, and see which links end."""
    assessment, chosen = find(request.member, pk), _chosen(request)
    if "chosen" in request.GET and not chosen:
        messages.error(request, _("No people are selected. Select at least one person and try again."))
        return redirect("assessments:evaluations", org.slug, pk)
    if request.method != "POST" or "find" in request.POST:
        return _choosing(request, assessment)
    try:
        print_letters(assessment, by=request.member, people=sorted(chosen), intent=intent_of(request.POST))
    except ActionRefused as refusal:
        return _choosing(request, assessment, problem=str(refusal))
    messages.success(request, _("Making the letters…"))
    return redirect("assessments:messages", org.slug, pk)


def _chosen(request: MemberRequest) -> set[str]:
    """People selected on the page, or on the list before it."""
    return set((request.POST if request.method == "POST" else request.GET).getlist("person"))


def _choosing(request: MemberRequest, assessment: Assessment, *, problem: str = "") -> HttpResponse:
    """People who can receive letters; with an earlier selection, only those."""
    impossible = why_not_you(request.member) if is_assessed(request.member) else why_no_letters(assessment)
    only = bool(_chosen(request)) and request.method != "POST"
    lines = [] if impossible else _lines(request, assessment)
    words = search_words(request.POST.get("q", ""))
    matching = {line.candidate.recipient.key for line in lines if _matches(line, words)}
    context = {
        "assessment": assessment,
        "lines": [line for line in lines if line.ticked or (not only and line.candidate.recipient.key in matching)],
        "only": only,
        "long": len(lines) > LONG and not only,
        "words": words,
        "words_max": WORDS_MAX,
        "matches": len(matching) if words else None,
        "without": sum(bool(line.why) for line in lines),
        "most": MOST,
        "impossible": impossible if not problem else "",
        "problem": problem,
    }
    return render(request, "assessments/letters_new.html", context, status=422 if problem else 200)


def _lines(request: MemberRequest, assessment: Assessment) -> list[Line]:
    """Selected people and those whom mail does not reach come first; initially the latter are selected."""
    chosen = _chosen(request)
    ticking = bool(chosen) or request.method == "POST"
    lines = [
        Line(one, str(WHYS.get(one.why, "")), one.recipient.key in chosen if ticking else bool(one.why))
        for one in candidates(request.member, assessment)
    ]
    return sorted(lines, key=lambda line: not (line.ticked or line.why))


def _matches(line: Line, words: str) -> bool:
    one = line.candidate.recipient
    text = folded(f"{one.name} {one.email}")
    return all(word in text for word in terms(words))


@require_POST
@member_of_org(Role.EDITOR)
def download(request: MemberRequest, org: Organisation, pk: int, batch_pk: int) -> HttpResponse:
    """The letters as a PDF, this once."""
    assessment = find(request.member, pk)
    batch = get_object_or_404(
        LetterBatch.objects.select_related("assessment", "org"), org=org, assessment=assessment, pk=batch_pk
    )
    try:
        content = download_letters(batch, by=request.member)
    except ActionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("assessments:messages", org.slug, pk)
    return as_download(content, file_name([_("Letters"), assessment.name], "pdf"))
