"""Calendars as files (iCalendar, RFC 5545): times in UTC, which calendar programs show in their own zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar

READ_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Event:
    """A dated event of a calendar."""

    uid: str  # permanent id of the event
    at: datetime
    summary: str
    stamp: datetime  # time of the information (DTSTAMP)
    url: str = ""


def calendar_text(name: str, events: Iterable[Event]) -> str:
    """The text of a calendar file."""
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//QX Portal//Deadlines//EN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", _printable(name))
    calendar.add("REFRESH-INTERVAL", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", icalendar.vDuration(READ_AGAIN))  # Outlook's property for the name
    for event in events:
        calendar.add_component(_component(event))
    return str(calendar.to_ical().decode())


def _component(event: Event) -> icalendar.Event:
    component = icalendar.Event()
    component.add("UID", event.uid)
    component.add("DTSTAMP", event.stamp.astimezone(UTC))
    component.add("DTSTART", event.at.astimezone(UTC))
    component.add("SUMMARY", _printable(event.summary))
    component.add("TRANSP", "TRANSPARENT")
    if event.url:
        component.add("URL", event.url)
    return component


def _printable(text: str) -> str:
    """The text without characters that calendars do not allow."""
    return "".join(character for character in text if character >= " " or character in "\t\r\n")
