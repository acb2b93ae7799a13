#!/bin/sh
# Guess: PT24H and P1D are the same length except where clocks change, as RFC 5545, section 3.3.6 says: hours are exact,
# days are nominal. A window of 24 hours that opens at six in the evening before summer time ends at seven.
# Seen with icalendar 7.3.2 and recurring-ical-events 3.8.2: both become a timedelta of one day, which Python adds to what
# the clock shows. The window of PT24H has 23 hours in March and 25 in October, and one of PT2H that begins at half past one
# in that night has one. Tried apart from this script: ical.js 2.2.1 has 23 hours for both, node-ical 0.26.1 has 24 for both.
# Output seen:
#   March, PT24H: 23 hours (icalendar), 23 hours (recurring-ical-events)
#   March, P1D: 23 hours (icalendar), 23 hours (recurring-ical-events)
#   March, PT2H in the night: 1 hours (icalendar), 1 hours (recurring-ical-events)
#   October, PT24H: 25 hours (icalendar), 25 hours (recurring-ical-events)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
  icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.6
said=$(PYTHONTZPATH="" "$folder/venv/bin/python" -c '
import recurring_ical_events
from icalendar import Calendar

TEXT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Example//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1@portal.example
DTSTAMP:20260101T000000Z
SUMMARY:Answers are taken
DTSTART;TZID=Europe/Berlin:{start}
DURATION:{duration}
END:VEVENT
END:VCALENDAR
"""

def hours(event):
    return f"{(event.end.timestamp() - event.start.timestamp()) / 3600:g} hours"

for name, start, duration in (
    ("March, PT24H", "20260328T180000", "PT24H"),
    ("March, P1D", "20260328T180000", "P1D"),
    ("March, PT2H in the night", "20260329T013000", "PT2H"),
    ("October, PT24H", "20261024T180000", "PT24H"),
):
    calendar = Calendar.from_ical(TEXT.format(start=start, duration=duration).replace("\n", "\r\n"))
    [event], [occurrence] = calendar.events, recurring_ical_events.of(calendar).between(2026, 2027)
    print(f"{name}: {hours(event)} (icalendar), {hours(occurrence)} (recurring-ical-events)")
' 2>&1)
printf '%s\n' "$said"
[ "$said" = "March, PT24H: 23 hours (icalendar), 23 hours (recurring-ical-events)
March, P1D: 23 hours (icalendar), 23 hours (recurring-ical-events)
March, PT2H in the night: 1 hours (icalendar), 1 hours (recurring-ical-events)
October, PT24H: 25 hours (icalendar), 25 hours (recurring-ical-events)" ] || { echo "This has changed."; exit 1; }
