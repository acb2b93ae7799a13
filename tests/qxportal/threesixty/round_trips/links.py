"""Calls of our own about personal links."""

from qxportal.threesixty.calls.links import EndLinks, GetLink
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_link(at: Place) -> None:
    told = at.call(GetLink(person_id=at.chen.public_id))
    assert (told.person_id, told.ended_at, told.days, told.key) == (at.chen.public_id, None, 60, "")
    assert told.printed_at is None


def end_links(at: Place) -> None:
    at.carry_out(EndLinks(person_id=at.chen.public_id, idempotency_key="links-1"))
    told = at.call(GetLink(person_id=at.chen.public_id))
    assert told.ended_at is not None
    assert at.call(GetLink(person_id=at.dana.public_id)).ended_at is None


ROUND_TRIPS: dict[str, RoundTrip] = {"qxEndLinks": end_links, "qxGetLink": get_link}
