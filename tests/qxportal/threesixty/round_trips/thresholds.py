"""A call of our own about how many answers reports need."""

from qxportal.engine.models import Brand
from qxportal.threesixty.calls.thresholds import GetThresholds
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_thresholds(at: Place) -> None:
    brand = Brand.objects.filter(pk=at.review.brand_id)
    at.engine.run(brand.update, min_group=4, min_comments=5, min_spread=6)
    (found,) = at.call(GetThresholds(assessment_id=at.review.public_id))
    assert (found.min_group, found.min_comments, found.min_spread, found.fixed) == (4, 5, 6, True)
    assert found in at.call(GetThresholds())


ROUND_TRIPS: dict[str, RoundTrip] = {"qxGetThresholds": get_thresholds}
