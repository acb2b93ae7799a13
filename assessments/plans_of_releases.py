"""Plans that release many reports on the site, hold releases that have not begun, or withdraw releases."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assessments import subject_selectors
from assessments.brand import brand_of
from assessments.fence import is_own, others
from assessments.gate import mark_of_requirements
from assessments.models import Assessment, Editions, ReleaseSchedule, ReportAccess, Subject
from assessments.plan_places import assessment_place
from assessments.plans_of_statuses import assessment_of
from assessments.plans_of_statuses import mark as mark_of_rows
from assessments.release_lines import (
    HOLD,
    RELEASE,
    WITHDRAW,
    again,
    as_before,
    begun,
    end,
    ending,
    read_known,
    refusal,
    releasing,
)
from assessments.release_steps import AT_ONCE, Steps, rows_of
from assessments.report_access import readers_of
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.core.stored_times import read_time
from qxportal.ledger.models import Action, Plan, PlanLine
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import PlanKind
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.report_access import MOST_ACCESSES, Reader, SetReportAccess, SetReportAccesses
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

OPENING = (Action.ADD, Action.CHANGE)  # lines that give a reader more access than before
READERS = {
    Reader.SUBJECT.value: pgettext_lazy("reader of a report", "Subject"),
    Reader.MANAGER.value: pgettext_lazy("reader of a report", "Manager"),
    Reader.OTHER.value: pgettext_lazy("reader of a report", "Coach or other person"),
}


def plan_release(
    assessment: Assessment,
    subjects: Iterable[Subject],
    steps: Steps,
    *,
    by: Member,
    source: Mapping[str, Any],
    plan_id: uuid.UUID | None = None,
) -> Plan:
    """A plan by which readers can open the reports of these subjects, without the member's own; keeps the steps."""
    chosen = [subject for subject in subjects if not is_own(by, subject)]
    title = ngettext_stored(
        "Release %(n)s report of “%(name)s”", "Release %(n)s reports of “%(name)s”", len(chosen), name=assessment.name
    )
    plan = make_plan(
        assessment.org,
        RELEASES.name,
        rows_of(assessment, chosen, steps),
        by=by,
        title=title,
        source=source,
        options={"do": RELEASE, "steps": steps.kept(), "subjects": [one.vendor_id for one in chosen]},
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
    )
    ReleaseSchedule.objects.update_or_create(
        org=assessment.org,
        assessment=assessment,
        defaults={"steps": steps.kept(), "changed_by": str(by), "changed_at": timezone.now()},
    )
    return plan


def plan_ending(
    assessment: Assessment, do: str, subjects: Iterable[Subject], *, by: Member, plan_id: uuid.UUID | None = None
) -> Plan:
    """A plan that holds releases that have not begun, or withdraws all present and future ones."""
    if do == HOLD:
        title = gettext_stored("Hold the releases of “%(name)s” that have not begun", name=assessment.name)
    else:
        title = gettext_stored("Withdraw the reports of “%(name)s” on the site", name=assessment.name)
    chosen = [subject for subject in subjects if not is_own(by, subject)]
    known = readers_of(chosen)
    rows = [
        SourceRow(values={"subject": subject.vendor_id, "reader": reader.key})
        for subject in chosen
        for reader in known.get(subject.pk, ())
        if not reader.ended and (do == WITHDRAW or not begun(reader))
    ]
    return make_plan(
        assessment.org,
        RELEASES.name,
        rows,
        by=by,
        title=title,
        source={"from": "selection"},
        options={"do": do},
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
    )


