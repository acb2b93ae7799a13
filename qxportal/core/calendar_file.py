"""Calendars as files (iCalendar, RFC 5545): moments in UTC, which calendar programs show in their own zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST = 75  # bytes of a line; what is longer goes on in the next one, after a blank


@dataclass(frozen=True)
class Event:
    """A moment of a calendar."""

    uid: str  # stays the same for ever
    at: datetime
    summary: str
    stamp: datetime  # when this was known
    url: str = ""
    description: str = ""


def calendar_text(name: str, events: Iterable[Event]) -> str:
    """The whole file."""
    return "".join(f"{_folded(line)}\r\n" for line in _lines(name, events))


def _lines(name: str, events: Iterable[Event]) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//QX Portal//Deadlines//EN", "CALSCALE:GREGORIAN")
    yield from ("METHOD:PUBLISH", f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H")
    for event in events:
        yield from ("BEGIN:VEVENT", f"UID:{_text(event.uid)}", f"DTSTAMP:{_moment(event.stamp)}")
        yield from (f"DTSTART:{_moment(event.at)}", f"SUMMARY:{_text(event.summary)}", "TRANSP:TRANSPARENT")
        if event.description:
            yield f"DESCRIPTION:{_text(event.description)}"
        if event.url:
            yield f"URL:{event.url}"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """A text value: its own signs escaped, ends of lines as \\n, other controls left out."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in text if character >= " " and character != "\x7f")


def _folded(line: str) -> str:
    """The line in parts that fit, none of which ends within a character."""
    parts, part, size = [], "", 0
    for character in line:
        bytes_of = len(character.encode("utf-8", "replace"))
        if size + bytes_of > LONGEST:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + bytes_of
    return "\r\n".join([*parts, part])
