"""The messages of an assessment: its mailings, the log of its mails, and planning and stopping a mailing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.audience import Audience, audience_of, late_additions
from assessments.brand import brand_of, server_mails
from assessments.fence import is_assessed_in, whose_turn
from assessments.job_kinds import SYNC_MAILS
from assessments.letter_commands import may_print
from assessments.letters import batches_of
from assessments.list_rows import MAILS, OF_MAILS, mail_lines
from assessments.mail_labels import KINDS as KIND_WORDS
from assessments.mail_labels import why_words
from assessments.mail_preview import preview
from assessments.mailing_commands import (
    cancel_mailing,
    create_mailing,
    kinds_of,
    may_export,
    refresh_mails,
    why_no_mailing,
)
from assessments.mailing_forms import MailingForm
from assessments.mailings import INVITE, REMINDER, UNREACHABLE, MailingFacts, mailings_of, mails_of, read_at
from assessments.message_texts import MOST_GROUPS, groups_left, kind_of, shared_by, shown_name, texts_of
from assessments.models import Assessment, Mail, MessageText
from assessments.views.context import find, page_context
from assessments.views.home import refreshing
from directory.models import Person
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import csv_file
from qxportal.core.filenames import file_name
from qxportal.core.listing import paged, read_filters, read_sorting
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.selectors import changes, refresh_of, unsettled
from qxportal.ui.dates import short_date
from qxportal.ui.labels import STATES

REQUESTS = ("qxCreateMailing", "qxCancelMailing", "qxPrintLetters", "createLibraryMessage", "setLibraryMessage")
FIRST = 10  # limit of recipients to name
MAIL_LIST = ListKind(
    "mails",
    gettext_lazy("Mails"),
    {"kind": gettext_lazy("Kind"), "state": gettext_lazy("State"), "time": gettext_lazy("Time")},
)
STALE, STALE_MOVING = timedelta(minutes=2), timedelta(seconds=10)  # the second while mails are leaving


class MailLine(NamedTuple):
    """One mail of the log, with its problem in words."""

    mail: Mail
    kind: str
    why: str
    person_pk: int | None
    address_failed: bool
    again: str  # the kind of mail that can be sent to the person again; none: empty


class SeenAt(NamedTuple):
    """When the mailings were read, for the line about the page's age."""

    seen_at: Any


