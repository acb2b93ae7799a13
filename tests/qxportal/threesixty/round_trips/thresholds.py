"""Calls of our own about what reports show of groups."""

from qxportal.engine.models import Brand
from qxportal.threesixty.calls.thresholds import GetThresholds, SetReportGroups
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_thresholds(at: Place) -> None:
    brand = Brand.objects.filter(pk=at.review.brand_id)
    at.engine.run(brand.update, min_group=4, min_comments=5, min_spread=6)
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert (found.min_group, found.min_comments, found.min_spread, found.fixed) == (4, 5, 6, True)
    assert found in at.call(GetThresholds())


def set_report_groups(at: Place) -> None:
    group = {"Name": "Everybody else", "Relationships": ["Customer", "Peer"], "Translations": {"DE": "Alle anderen"}}
    at.carry_out(SetReportGroups(assessment_id=at.review.public_id, groups=(group,)))
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert ([one.as_json() for one in found.groups], found.groups_fixed) == ([group], False)
    at.call(SetReportGroups(assessment_id=at.review.public_id, groups=()))
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert found.groups == ()


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxGetThresholds": get_thresholds,
    "qxSetReportGroups": set_report_groups,
}
