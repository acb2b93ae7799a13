#!/bin/sh
# Guess: a delivery report by RFC 3464 gives the address that failed as it stands after "rfc822;".
# Seen with flufl.bounce 6.0.0: it reads the field with get_params(), as if it were a list of parameters, so that an address
# ends at its first "=" and loses its capitals. An "=" is as valid as a "+" before the @ (RFC 5322, atext),
# and what forwarding servers (SRS), signed senders (BATV) and many mailing lists (VERP) write has one in each address.
# The type of an address that is not "rfc822" is given as one more address.
# Output seen:
#   ben+team@halden.example -> ben+team@halden.example
#   ben=team@halden.example -> ben
#   SRS0=Ab3=TX=halden.example=ben@forward.example -> srs0
#   prvs=0123456789=ben@halden.example -> prvs
#   utf-8;ben@halden.example -> ben@halden.example utf-8
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check flufl.bounce==6.0.0
said=$("$folder/venv/bin/python" -c '
from email import message_from_string

from flufl.bounce import scan_message

REPORT = """\
From: MAILER-DAEMON@mx.halden.example
To: bounces@halden.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

The mail was not delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.halden.example

Original-Recipient: {typed}
Final-Recipient: rfc822; {plain}
Action: failed
Status: 5.1.1

--b--
"""

def show(address, kind="rfc822"):
    report = message_from_string(REPORT.format(typed=f"{kind};{address}", plain=address))
    found = sorted(one.decode() for one in scan_message(report))
    print(address if kind == "rfc822" else f"{kind};{address}", "->", *found)

show("ben+team@halden.example")
show("ben=team@halden.example")
show("SRS0=Ab3=TX=halden.example=ben@forward.example")
show("prvs=0123456789=ben@halden.example")
show("ben@halden.example", "utf-8")
')
printf '%s\n' "$said"
[ "$said" = "ben+team@halden.example -> ben+team@halden.example
ben=team@halden.example -> ben
SRS0=Ab3=TX=halden.example=ben@forward.example -> srs0
prvs=0123456789=ben@halden.example -> prvs
utf-8;ben@halden.example -> ben@halden.example utf-8" ] || { echo "This has changed."; exit 1; }
