"""Marks that identify the mail of a delivery report: the mail's number with a signature.

The signature covers the mail's address. So reports about an earlier attempt at another address change nothing, nor do
reports about a mail of a lost database whose number was reused.
"""

import base64
import hmac
from hashlib import sha256

from django.conf import settings
from django.utils.http import base36_to_int, int_to_base36

from qxportal.engine.models import Mail

SIGNED_BYTES = 12  # 96 bits
LETTERS = 20
LARGEST = 2**63 - 1


def mark_of(mail: Mail) -> str:
    """The mark of a mail: number and signature, in lower-case letters and digits that no mail server changes."""
    said = f"delivery report {mail.pk} {mail.public_id} {mail.address}"
    digest = hmac.new(settings.SECRET_KEY.encode(), said.encode(), sha256).digest()
    return f"{int_to_base36(mail.pk)}-{base64.b32encode(digest[:SIGNED_BYTES]).decode().lower()[:LETTERS]}"


def mail_of(mark: str) -> Mail | None:
    """The mail of a mark; None if the mark is invalid or the mail unknown."""
    try:
        pk = base36_to_int(mark.partition("-")[0])
    except ValueError:
        return None
    mail = Mail.objects.filter(pk=pk).first() if 0 < pk <= LARGEST else None
    return mail if mail and hmac.compare_digest(mark_of(mail).encode(), mark.encode()) else None
