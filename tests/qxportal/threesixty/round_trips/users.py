"""Calls about users and divisions."""

from tests.qxportal.threesixty.round_trips.place import RoundTrip

ROUND_TRIPS: dict[str, RoundTrip] = {}
