"""Lines of plans that release reports on the site, hold releases, or withdraw them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from assessments.editions import Facts, facts_of
from assessments.gate import lacking_of, requirements_of
from assessments.models import Subject
from assessments.report_access import SiteReader, readers_of
from qxportal.core.stored_times import read_time, stored_time
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored

RELEASE, HOLD, WITHDRAW = "release", "hold", "withdraw"


def begun(reader: SiteReader) -> bool:
    """Whether the first moment has passed, even if a manager still has to approve the report."""
    return reader.from_at is None or reader.from_at <= timezone.now()


@dataclass(frozen=True)
class Known:
    """Records needed to validate some subjects."""

    subjects: Mapping[str, Subject]
    readers: Mapping[tuple[str, str], SiteReader]  # by subject and person
    refused: Mapping[str, Message]  # why a subject's report cannot be released
    warned: Mapping[str, Message]


def read_known(plan: Plan, keys: Collection[str]) -> Known:
    """Mirrored records of these subjects, in a few queries."""
    found = Subject.objects.filter(org=plan.org, assessment__vendor_id=plan.assessment_id, vendor_id__in=list(keys))
    subjects = {one.vendor_id: one for one in found.select_related("assessment")}
    readers = readers_of(subjects.values())
    by_pk = {one.pk: one.vendor_id for one in subjects.values()}
    pairs = {(by_pk[pk], reader.key): reader for pk, each in readers.items() for reader in each}
    refused, warned = _readiness(plan, list(subjects.values())) if plan.options["do"] == RELEASE else ({}, {})
    refused |= {key: _gone() for key in keys if key not in subjects}
    return Known(subjects, pairs, refused, warned)


def _readiness(plan: Plan, subjects: Sequence[Subject]) -> tuple[dict[str, Message], dict[str, Message]]:
    """Reasons why reports cannot be released, and remarks on those that can; by subject."""
    required = lacking_of(subjects, requirements_of(subjects[0].assessment), names=False) if subjects else {}
    facts = facts_of(subjects)
    steps = plan.options.get("steps") or {}
    refused, warned = dict[str, Message](), dict[str, Message]()
    for one in subjects:
        known = facts.get(one.pk)
        lacking = required.get(one.pk, "")
        if one.gone_at is not None:
            refused[one.vendor_id] = _gone()
        elif one.status != Subject.Status.DONE and not (known and known.edition):
            refused[one.vendor_id] = gettext_stored("Not done.")
        elif lacking:
            refused[one.vendor_id] = join_stored(" ", [gettext_stored("Requirements not met."), lacking])
        elif known and known.needs_check and not steps.get("unchecked"):
            words = gettext_stored("Look at the first edition on the subject’s page, or choose to include it.")
            refused[one.vendor_id] = join_stored(" ", [words, *_first_edition(known)])
        elif known and (told := _first_edition(known)):
            warned[one.vendor_id] = join_stored(" ", told)
    return refused, warned


def _first_edition(facts: Facts) -> list[Message]:
    """Permanent effects of the first edition; empty if one was given."""
    if facts.edition:
        return []
    found: list[Message] = []
    if facts.merged:
        found.append(gettext_stored("Permanently combined: %(lines)s.", lines=", ".join(facts.merged)))
    if facts.open:
        found.append(
            ngettext_stored(
                "%(n)s evaluation is still open: its answers wait for a later edition.",
                "%(n)s evaluations are still open: their answers wait for a later edition.",
                facts.open,
            )
        )
    return found


def refusal(key: str, known: Known) -> Line:
    """The reason why a subject's report is released to no reader."""
    return Line(Action.REFUSE, key, str(known.subjects.get(key, key)), reason=known.refused[key], about=key)


def releasing(row: SourceRow, known: Known, zone: ZoneInfo) -> Line:
    """Effect of a release row on one reader of one report."""
    key, person = row.text("subject"), row.text("reader")
    label = str(known.subjects.get(key, key))
    viewer = row.text("viewer")
    line_key = f"{key}:{person or viewer}"
    if row.problem:
        return Line(Action.REFUSE, line_key, label, reason=row.problem, new={"viewer": viewer}, about=key)
    from_at = datetime.fromisoformat(row.text("from"))
    until_at = read_time(row.text("until"))
    reader = known.readers.get((key, person))
    old: dict[str, str] = {}
    if reader is not None and not reader.ended:
        if why := _needless(reader, from_at, until_at):
            return Line(Action.SKIP, line_key, label, reason=why, new=_who(row.text("name"), viewer), about=key)
        if begun(reader):
            from_at = reader.from_at or from_at
        old = _days(reader.from_at, reader.until_at, zone)
    if until_at is not None and until_at <= timezone.now():
        reason = gettext_stored("The last day has passed.")
        return Line(Action.REFUSE, line_key, label, reason=reason, new=_who(row.text("name"), viewer), about=key)
    new = {**_who(row.text("name"), viewer), **_days(from_at, until_at, zone)}
    return Line(
        Action.CHANGE if old else Action.ADD,
        line_key,
        label,
        reason=known.warned.get(key, ""),
        old={**_who(row.text("name"), viewer), **old} if old else {},
        new=new,
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("What was opened or downloaded by then cannot be taken back."),
        data=_data(key, person, viewer, row.text("name"), from_at, until_at, before=reader),
        about=key,
    )


