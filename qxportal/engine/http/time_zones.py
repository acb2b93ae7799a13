"""Time zones by the names of the tz database."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from qxportal.engine.http.errors import Invalid


def zone(name: str, *, parameter: str) -> ZoneInfo:
    """The zone of that name; another name is refused."""
    if name not in _known():
        raise Invalid(parameter, f"{name[:60]!r} is no time zone such as Europe/Berlin.")
    return ZoneInfo(name)


@lru_cache(1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
