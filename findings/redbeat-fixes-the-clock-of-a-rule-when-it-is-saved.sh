#!/bin/sh
# Guess: a schedule that celery-redbeat writes to Redis and reads back is due at the hours at which the one that was given
# to it is due. A datetime keeps the name of its zone in redbeat's JSON, so a rule that starts at one should too.
# Seen with celery-redbeat 2.4.2 (celery 5.7.0, python-dateutil 2.9.0.post0): of the start of an rrule only the offset is
# written. A weekly reminder at nine in Berlin, which starts in March, comes back at +01:00 for good and is due at ten from
# the end of March to the end of October. The schedule in memory is right, so a test that does not go through Redis is too.
# Output seen:
#   given: 2026-03-23 09:00 Berlin, 2026-03-30 09:00 Berlin
#   saved: 2026-03-23 09:00 Berlin, 2026-03-30 10:00 Berlin
#   a datetime alone keeps its zone: Europe/Berlin
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
  celery-redbeat==2.4.2 celery==5.7.0 python-dateutil==2.9.0.post0 tzdata==2026.6
said=$(PYTHONTZPATH="" "$folder/venv/bin/python" -c '
import json
from datetime import datetime
from zoneinfo import ZoneInfo

from redbeat.decoder import RedBeatJSONDecoder, RedBeatJSONEncoder
from redbeat.schedules import rrule

berlin = ZoneInfo("Europe/Berlin")
start = datetime(2026, 3, 23, 9, tzinfo=berlin)

def saved(value):
    return json.loads(json.dumps({"it": value}, cls=RedBeatJSONEncoder), cls=RedBeatJSONDecoder)["it"]

def due(schedule):
    return ", ".join(f"{each.astimezone(berlin):%Y-%m-%d %H:%M} Berlin" for each in schedule.rrule)

weekly = rrule("WEEKLY", dtstart=start, count=2)
print("given:", due(weekly))
print("saved:", due(saved(weekly)))
print("a datetime alone keeps its zone:", saved(start).tzinfo)
')
printf '%s\n' "$said"
[ "$said" = "given: 2026-03-23 09:00 Berlin, 2026-03-30 09:00 Berlin
saved: 2026-03-23 09:00 Berlin, 2026-03-30 10:00 Berlin
a datetime alone keeps its zone: Europe/Berlin" ] || { echo "This has changed."; exit 1; }