def _needless(reader: SiteReader, from_at: datetime, until_at: datetime | None) -> Message:
    """The reason why an access stays unchanged: a release never shortens one, and never changes a chosen edition."""
    if reader.edition:
        return gettext_stored("Already released with edition %(n)s. Change it on the subject’s page.", n=reader.edition)
    starts = begun(reader) or reader.from_at == from_at
    lasts = reader.until_at is None or (until_at is not None and reader.until_at >= until_at)
    if starts and lasts:
        return gettext_stored("Already released.")
    return ""


def ending(row: SourceRow, known: Known, zone: ZoneInfo) -> Line:
    """Effect of holding or withdrawing on one reader."""
    key, person = row.text("subject"), row.text("reader")
    label, line_key = str(known.subjects.get(key, key)), f"{key}:{person}"
    reader = known.readers.get((key, person))
    if reader is None or reader.ended:
        return Line(Action.SKIP, line_key, label, reason=gettext_stored("Can no longer open it anyway."), about=key)
    return end(line_key, label, key, reader, zone)


def end(line_key: str, label: str, subject: str, reader: SiteReader, zone: ZoneInfo) -> Line:
    """The line by which a reader can no longer open a report."""
    return Line(
        Action.REMOVE,
        line_key,
        label,
        old={**_who(reader.name, reader.viewer), **_days(reader.from_at, reader.until_at, zone)},
        undoable=Undoable.YES,
        data={**_data(subject, reader.key, reader.viewer, reader.name, None, None, before=reader), "end": True},
        about=subject,
    )


def again(line: PlanLine, reader: SiteReader | None, zone: ZoneInfo, days: int) -> Line:
    """Release again what a line ended, later by this number of days."""
    if reader is not None and not reader.ended:
        return left_alone(line, gettext_stored("Already released."))
    before = line.data["before"]
    from_at, until_at = (_moved(before[name], days, zone) for name in ("from", "until"))
    if until_at is not None and until_at <= timezone.now():
        reason = gettext_stored("The last day has passed.")
        return Line(Action.REFUSE, line.key, line.label, reason=reason, about=line.about)
    name, viewer = line.data["name"], line.data["viewer"]
    return Line(
        Action.ADD,
        line.key,
        line.label,
        new={**_who(name, viewer), **_days(from_at, until_at, zone)},
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("What was opened or downloaded by then cannot be taken back."),
        data={
            **_data(line.data["subject"], line.data["reader"], viewer, name, from_at, until_at, before=reader),
            "edition": before["edition"],
        },
        about=line.about,
    )


def as_before(line: PlanLine, reader: SiteReader, zone: ZoneInfo) -> Line:
    """Give a reader the days back that a line changed."""
    before, name, viewer = line.data["before"], line.data["name"], line.data["viewer"]
    from_at, until_at = (_moved(before[each], 0, zone) for each in ("from", "until"))
    if until_at is not None and until_at <= timezone.now():
        return end(line.key, line.label, line.data["subject"], reader, zone)
    return Line(
        Action.CHANGE,
        line.key,
        line.label,
        old={**_who(name, viewer), **_days(reader.from_at, reader.until_at, zone)},
        new={**_who(name, viewer), **_days(from_at, until_at, zone)},
        undoable=Undoable.PARTLY,
        data={
            **_data(line.data["subject"], line.data["reader"], viewer, name, from_at, until_at, before=reader),
            "edition": before["edition"],
        },
        about=line.about,
    )


def _moved(text: str | None, days: int, zone: ZoneInfo) -> datetime | None:
    """A time some days later, at the same hour of the zone."""
    return datetime.fromisoformat(text).astimezone(zone) + timedelta(days=days) if text else None


def _who(name: str, viewer: str) -> dict[str, str]:
    return {"reader": name, "viewer": viewer}


def _days(from_at: datetime | None, until_at: datetime | None, zone: ZoneInfo) -> dict[str, str]:
    """First and last day in the organisation's zone; no last day: until withdrawn."""
    first = {"from": from_at.astimezone(zone).date().isoformat()} if from_at else {}
    last = (until_at - timedelta(seconds=1)).astimezone(zone).date().isoformat() if until_at else "open"
    return {**first, "until": last}


def _data(
    subject: str,
    person: str,
    viewer: str,
    name: str,
    from_at: datetime | None,
    until_at: datetime | None,
    *,
    before: SiteReader | None,
) -> dict[str, object]:
    was = None
    if before is not None:
        was = {
            "from": stored_time(before.from_at),
            "until": stored_time(before.until_at),
            "edition": before.edition,
        }
    return {
        "subject": subject,
        "reader": person,
        "viewer": viewer,
        "name": name,
        "from": stored_time(from_at),
        "until": stored_time(until_at),
        "before": was,
    }


def _gone() -> Message:
    return gettext_stored("No longer a subject of the assessment.")
