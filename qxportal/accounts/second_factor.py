"""Second factors are sealed: who reads the database can make no one-time code.

allauth asks its adapter to encrypt and decrypt each secret, and gives no more than the text. So what is sealed here is
bound to its purpose and to a name of its own, not to its row.
"""

import base64
import secrets
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import transaction

from qxportal.security.envelope import key_of, rewrap, seal, unseal
from qxportal.security.key_ring import keys, newest_key

SEALED = "sealed:"  # before the name and the envelope; whatever does not begin so is from before, and lies in clear
PURPOSE = "second-factor"
NO_ORG = 0  # users belong to no organisation
SECRETS = ("secret", "seed", "migrated_codes")  # of an authenticator's data


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals secrets with the key ring."""

    def encrypt(self, text: str) -> str:
        """The sealed text."""
        return sealed_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; what lies in clear from earlier is taken as it is."""
        return opened_text(encrypted_text)


def sealed_text(text: str) -> str:
    """Seal a secret into text."""
    name = secrets.token_hex(8)
    blob = seal(text.encode(), org_id=NO_ORG, purpose=PURPOSE, record_id=name)
    return f"{SEALED}{name}:{base64.b64encode(blob).decode('ascii')}"


def opened_text(text: str) -> str:
    """The secret in a sealed text; raises SealingError where no key of the ring opens it."""
    if not text.startswith(SEALED):
        return text
    name, blob = _parts(text)
    return unseal(blob, org_id=NO_ORG, purpose=PURPOSE, record_id=name).decode()


def rewrapped_text(text: str) -> str:
    """The same secret under the newest key, sealed if it was not."""
    if not text.startswith(SEALED):
        return sealed_text(text)
    name, blob = _parts(text)
    if key_of(blob) == newest_key():
        return text
    fresh = rewrap(blob, org_id=NO_ORG, purpose=PURPOSE, record_id=name)
    return f"{SEALED}{name}:{base64.b64encode(fresh).decode('ascii')}"


def texts_of(data: dict[str, Any]) -> list[str]:
    """The secrets of an authenticator, as they are kept."""
    kept = [data[name] for name in SECRETS if data.get(name)]
    return [text for each in kept for text in (each if isinstance(each, list) else [each])]


def key_of_text(text: str) -> str:
    """The key that a secret needs; empty where it lies in clear."""
    return key_of(_parts(text)[1]) if text.startswith(SEALED) else ""


def with_texts(data: dict[str, Any], change: Any) -> dict[str, Any]:
    """The same data with each of its secrets changed."""
    fresh = dict(data)
    for name in SECRETS:
        kept = data.get(name)
        if kept:
            fresh[name] = [change(text) for text in kept] if isinstance(kept, list) else change(kept)
    return fresh


def seal_what_lies_in_clear(authenticators: Any) -> int:
    """Seal what an earlier release kept in clear, where there is a key to do it with; gives how many rows."""
    if not keys():
        return 0
    moved = 0
    for row in authenticators.objects.exclude(type="webauthn").order_by("pk"):
        if any(not text.startswith(SEALED) for text in texts_of(row.data)):
            moved += move(authenticators, row.pk, rewrapped_text)
    return moved


def move(authenticators: Any, pk: int, change: Any) -> bool:
    """Change the secrets of one row under its lock: a recovery code may be used at the same moment."""
    with transaction.atomic():
        row = authenticators.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return False
        fresh = with_texts(row.data, change)
        if fresh == row.data:
            return False
        return bool(authenticators.objects.filter(pk=pk).update(data=fresh))


def _parts(text: str) -> tuple[str, bytes]:
    name, _colon, blob = text.removeprefix(SEALED).partition(":")
    return name, base64.b64decode(blob)
