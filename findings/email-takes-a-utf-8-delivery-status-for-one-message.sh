#!/bin/sh
# Guess: Python's email reads message/global-delivery-status (RFC 6533), which servers send about addresses in UTF-8, as it
# reads message/delivery-status: one group of fields about the mail, then one for each recipient.
# Seen with Python 3.11 and 3.13: it is taken for a message. The fields about the mail are its header, the recipients its
# text, so that a walk through the groups finds neither Action nor Status. In Base64, which RFC 6533 allows for it, there is
# no field at all, and get_payload(decode=True) gives None.
# Output seen:
#   message/delivery-status: 2 groups, Action: failed
#   message/global-delivery-status: 1 group, Action: None
#   message/global-delivery-status in Base64: 1 group, Action: None, Reporting-MTA: None, decoded: None
set -eu
said=$(python3 -c '
from base64 import encodebytes
from email import message_from_string
from email.policy import default

STATUS = """\
Reporting-MTA: dns; mx.halden.example

Final-Recipient: {kind}; ben@halden.example
Action: failed
Status: 5.1.1
"""
REPORT = """\
From: MAILER-DAEMON@mx.halden.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type={name}; boundary="b"

--b

The mail was not delivered.

--b
Content-Type: message/{name}
Content-Transfer-Encoding: {encoding}

{status}
--b--
"""

def report(name, kind, encoding="7bit"):
    status = STATUS.format(kind=kind)
    if encoding == "base64":
        status = encodebytes(status.encode()).decode()
    return message_from_string(REPORT.format(name=name, encoding=encoding, status=status), policy=default)

def status_of(message):
    part = list(message.iter_parts())[1]
    return part, part.get_payload()

plain, utf8 = report("delivery-status", "rfc822"), report("global-delivery-status", "utf-8")
encoded = report("global-delivery-status", "utf-8", "base64")
_part, groups = status_of(plain)
print("message/delivery-status:", len(groups), "groups, Action:", groups[-1]["Action"])
_part, groups = status_of(utf8)
print("message/global-delivery-status:", len(groups), "group, Action:", groups[-1]["Action"])
part, groups = status_of(encoded)
group = groups[-1]
print("message/global-delivery-status in Base64:", len(groups), "group, Action:", str(group["Action"]) + ", Reporting-MTA:",
      str(group["Reporting-MTA"]) + ", decoded:", part.get_payload(decode=True))
')
printf '%s\n' "$said"
[ "$said" = "message/delivery-status: 2 groups, Action: failed
message/global-delivery-status: 1 group, Action: None
message/global-delivery-status in Base64: 1 group, Action: None, Reporting-MTA: None, decoded: None" ] || { echo "This has changed."; exit 1; }
