"""The mark by which a delivery report is known to be about one mail: it names the mail and nobody can guess it.

It holds for the address that the mail went to. A report about an earlier attempt at another address changes nothing,
nor does one about a mail of a lost database whose number was given again.
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
    """The mark of a mail: its number and a signature, in letters that no server changes."""
    said = f"delivery report {mail.pk} {mail.public_id} {mail.address}"
    digest = hmac.new(settings.SECRET_KEY.encode(), said.encode(), sha256).digest()
    return f"{int_to_base36(mail.pk)}-{base64.b32encode(digest[:SIGNED_BYTES]).decode().lower()[:LETTERS]}"


def mail_of(mark: str) -> Mail | None:
    """The mail that a mark was made for."""
    try:
        pk = base36_to_int(mark.partition("-")[0])
    except ValueError:
        return None
    mail = Mail.objects.filter(pk=pk).first() if 0 < pk <= LARGEST else None
    return mail if mail and hmac.compare_digest(mark_of(mail).encode(), mark.encode()) else None
