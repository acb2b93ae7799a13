"""Time zones by the names of the tz database."""

from zoneinfo import ZoneInfo

from qxportal.core.zones import known_zones
from qxportal.engine.http.errors import Invalid


def zone(name: str, *, parameter: str) -> ZoneInfo:
    """The zone with this name; raises Invalid if unknown."""
    if name not in known_zones():
        raise Invalid(parameter, f"{name[:60]!r} is no time zone such as Europe/Berlin.")
    return ZoneInfo(name)
