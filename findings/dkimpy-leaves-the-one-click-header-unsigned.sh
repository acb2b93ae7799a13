#!/bin/sh
# Guess: a signer whose default list of headers has List-Unsubscribe signs the header that makes it one click as well.
# RFC 8058, section 4 asks that both are in the "h=" of a valid signature.
# Seen with dkimpy 1.1.8: the list is that of RFC 6376 (2011), without List-Unsubscribe-Post (2017). The signature is
# valid and every test of it passes, but a receiver that keeps to RFC 8058 offers no button.
# `include_headers` with both, or Signer.should_sign with one more, signs it.
# Output seen:
#   valid: True, list-unsubscribe: True, list-unsubscribe-post: False
#   with should_sign: valid: True, list-unsubscribe: True, list-unsubscribe-post: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check dkimpy==1.1.8 cryptography==50.0.2
said=$("$folder/venv/bin/python" -c '
import base64, re

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

key = generate_private_key(65537, 2048)
private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
mail = b"\r\n".join((
    b"From: feedback@portal.example",
    b"To: ann@firm.example",
    b"Subject: Your feedback is asked for",
    b"List-Unsubscribe: <https://portal.example/stop/1>",
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    b"",
    b"Hello",
    b"",
))

def outcome(more=()):
    signer = dkim.DKIM(mail)
    signer.should_sign |= set(more)
    line = signer.sign(b"s", b"portal.example", private)
    valid = dkim.verify(line + mail, dnsfunc=lambda *_, **__: b"v=DKIM1; p=" + base64.b64encode(public))
    signed = re.search(rb"h=([^;]+);", line)[1].replace(b" ", b"").replace(b"\r\n", b"").split(b":")
    names = (b"list-unsubscribe", b"list-unsubscribe-post")
    return f"valid: {valid}, " + ", ".join(f"{name.decode()}: {name in signed}" for name in names)

print(outcome())
print("with should_sign:", outcome([b"list-unsubscribe-post"]))
')
printf '%s\n' "$said"
[ "$said" = "valid: True, list-unsubscribe: True, list-unsubscribe-post: False
with should_sign: valid: True, list-unsubscribe: True, list-unsubscribe-post: True" ] || { echo "This has changed."; exit 1; }
