"""The time zones of the tz database, looked for once: they lie in hundreds of files."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones, such as Europe/Vienna."""
    return frozenset(available_timezones())
