"""Unacknowledged changes of questions that the latest syncs of a survey found since a given time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from surveys.models import SurveyContent


def changed_since(content: SurveyContent, since: datetime | None) -> Sequence[dict[str, Any]]:
    """Unacknowledged differences that were found after a given time, newest first."""
    times = [at for at in (since, content.acknowledged_at) if at is not None]
    after = max(times) if times else None
    return [one for one in content.changes if after is None or datetime.fromisoformat(one["at"]) > after]


def acknowledge(content: SurveyContent, *, by: Member, until: datetime) -> None:
    """Acknowledge changes found until a given time, at most until now; later changes stay unacknowledged."""
    content.acknowledged_at = max(filter(None, (content.acknowledged_at, min(until, timezone.now()))))
    content.save(update_fields=["acknowledged_at"])
    note(content.org, by=by, verb="survey.acknowledged", target=content.survey.vendor_id, words=content.survey.name)