@require_GET
@member_of_org(Role.READER)
@listed(MAIL_LIST)
def mailings(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The mailings of an assessment, and the results of their mails."""
    assessment = find(request.member, pk)
    planned = mailings_of(request.member, assessment)
    listing = read_filters(
        request.GET,
        state=(_("State"), {name: str(badge.label) for name, badge in STATES["mail"].items()}),
        kind=(_("Kind"), {name: str(words) for name, words in KIND_WORDS.items()}),
        mailing=(_("Mailing"), {one.key: _named(one) for one in planned}),
    )
    rows = matching(mails_of(request.member, assessment), listing.search)
    rows = listing.apply(rows, state="state", kind="kind", mailing="mailing_key")
    sorting = read_sorting(request.GET, "-time", time=("created_at", "pk"))
    listing = replace(listing, file=True, sorting=sorting)
    if wants_file(request.GET):
        lines = mail_lines(rows.order_by(*sorting.by))
        kept = {"target": assessment.vendor_id, "state": request.list_state, "of": OF_MAILS}
        return list_file(request.member, listing, [_("Mails"), assessment.name], MAILS, lines, **kept)
    page = paged(rows, request.GET, by=sorting.by)
    seen_at, hidden = read_at(assessment), is_assessed_in(request.member, assessment)
    job = None if hidden else refresh_of(org, SYNC_MAILS, assessment.vendor_id)
    own = changes(request.member).filter(assessment_id=assessment.vendor_id, request__in=REQUESTS)
    context = page_context(request.member, assessment, "messages", listing=listing, page=page)
    context |= {
        "mailings": [(one, str(KIND_WORDS.get(one.kind, one.kind))) for one in planned],
        "lines": _lines(request, assessment, page.rows),
        "read_at": seen_at,
        "sync": SeenAt(None if hidden else seen_at),
        "job": job,
        "stale": not hidden and not job and _is_stale(seen_at, planned),
        "hidden": hidden,
        "whose_turn": whose_turn(request.member) if hidden else "",
        "offered": server_mails(org),
        "brand": brand_of(org),
        "texts": [
            (text, shown_name(text), str(KIND_WORDS.get(kind_of(text), _("Any kind"))), shared_by(text))
            for text in texts_of(assessment)
        ],
        "groups_left": groups_left(assessment),
        "most_groups": MOST_GROUPS,
        "letters": batches_of(request.member, assessment),
        "prints": may_print(request.member, assessment),
        "open_changes": unsettled(own),
    }
    return render(request, "assessments/mailings.html", context)


@require_POST
@member_of_org(Role.READER)
def refresh(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Ask the server again, as a job."""
    found = find(request.member, pk)
    return refreshing(request, org, lambda: refresh_mails(found, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan a mailing, with its audience and a preview on the page."""
    assessment = find(request.member, pk)
    query = request.POST if request.method == "POST" else request.GET
    kind = query.get("kind", "")
    if kind not in kinds_of(assessment):
        kind = INVITE if assessment.status == Assessment.Status.DRAFT else REMINDER
    only = list(dict.fromkeys(query.getlist("person")))
    if "chosen" in query and not only:  # an empty selection must not become the whole audience
        messages.error(request, _("No people are selected. Select at least one person and try again."))
        return redirect("assessments:evaluations", org.slug, pk)
    late = late_additions(request.member, assessment) if kind == REMINDER else []
    if request.GET.get("late") == "on" and request.method == "GET":
        if not late:  # which must not become everybody
            messages.info(request, _("No one who was added late has anything open."))
            return redirect("assessments:mailing-new", org.slug, pk)
        only = late
    audience = audience_of(request.member, assessment, kind, only=only)
    zone = timezone.get_current_timezone_name()
    posted = request.POST if request.method == "POST" else None
    texts = list(texts_of(assessment, kind))
    form = MailingForm(posted, kind=kind, zone=zone, named=bool(only), texts=texts, text=query.get("text", ""))
    problem = whose_turn(request.member) if is_assessed_in(request.member, assessment) else ""
    if request.method == "POST" and not problem and form.is_valid():
        given = form.cleaned_data
        wanted: dict[str, Any] = {
            "at": given["at"],
            "standing": given.get("standing", False),
            "message_id": given.get("text", ""),
        }
        try:
            create_mailing(
                assessment, by=request.member, kind=kind, only=only, intent=intent_of(request.POST), **wanted
            )
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Planning the mailing…"))
            return redirect("assessments:messages", org.slug, pk)
    context = {
        **_about(request, assessment, kind, audience, only, texts),
        "form": form,
        "problem": problem,
        "zone": zone,
        "late": 0 if only else len(late),
    }
    return render(request, "assessments/mailing_new.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@member_of_org(Role.EDITOR)
def audience_file(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """People with open evaluations as a file for mail sent elsewhere; the log records the export."""
    assessment = find(request.member, pk)
    if not may_export(request.member, assessment):
        raise PermissionDenied
    recipients = audience_of(request.member, assessment, REMINDER).recipients
    note(org, by=request.member, verb="audience.exported", target=assessment.vendor_id)  # no number: subjects read it
    return csv_file(
        file_name([_("Open evaluations"), assessment.name], "csv"),
        [_("ID"), _("Name"), _("E-mail address"), _("Open evaluations")],
        ([one.key, one.name, one.email, one.tasks] for one in recipients),
    )


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def stop(request: MemberRequest, org: Organisation, pk: int, key: str) -> HttpResponse:
    """Stop a mailing, after a page about the effects."""
    assessment = find(request.member, pk)
    mailing = _find(request, assessment, key)
    problem = ""
    if request.method == "POST":
        try:
            cancel_mailing(assessment, mailing, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Stopping the mailing…"))
            return redirect("assessments:messages", org.slug, pk)
    context = {"assessment": assessment, "mailing": mailing, "problem": problem}
    return render(request, "assessments/mailing_stop.html", context, status=422 if problem else 200)


def _is_stale(seen_at: datetime | None, planned: Sequence[MailingFacts]) -> bool:
    """Whether the messages are read again: within seconds while mails are leaving, else after some minutes."""
    now = timezone.now()
    moving = any(one.is_moving(now) for one in planned)
    return seen_at is None or seen_at < now - (STALE_MOVING if moving else STALE)


def _named(mailing: MailingFacts) -> str:
    """A mailing's name in a filter: its kind and its day."""
    words = str(KIND_WORDS.get(mailing.kind, mailing.kind))
    return f"{words}, {short_date(timezone.localtime(mailing.scheduled_at))}" if mailing.scheduled_at else words


def _find(request: MemberRequest, assessment: Assessment, key: str) -> MailingFacts:
    found = next((one for one in mailings_of(request.member, assessment) if one.key == key), None)
    if found is None:
        raise Http404
    return found


def _about(
    request: MemberRequest,
    assessment: Assessment,
    kind: str,
    audience: Audience,
    only: list[str],
    texts: list[MessageText],
) -> dict[str, Any]:
    """The audience of a mailing, a preview for one of its people, and the reason why it cannot be planned."""
    brand = brand_of(assessment.org)
    seen = next((one for one in audience.recipients if one.key == request.GET.get("as")), None)
    seen = seen or next(iter(audience.reached), None)
    shown = request.GET.get("all") == "on"
    chosen = next((text for text in texts if text.vendor_id == request.GET.get("text")), None)
    return {
        "assessment": assessment,
        "kind": kind,
        "kinds": [(name, KIND_WORDS[name]) for name in kinds_of(assessment)],
        "only": only,
        "preview_url": f"?{urlencode([('kind', kind), *(('person', key) for key in only)])}",
        "audience": audience,
        "mails": audience.mails(assessment),
        "first": audience.reached if shown else audience.reached[:FIRST],
        "more": 0 if shown else max(0, len(audience.reached) - FIRST),
        "brand": brand,
        "preview": preview(request.member, assessment, kind, seen, brand, chosen) if seen and brand else None,
        "texts": [(text, shown_name(text)) for text in texts],
        "chosen": chosen,
        "impossible": why_no_mailing(assessment, kind, timezone.now() + timedelta(days=1)),
        "read_at": read_at(assessment),
        "offered": server_mails(assessment.org),
    }


def _lines(request: MemberRequest, assessment: Assessment, page: list[Mail]) -> list[MailLine]:
    keys = [mail.person_key for mail in page]
    people = dict(Person.objects.filter(org=assessment.org, vendor_id__in=keys).values_list("vendor_id", "pk"))
    acts = request.member.may(Role.EDITOR) and not is_assessed_in(request.member, assessment)
    waiting = {one.key for one in audience_of(request.member, assessment, REMINDER, only=keys).reached} if acts else ()
    return [
        MailLine(
            mail,
            str(KIND_WORDS.get(mail.kind, mail.kind)),
            why_words(mail.why),
            people.get(mail.person_key),
            mail.state == "failed" and mail.why in UNREACHABLE,
            INVITE if mail.person_key in waiting and mail.state in ("sent", "failed", "cancelled") else "",
        )
        for mail in page
    ]
