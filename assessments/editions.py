"""Shown and waiting answers of subjects' reports: stored from the server's responses, and read by the pages.

For a server without editions nothing is stored, and the pages leave these parts out.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Assessment, Editions, Subject
from qxportal.core.stored_times import read_time, stored_time
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records.editions import EditionRecord
from qxportal.ui.labels import RELATIONSHIPS

UNSURE = ("unconfirmed", "several")  # states in which no manager is exempt
# One statement for all of an assessment; an unchanged subject is not written, a newer answer stays.
MERGE = """
    INSERT INTO assessments_editions (org_id, assessment_id, subject_id, seen_at, facts)
    SELECT s.org_id, s.assessment_id, s.id, %(as_of)s, told.facts
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS told (subject text, facts jsonb)
    JOIN assessments_subject s ON s.assessment_id = %(assessment)s AND s.vendor_id = told.subject
    ON CONFLICT (subject_id) DO UPDATE SET facts = excluded.facts, seen_at = excluded.seen_at
    WHERE assessments_editions.seen_at <= excluded.seen_at
      AND (%(always)s OR assessments_editions.facts IS DISTINCT FROM excluded.facts)
"""


@dataclass(frozen=True)
class Line:
    """One line of a report: numbers of answers received, shown and waiting."""

    line: str
    label: str
    kind: str
    answered: int
    shown: int
    waiting: int
    hidden: bool
    below: int = 0  # shown by an earlier edition, and too few since more are needed

    @property
    def words(self) -> str:
        """The line's name: the server's label, or the relationship in plain words."""
        return line_words(self.line, self.label)


@dataclass(frozen=True)
class Facts:
    """Stored facts of one subject's editions."""

    edition: int
    made_at: datetime | None
    minimum: int
    pending: bool
    open: int
    in_progress: int
    lines: tuple[Line, ...]
    merged: tuple[str, ...]  # lines that the first edition would put together for good, in words
    withheld: tuple[str, ...]  # lines that it would not show, in words
    manager: str  # directory, confirmed, unconfirmed, several or none
    manager_key: str

    @property
    def waiting(self) -> int:
        """Total number of waiting answers."""
        return sum(line.waiting for line in self.lines)

    @property
    def below(self) -> int:
        """Number of answers shown by an earlier edition that no longer reach the raised minimum."""
        return sum(line.below for line in self.lines)

    @property
    def needs_check(self) -> bool:
        """Whether a member should check before the first edition is made: it would be early, or combine lines."""
        return not self.edition and bool(self.merged or self.open)


def mirror_editions(assessment: Assessment, records: Iterable[EditionRecord], *, as_of: datetime) -> None:
    """Store the accesses that the server told of an assessment's subjects, and delete all others."""
    told = {record.subject_id: _kept(record) for record in records}
    with transaction.atomic():
        _write(assessment, told, as_of, always=False)
        older = Editions.objects.filter(assessment=assessment, seen_at__lte=as_of)
        older.exclude(subject__vendor_id__in=list(told)).delete()
        ResourceSync.objects.update_or_create(
            org=assessment.org,
            resource=f"editions:{assessment.vendor_id}",
            defaults={"seen_at": as_of, "tried_at": timezone.now(), "rows": len(told)},
        )


def mirror_edition(subject: Subject, record: EditionRecord, *, as_of: datetime) -> None:
    """Store one subject's facts; stamped in any case, so that no older response overwrites them."""
    _write(subject.assessment, {record.subject_id: _kept(record)}, as_of, always=True)


def forget_editions(assessment: Assessment) -> None:
    """Delete the facts, as the server does not report editions (any more)."""
    Editions.objects.filter(assessment=assessment).delete()


def facts_of(page: Iterable[Subject]) -> dict[int, Facts]:
    """Facts of each subject's editions; empty if the server reports none."""
    rows = Editions.objects.filter(subject__in=[subject.pk for subject in page]).values_list("subject_id", "facts")
    return {pk: _facts(kept) for pk, kept in rows}


def facts_of_one(subject: Subject) -> Facts | None:
    """Facts of one subject's editions."""
    return facts_of([subject]).get(subject.pk)


def line_words(line: str, label: str = "") -> str:
    """A line's name in plain words."""
    if line in RELATIONSHIPS:
        return str(RELATIONSHIPS[line])
    return label or (_("All others") if line.casefold().replace(" ", "") in ("allothers", "others") else line)


def _write(assessment: Assessment, told: Mapping[str, Any], as_of: datetime, *, always: bool) -> None:
    rows = json.dumps([{"subject": key, "facts": facts} for key, facts in told.items()])
    values: dict[str, Any] = {
        "as_of": as_of,
        "rows": rows.replace("\\u0000", ""),
        "assessment": assessment.pk,
        "always": always,
    }
    with connection.cursor() as cursor:
        cursor.execute(MERGE, values)


def _kept(record: EditionRecord) -> dict[str, Any]:
    return {
        "edition": record.edition,
        "made_at": stored_time(record.made_at),
        "minimum": record.minimum,
        "pending": record.pending,
        "open": record.open,
        "in_progress": record.in_progress,
        "lines": [
            {
                "line": line.line,
                "label": line.label,
                "kind": line.kind,
                "answered": line.answered,
                "shown": line.shown,
                "waiting": line.waiting,
                "below": line.below,
                "hidden": line.hidden,
            }
            for line in record.lines
        ],
        "merged": list(record.merge_for_good),
        "withheld": list(record.withheld),
        "manager": {"state": record.manager_state, "key": record.manager_id},
    }


def _facts(kept: Mapping[str, Any]) -> Facts:
    lines = tuple(Line(**line) for line in kept["lines"])
    labels = {line.line: line.label for line in lines}

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(line_words(name, labels.get(name, "")) for name in names)

    return Facts(
        edition=kept["edition"],
        made_at=read_time(kept["made_at"]),
        minimum=kept["minimum"],
        pending=kept["pending"],
        open=kept["open"],
        in_progress=kept["in_progress"],
        lines=lines,
        merged=named(kept["merged"]),
        withheld=named(kept["withheld"]),
        manager=kept["manager"]["state"],
        manager_key=kept["manager"]["key"],
    )
