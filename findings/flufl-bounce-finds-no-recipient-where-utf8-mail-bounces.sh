#!/bin/sh
# Guess: a parser of delivery reports finds the address that failed, whichever of the two standard forms the report has.
# Seen with flufl.bounce 6.0.0: the form of internationalised mail (message/global-delivery-status, RFC 6533, section 4) has
# no failed address at all, also where the address is plain ASCII, because only message/delivery-status is looked for.
# An address with an equals sign, which RFC 5321 allows and forwarders that rewrite senders make, is cut there, since
# the field is read as if it held parameters. An address that is wrong is worse than none: the caller blocks it.
# Output seen:
#   delivery-status: ann@firm.example
#   global-delivery-status: nothing
#   delivery-status with an equals sign: ann
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check flufl.bounce==6.0.0
said=$("$folder/venv/bin/python" -c '
from email import message_from_string

from flufl.bounce import all_failures

REPORT = """From: MAILER-DAEMON@mx.firm.example
To: bounce@portal.example
Subject: Undelivered mail returned to sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary=part

--part
Content-Type: text/plain

It was not delivered.

--part
Content-Type: message/{kind}

Reporting-MTA: dns; mx.firm.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--part--
"""

def failed(kind, address="ann@firm.example"):
    _temporary, permanent = all_failures(message_from_string(REPORT.format(kind=kind, address=address)))
    return b" ".join(permanent).decode() or "nothing"

print("delivery-status:", failed("delivery-status"))
print("global-delivery-status:", failed("global-delivery-status"))
print("delivery-status with an equals sign:", failed("delivery-status", "ann=firm.example@list.example"))
')
printf '%s\n' "$said"
[ "$said" = "delivery-status: ann@firm.example
global-delivery-status: nothing
delivery-status with an equals sign: ann" ] || { echo "This has changed."; exit 1; }
