"""A request of ours about how many answers an assessment needs before a report shows something."""

from collections.abc import Callable, Mapping

from qxportal.engine.editions import thresholds
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.models import Assessment, User
from qxportal.engine.people import access


def get_thresholds(user: User, arguments: Arguments) -> object:
    """Tell the minimums of one assessment, or of all that the caller runs."""
    found = access.assessments(user).filter(access.administered(user))
    if arguments.has("ThreeSixtyID"):
        found = found.filter(pk=access.assessment(user, arguments.text("ThreeSixtyID")).pk)
    return {"Thresholds": [_record(one) for one in found.order_by("pk")]}


def _record(assessment: Assessment) -> dict[str, object]:
    needed = thresholds.of(assessment)
    return {
        "ThreeSixtyID": assessment.public_id,
        "MinimumGroup": needed.min_group,
        "MinimumComments": needed.min_comments,
        "MinimumForSpread": needed.spread_min,
        "Fixed": int(assessment.status != Assessment.Status.DRAFT),
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {"qxGetThresholds": get_thresholds}
