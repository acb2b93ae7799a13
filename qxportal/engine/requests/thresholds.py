"""Our own requests about report groups and the minimum numbers of answers."""

from collections.abc import Callable, Mapping

from qxportal.engine.assessments import report_groups
from qxportal.engine.editions import thresholds
from qxportal.engine.http.api_responses import php_map
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.models import Assessment, User
from qxportal.engine.people import access
from qxportal.engine.requests import comparisons


def get_thresholds(user: User, arguments: Arguments) -> object:
    """The minimums of one assessment, or of all that the caller administers."""
    found = access.assessments(user).filter(access.administered(user))
    if arguments.has("ThreeSixtyID"):
        found = found.filter(pk=access.assessment(user, arguments.text("ThreeSixtyID")).pk)
    return {"Thresholds": [_record(user, one) for one in found.order_by("pk")]}


def set_report_groups(user: User, arguments: Arguments) -> object:
    """Set an assessment's report groups."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    report_groups.set_groups(assessment, arguments.structure(report_groups.PARAMETER))
    return {"Success": True}


def _record(user: User, assessment: Assessment) -> dict[str, object]:
    needed = thresholds.of(assessment)
    return {
        "ThreeSixtyID": assessment.public_id,
        "MinimumGroup": needed.min_group,
        "MinimumComments": needed.min_comments,
        "MinimumForSpread": needed.spread_min,
        "Fixed": int(assessment.status != Assessment.Status.DRAFT),
        "Groups": [
            {"Name": one.name, "Translations": php_map(one.translations), "Relationships": list(one.relationships)}
            for one in report_groups.groups_of(assessment)
        ],
        "GroupsFixed": int(report_groups.fixed(assessment)),
        "Comparison": comparisons.record(user, assessment),
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxGetThresholds": get_thresholds,
    "qxSetReportGroups": set_report_groups,
}