def rule_rows(plan: Plan, member: Member) -> list[SourceRow] | None:
    """The rows of a release by today's managers, coaches and days; None for other plans."""
    if plan.options["do"] != RELEASE:
        return None
    assessment = assessment_of(plan)
    wanted = subject_selectors.subjects_of(assessment).filter(vendor_id__in=plan.options["subjects"])
    rows = others(member, wanted).select_related("person").order_by("sort_name", "pk")
    return rows_of(assessment, list(rows), Steps.of(plan.options["steps"]))


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines with the effect of each row: reader, report and period, or the end of access."""
    rows = list(rows)
    zone = ZoneInfo(plan.org.time_zone)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        known = read_known(plan, {row.text("subject") for row in part})
        told = set[str]()
        for row in part:
            if plan.options["do"] != RELEASE:
                yield ending(row, known, zone)
            elif (key := row.text("subject")) not in known.refused:
                yield releasing(row, known, zone)
            elif key not in told:  # once for all readers
                told.add(key)
                yield refusal(key, known)


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Withdraw what was released, restore days, and release again what was held or withdrawn.

    A held release resumes later by the number of days that it was held.
    """
    original, zone = plan.undo_of, ZoneInfo(plan.org.time_zone)
    held = original is not None and original.options["do"] == HOLD and original.applied_at is not None
    days = 0
    if held and original is not None and original.applied_at is not None:
        days = max(0, (timezone.now().astimezone(zone).date() - original.applied_at.astimezone(zone).date()).days)
    known = read_known(plan, {line.data["subject"] for line in done})
    for line in done:
        reader = known.readers.get((line.data["subject"], line.data["reader"]))
        if line.data.get("end"):
            yield again(line, reader, zone, days)
        elif reader is None or reader.ended:
            yield left_alone(line, gettext_stored("Can no longer open it anyway."))
        elif line.action == Action.CHANGE and "from" in line.old:
            yield as_before(line, reader, zone)
        else:
            yield end(line.key, line.label, line.data["subject"], reader, zone)


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One change for many readers of reports, or separate ones if the server does not support that."""
    now = timezone.now().replace(microsecond=0)
    assessment = assessment_of(plan)
    if len(lines) > 1 and may_ask(plan.org, SetReportAccesses):
        for start in range(0, len(lines), MOST_ACCESSES):
            part = lines[start : start + MOST_ACCESSES]
            yield _of_many(plan, assessment, part, now), part
        return
    for line in lines:
        known, ends, key = line.data, bool(line.data.get("end")), uuid.uuid4()
        call = _call(plan, assessment, line, now)
        words = (
            gettext_stored(
                "Withdraw the report of %(subject)s on the site from %(reader)s",
                subject=line.label,
                reader=known["name"],
            )
            if ends
            else gettext_stored(
                "Release the report of %(subject)s on the site to %(reader)s", subject=line.label, reader=known["name"]
            )
        )
        intent = Intent(
            id=key,
            call=marked(call, key),
            target=f"{assessment.vendor_id}:reader:{known['reader']}:{known['subject']}",
            assessment_id=assessment.vendor_id,
            assessment_name=assessment.name,
            title=words,
        )
        yield intent, [line]


def _of_many(plan: Plan, assessment: Assessment, lines: Sequence[PlanLine], now: datetime) -> Intent:
    key = uuid.uuid4()
    call = SetReportAccesses.of([_call(plan, assessment, line, now) for line in lines])
    words = (
        ngettext_stored(
            "Withdraw reports on the site from %(n)s reader",
            "Withdraw reports on the site from %(n)s readers",
            len(lines),
        )
        if all(line.data.get("end") for line in lines)
        else ngettext_stored(
            "Release reports on the site to %(n)s reader", "Release reports on the site to %(n)s readers", len(lines)
        )
    )
    return Intent(
        id=key,
        call=marked(call, key),
        target=f"{assessment.vendor_id}:readers:{plan.pk}:{lines[0].number}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=words,
    )


def _call(plan: Plan, assessment: Assessment, line: PlanLine, now: datetime) -> SetReportAccess:
    known, ends = line.data, bool(line.data.get("end"))
    edition = (known["before"] or {}).get("edition") if ends else known.get("edition")
    until_at = read_time(known["until"])
    return SetReportAccess(
        assessment_id=assessment.vendor_id,
        subject_id=known["subject"],
        person_id=known["reader"],
        viewer=Reader(known["viewer"]),
        from_at=read_time(known["from"]),
        until_at=now if ends else until_at,
        edition=edition or None,
        notify=True if plan.options.get("tell") and plan.options["do"] != HOLD else None,
    )


def opened_by(plan: Plan) -> int:
    """Number of readers to whom the plan gives more access than before."""
    return sum(plan.counts.get(action, 0) for action in OPENING)


def needs_second(plan: Plan) -> bool:
    """Whether another admin than its maker has to apply the plan."""
    return opened_by(plan) > plan.org.release_alone


def check(plan: Plan, by: Member) -> None:
    """Record releases, holds and withdrawals in the log, in the transaction that records the changes."""
    verbs = {RELEASE: "reports.released", HOLD: "reports.held", WITHDRAW: "reports.withdrawn"}
    verb = "reports.release-undone" if plan.undo_of_id else verbs[plan.options["do"]]
    about = sorted({line.about for line in plan.lines.filter(action__in=ACTING)})
    note(plan.org, by=by, verb=verb, target=plan.assessment_id, about=about, words=plan.title, plan=str(plan.pk))


class TellForm(forms.Form):
    """Whether readers are notified by mail."""

    tell = forms.BooleanField(required=False, initial=True)

    def __init__(self, posted: Any, plan: Plan) -> None:
        super().__init__(posted)
        self.fields["tell"].label = (
            gettext("Tell readers by mail as soon as they can open it")
            if plan.options["do"] == RELEASE
            else gettext("Tell readers by mail that a report they could open is no longer available")
        )
        if plan.options["do"] == HOLD:  # access stays as it is
            del self.fields["tell"]


def context(member: Member, plan: Plan) -> dict[str, Any]:
    """Page context for the whole plan."""
    brand = brand_of(plan.org)
    about = {"assessment": assessment_of(plan), "do": plan.options["do"], "resumes": plan.undo_of_id is not None}
    return {**about, "mail_off": brand is not None and brand.off}


def verb(plan: Plan) -> str:
    """The words of the button."""
    if plan.options["do"] == RELEASE:
        return ngettext("Release to %(n)s reader", "Release to %(n)s readers", plan.acting) % {"n": plan.acting}
    if plan.options["do"] == HOLD:
        return ngettext("Hold %(n)s release", "Hold %(n)s releases", plan.acting) % {"n": plan.acting}
    return ngettext("Withdraw from %(n)s reader", "Withdraw from %(n)s readers", plan.acting) % {"n": plan.acting}


def back(plan: Plan) -> str:
    """The page of releases."""
    return reverse("assessments:releases", args=(plan.org.slug, assessment_of(plan).pk))


def mark(plan: Plan) -> str:
    """The newest version of the assessment, of its editions, accesses and requirements."""
    assessment = assessment_of(plan)
    newest = [
        model.objects.filter(assessment=assessment).aggregate(at=Max("seen_at"))["at"]
        for model in (ReportAccess, Editions)
    ]
    times = (str(at.timestamp()) if at else "" for at in newest)
    return "|".join([mark_of_rows(plan), *times, mark_of_requirements(assessment)])


def listings(plan: Plan) -> tuple[str, ...]:
    """The listing that shows access to reports."""
    return (f"report-access:{plan.assessment_id}",)


RELEASES = PlanKind(
    name="releases",
    label=_("Releases of reports"),
    role=Role.ADMIN,
    validate=validate,
    rule_rows=rule_rows,
    intents=intents,
    undo=undo,
    mark=mark,
    listings=listings,
    fields={
        "reader": _("Reader"),
        "viewer": _("As"),
        "from": _("From"),
        "until": _("Until"),
    },
    days=("from", "until"),
    words={"viewer": READERS, "until": {"open": _("withdrawn")}},
    check=check,
    form=TellForm,
    needs_second=needs_second,
    template="assessments/_plan_releases.html",
    context=context,
    verb=verb,
    back=back,
    place=assessment_place,
)
