"""How changes of an assessment's dates, and of more time for a person, are compared with the mirror."""

from assessments.models import Schedule
from assessments.schedules import set_values
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import MirroredValues


def mirrored_schedule(change: Change) -> MirroredValues | None:
    """The assessment's dates as last reported."""
    row = _schedule(change)
    return MirroredValues(set_values(row.facts), row.seen_at) if row else None


def mirrored_extension(change: Change) -> MirroredValues | None:
    """The end of the person's extension, as last reported."""
    row = _schedule(change)
    if row is None:
        return None
    return MirroredValues({"until": row.facts["extensions"].get(change.parameters["person_id"])}, row.seen_at)


def _schedule(change: Change) -> Schedule | None:
    there = {"org": change.org, "assessment__vendor_id": change.parameters["assessment_id"]}
    return Schedule.objects.filter(**there).first()
