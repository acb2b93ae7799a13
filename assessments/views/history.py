"""External changes, and the history of one person or assessment."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from assessments import selectors
from assessments.forms import numbers_in
from assessments.history import by_day, entries
from assessments.views.context import find, page_context
from directory.selectors import all_people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, paged, read_filters
from qxportal.ledger.history import external_changes
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Version
from qxportal.ui.labels import FIELDS
from qxportal.ui.terms import term_of

PERIODS = {"7": gettext_lazy("Last 7 days"), "30": gettext_lazy("Last 30 days"), "90": gettext_lazy("Last 90 days")}
KINDS = ("person", "assessment", "subject", "survey", "evaluation")
MOST_AT_ONCE = 500  # alarms acknowledged together


@require_GET
@member_of_org(Role.READER)
def vendor_changes(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Changes at the vendor from outside the portal, newest first."""
    member = request.member
    assessment = _named(selectors.all_assessments(org), request.GET.get("assessment", ""))
    person = _named(all_people(org), request.GET.get("person", ""))
    listing = _read_filters(request, assessment, person)
    rows = _narrowed(external_changes.versions_by_vendor(member, answering=bool(listing["answers"])), listing, member)
    if assessment:
        rows = rows.filter(assessment_id=assessment.pk)
    if person:
        rows = rows.filter(person_key=person.vendor_id)
    page = paged(rows, request.GET, by=("-pk",))
    shown = [row.pk for row in page.rows]
    context = {
        "listing": listing,
        "page": page,
        "days": by_day(entries(org, page.rows, member=member)),
        "new": set(external_changes.unread(member).filter(pk__in=shown).values_list("pk", flat=True)),
        "unread": external_changes.how_many(external_changes.unread(member)),
        "newest": external_changes.versions_by_vendor(member).values_list("pk", flat=True).first(),
        "alarms": external_changes.how_many(external_changes.open_alarms(request.member)),
    }
    return render(request, "assessments/vendor_changes.html", context)


@require_POST
@member_of_org(Role.READER)
def mark_read(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Mark the versions on the member's screen as read."""
    upto = request.POST.get("upto", "")
    if upto.isdecimal() and len(upto) < 19:
        external_changes.mark_read(request.member, upto=int(upto))
        messages.success(request, _("Marked as read."))
    return redirect("assessments:vendor-changes", org.slug)


@require_POST
@member_of_org(Role.EDITOR)
def acknowledge(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Acknowledge one alarm, or all that were on the page."""
    chosen = numbers_in(request.POST, "alarm")
    known = external_changes.acknowledge(
        external_changes.open_alarms(request.member).filter(pk__in=chosen[:MOST_AT_ONCE]), by=request.member
    )
    if known:
        words = ngettext("%(n)s change acknowledged.", "%(n)s changes acknowledged.", known)
        messages.success(request, words % {"n": known})
    else:
        messages.warning(request, _("Already acknowledged."))
    if request.POST.get("back") == "home":
        return redirect("assessments:home", org.slug)
    return redirect("assessments:vendor-changes", org.slug)


@require_GET
@member_of_org(Role.READER)
def of_assessment(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Earlier values of one assessment, and who changed them."""
    assessment = find(request.member, pk)
    rows = external_changes.versions(request.member).filter(kind="assessment", row_id=pk)
    context = page_context(request.member, assessment, "history", row=assessment, **_history(request, org, rows))
    return render(request, "assessments/assessment_history.html", context)


@require_GET
@member_of_org(Role.READER)
def of_person(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Earlier values of one person in the directory, and who changed them."""
    person = get_object_or_404(all_people(org), pk=pk)
    rows = external_changes.versions(request.member).filter(kind="person", row_id=pk)
    context = {"person": person, "row": person, **_history(request, org, rows)}
    return render(request, "assessments/person_history.html", context)


def _history(request: MemberRequest, org: Organisation, rows: QuerySet[Version]) -> dict[str, Any]:
    page = paged(rows.select_related("change"), request.GET, by=("-pk",))
    return {"page": page, "entries": entries(org, page.rows, member=request.member)}


def _named(rows: QuerySet[Any], number: str) -> Any:
    """The row named in the URL, if it exists."""
    return rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 16 else None


def _read_filters(request: MemberRequest, assessment: Any, person: Any) -> ListFilters:
    member, org = request.member, request.member.org
    answers = {"on": _("Shown")} if external_changes.sees_answering(member) else {}
    kinds = [kind for kind in KINDS if kind != "evaluation" or answers]
    return read_filters(
        request.GET,
        kind=(_("Kind"), {kind: _kind(org, kind) for kind in kinds}),
        field=(_("Field"), _fields(request.GET.get("kind", ""), kinds, answering=bool(answers))),
        period=(_("Period"), {"visit": _("Since your last visit"), **PERIODS}),
        alarm=(_("Attention"), {"open": _("Not acknowledged"), "any": _("Acknowledged or not")}),
        answers=(_("Answers"), answers, _("Not shown")),
        assessment=(term_of(org, "Assessment"), {str(assessment.pk): str(assessment)} if assessment else {}),
        person=(_("Person"), {str(person.pk): str(person)} if person else {}),
    )


def _kind(org: Organisation, kind: str) -> str:
    return _("Person") if kind == "person" else _("Survey") if kind == "survey" else term_of(org, kind.capitalize())


def _fields(kind: str, kinds: list[str], *, answering: bool) -> dict[str, str]:
    """The fields that one may ask for: those of the chosen kind, or of all."""
    fields: dict[str, str] = {}
    for each in [kind] if kind in kinds else kinds:
        hidden = () if answering else mirrored_models()[each].answering
        fields |= {name: str(label) for name, label in FIELDS[each].items() if name not in {*hidden, *fields}}
    return dict(sorted(fields.items(), key=lambda item: item[1]))


def _narrowed(rows: QuerySet[Version], listing: ListFilters, member: Member) -> QuerySet[Version]:
    if listing["kind"]:
        rows = rows.filter(kind=listing["kind"])
    if listing["field"]:
        rows = rows.filter(after__has_key=listing["field"])
    if listing["period"] == "visit":
        rows = rows.filter(external_changes.since_last_visit(member))
    elif listing["period"]:
        rows = rows.filter(valid_to__gte=timezone.now() - timedelta(days=int(listing["period"])))
    if listing["alarm"]:
        rows = rows.exclude(alarm="")
        rows = rows.filter(acknowledged_at=None) if listing["alarm"] == "open" else rows
    return rows
