"""Calls of our own about what reports show of groups."""

from datetime import timedelta

from django.utils import timezone

from qxportal.engine.models import Assessment, Brand
from qxportal.threesixty.calls.comparisons import SetComparison
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


def set_comparison(at: Place) -> None:
    before = at.engine.assessment("The round before", survey=at.review.survey)
    earlier = Assessment.objects.filter(pk=before.pk)
    at.engine.run(earlier.update, activated_at=timezone.now() - timedelta(days=365))
    at.carry_out(SetComparison(assessment_id=at.review.public_id, earlier_id=before.public_id))
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert found.comparison is not None
    told, *others = found.comparison.same
    assert (found.comparison.earlier_name, found.comparison.new, found.comparison.gone) == ("The round before", (), ())
    assert (told.earlier_id, told.by, told.same_scale, told.compared) == (told.question_id, "Question", True, True)
    assert others
    apart = (told.question_id,)
    at.carry_out(SetComparison(assessment_id=at.review.public_id, earlier_id=before.public_id, not_compared=apart))
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert found.comparison is not None
    assert not found.comparison.same[0].compared
    at.carry_out(SetComparison(assessment_id=at.review.public_id))
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert found.comparison is None


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxGetThresholds": get_thresholds,
    "qxSetComparison": set_comparison,
    "qxSetReportGroups": set_report_groups,
}
