"""Letters with codes for people whom mail does not reach: sealed codes, and printed batches.

The response to qxPrintLetters contains the codes only once. They are sealed here until the letters are downloaded or
`KEEP` has passed, and stored nowhere else.
"""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from assessments.audience import Recipient, open_evaluations, recipients_of, taking_part
from assessments.fence import is_assessed_in
from assessments.mailings import failed_addresses
from assessments.models import Assessment, LetterBatch
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.core.failpoints import failpoint
from qxportal.ledger.models import Change
from qxportal.security.models import Sealed
from qxportal.security.sealed import forget, keep, opened, store_of
from qxportal.threesixty.records.letters import PrintedLetters

PURPOSE = "letters"
LETTERS = store_of(PURPOSE, "printed letters")
KEEP = timedelta(days=3)  # that codes wait for the download, over a weekend


@dataclass(frozen=True)
class Candidate:
    """A person who can receive a letter."""

    recipient: Recipient
    why: str = ""  # no mail reaches the person: "none" (no address), or a code of `mailings.UNREACHABLE`


def candidates(member: Member, assessment: Assessment) -> list[Candidate]:
    """People with open evaluations in an assessment, by name; those without working mail are marked."""
    if is_assessed_in(member, assessment):
        return []
    rows = open_evaluations(member, taking_part(assessment), assessment)
    found = recipients_of(rows, assessment)
    hidden = fence_of(member).assessments
    failed = failed_addresses(assessment.org_id, [one.key for one in found], without=list(hidden))
    return [Candidate(one, failed.get((one.key, one.email), "") if one.email else "none") for one in found]


def batches_of(member: Member, assessment: Assessment) -> list[LetterBatch]:
    """The letters that were printed for people of an assessment, the newest first."""
    rows = LetterBatch.objects.filter(assessment=assessment)
    return [] if is_assessed_in(member, assessment) else list(rows)


def keep_letters(change: Change, letters: PrintedLetters) -> None:
    """Seal the letters that a change brought, before anything else is done with them."""
    content = json.dumps(letters.as_json(), ensure_ascii=False).encode()
    with transaction.atomic():
        forget(change.org_id, PURPOSE, [str(change.pk)])
        keep(change.org_id, PURPOSE, {str(change.pk): content})
    failpoint("letters.sealed")


def are_kept(change: Change) -> bool:
    """Whether the codes that a change brought are here."""
    return Sealed.objects.filter(org_id=change.org_id, purpose=PURPOSE, record=str(change.pk)).exists()


def note_batch(change: Change, as_of: datetime) -> None:
    """Record the batch that a change printed."""
    wanted = change.parameters
    assessment = Assessment.objects.filter(org=change.org, vendor_id=wanted["assessment_id"]).first()
    if assessment is None:
        return
    LetterBatch.objects.get_or_create(
        change_key=change.pk,
        defaults={
            "org": change.org,
            "assessment": assessment,
            "person_keys": list(wanted["person_ids"]),
            "printed_at": as_of,
            "printed_by_name": change.made_by_name,
            "lost": not are_kept(change),
        },
    )


def opened_letters(org_id: int, change_key: uuid.UUID) -> PrintedLetters:
    """Letters with their codes; raises SealingError if they were deleted or cannot be opened."""
    return PrintedLetters.read(json.loads(opened(org_id, PURPOSE, str(change_key))))


def forget_letters(org_id: int, change_keys: Collection[uuid.UUID]) -> None:
    """Delete codes."""
    forget(org_id, PURPOSE, [str(one) for one in change_keys])


def forget_old_letters() -> int:
    """Delete the codes of letters that were not downloaded in time; returns the number of batches."""
    now, forgotten = timezone.now(), 0
    old = LetterBatch.objects.filter(
        lost=False, downloaded_at=None, forgotten_at=None, printed_at__lt=now - KEEP
    ).order_by("pk")
    for pk in old.values_list("pk", flat=True):
        with transaction.atomic():
            batch = old.select_for_update().filter(pk=pk).first()
            if batch is not None:
                forget_letters(batch.org_id, [batch.change_key])
                LetterBatch.objects.filter(pk=pk).update(forgotten_at=now)
                forgotten += 1
    Sealed.objects.filter(purpose=PURPOSE, created_at__lt=now - KEEP).delete()  # of assessments that are gone
    return forgotten
