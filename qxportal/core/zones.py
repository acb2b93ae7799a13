"""The time zones of the tz database, read once, as they are spread over hundreds of files."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """Names of all time zones, such as Europe/Vienna."""
    return frozenset(available_timezones())
