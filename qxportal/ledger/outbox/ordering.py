"""The order in which an organisation's open changes are processed, and which of them wait for others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from qxportal.accounts.models import WORKING, Organisation
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.resource_paths import Blocked

BATCH = 100


def sendable(now: datetime) -> QuerySet[Change]:
    """Changes that may move now; those of a paused bulk change only if they were sent already."""
    due = Change.objects.filter(state__in=Change.MOVING, not_before__lte=now)
    return due.exclude(state=Change.State.PENDING, job__state=Job.State.PAUSED)


def next_organisation(passed: set[int]) -> int | None:
    """The primary key of the organisation whose changes were sent longest ago, except those in `passed`."""
    orgs = Organisation.objects.filter(
        Exists(sendable(timezone.now()).filter(org=OuterRef("pk"))),
        **WORKING,
        credential__sealed_token__isnull=False,
        credential__refused_at=None,
    )
    org = orgs.exclude(pk__in=passed).order_by(F("changes_sent_at").asc(nulls_first=True), "pk").first()
    if org is None:
        return None
    Organisation.objects.filter(pk=org.pk).update(changes_sent_at=timezone.now())
    return org.pk


def in_order(org: Organisation) -> Iterator[Change]:
    """The changes to process now, oldest first; ends when the organisation is paused or archived.

    A change waits for its predecessor, and for every earlier change with an overlapping path (see `resource_paths.py`)
    until that one has ended, even while it awaits a person's decision. While the vendor asks us to wait, all changes
    of that assessment keep their places.
    """
    queue = Queue()
    last = 0
    while True:
        batch = list(
            Change.objects.filter(org=org, number__gt=last, state__in=Change.OPEN)
            .select_related("depends_on", "job")
            .order_by("number")[:BATCH]
        )
        if not batch:
            return
        for change in batch:
            last = change.number
            if queue.is_next(change):
                if not Organisation.objects.filter(pk=org.pk, **WORKING).exists():
                    return
                yield change
            queue.skip(change)


@dataclass
class Queue:
    """Changes already skipped in this pass and still open."""

    passed: set[UUID] = field(default_factory=set)
    waiting: Blocked = field(default_factory=Blocked)
    assessments: set[str] = field(default_factory=set)  # assessments without sending for now

    def is_next(self, change: Change) -> bool:
        """Whether the change can be processed now."""
        if self._waits_for_its_predecessor(change):
            return False
        match change.state:
            case Change.State.SENDING:
                return True
            case Change.State.UNKNOWN:
                return change.not_before <= timezone.now()
            case Change.State.PENDING:
                return (
                    change.not_before <= timezone.now()
                    and change.assessment_id not in self.assessments
                    and not self.waiting.overlaps(change.writes, change.reads)
                    and not _is_paused(change)
                )
        return False

    def skip(self, change: Change) -> None:
        """Skip the change, recording its present state."""
        if not change.open:
            return
        self.passed.add(change.pk)
        self.waiting.add(change.writes, change.reads)
        if change.state == Change.State.PENDING and change.attempts and change.not_before > timezone.now():
            self.assessments |= {change.assessment_id} - {""}

    def _waits_for_its_predecessor(self, change: Change) -> bool:
        if change.depends_on is None or change.depends_on.state == Change.State.DONE:
            return False
        if change.depends_on.pk in self.passed:
            return True
        change.depends_on.refresh_from_db()  # it may have ended and received the vendor's id since the batch was read
        return change.depends_on.state != Change.State.DONE


def _is_paused(change: Change) -> bool:
    """Whether the bulk change is paused; queried again, as it may have been paused since the batch was read."""
    if change.job is None:
        return False
    paused = Job.State.PAUSED
    return change.job.state == paused or Job.objects.filter(pk=change.job.pk, state=paused).exists()


def earlier_ones(change: Change, *, most: int = 5) -> list[Change]:
    """Open changes that this one waits for."""
    if change.state != Change.State.PENDING:
        return []
    found = [change.depends_on] if change.depends_on is not None and change.depends_on.open else []
    others = Change.objects.filter(org_id=change.org_id, number__lt=change.number, state__in=Change.OPEN)
    for other in others.exclude(pk__in=[one.pk for one in found]).order_by("number").iterator(BATCH):
        met = Blocked()
        met.add(other.writes, other.reads)
        if met.overlaps(change.writes, change.reads):
            found.append(other)
        if len(found) == most:
            break
    return found
