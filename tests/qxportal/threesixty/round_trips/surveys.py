"""Calls about surveys."""

from qxportal.threesixty.calls.surveys import GetSurveys
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_surveys(at: Place) -> None:
    assert [survey.name for survey in at.call(GetSurveys())] == ["Leadership review form"]


ROUND_TRIPS: dict[str, RoundTrip] = {"getSurveys": get_surveys}
