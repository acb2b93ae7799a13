#!/bin/sh
# Guess: a library that knows REFRESH-INTERVAL, and takes a timedelta for it, writes what RFC 7986 asks for. Its value has
# no default type (section 5.7: "Value Type: DURATION -- no default"), and neither has SOURCE (5.8), so both need VALUE=.
# Seen with icalendar 7.3.2: neither has it. A strict reader of the feed may take both for text and pass over them. The
# older X-PUBLISHED-TTL, which Outlook reads, is written as Python prints the timedelta, which is no duration of a calendar.
# With parameters={"VALUE": "DURATION"} the line is right; for X-PUBLISHED-TTL the caller gives vDuration.
# Output seen:
#   REFRESH-INTERVAL:PT12H
#   SOURCE:https://calendar.example/deadlines.ics
#   X-PUBLISHED-TTL:12:00:00
#   REFRESH-INTERVAL;VALUE=DURATION:PT12H
#   X-PUBLISHED-TTL:PT12H
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check icalendar==7.3.2
said=$("$folder/venv/bin/python" -c '
from datetime import timedelta
from icalendar import Calendar, vDuration

HALF_A_DAY = timedelta(hours=12)

def lines(calendar):
    print(*calendar.to_ical().decode().splitlines()[1:-1], sep="\n")

usual = Calendar()
usual.add("REFRESH-INTERVAL", HALF_A_DAY)
usual.add("SOURCE", "https://calendar.example/deadlines.ics")
usual.add("X-PUBLISHED-TTL", HALF_A_DAY)
lines(usual)

told = Calendar()
told.add("REFRESH-INTERVAL", HALF_A_DAY, parameters={"VALUE": "DURATION"})
told.add("X-PUBLISHED-TTL", vDuration(HALF_A_DAY))
lines(told)
' 2>&1)
printf '%s\n' "$said"
[ "$said" = "REFRESH-INTERVAL:PT12H
SOURCE:https://calendar.example/deadlines.ics
X-PUBLISHED-TTL:12:00:00
REFRESH-INTERVAL;VALUE=DURATION:PT12H
X-PUBLISHED-TTL:PT12H" ] || { echo "This has changed."; exit 1; }
