"""Sealing of second factors: reading the database is not enough to make a one-time code.

allauth asks its adapter to encrypt and decrypt each secret, and passes only the text. So sealed secrets are
bound to their purpose and to a name of their own, not to their row.
"""

import base64
import secrets
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import transaction

from qxportal.security.envelope import key_of, rewrap, seal, unseal
from qxportal.security.key_ring import keys, newest_key

SEALED = "sealed:"  # prefix of sealed texts; a text without it is from an earlier release, in the clear
PURPOSE = "second-factor"
NO_ORG = 0  # users belong to no organisation
SECRETS = ("secret", "seed", "migrated_codes")  # secret fields of an authenticator's data


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals secrets with the key ring."""

    def encrypt(self, text: str) -> str:
        """The sealed text."""
        return sealed_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; text in the clear from an earlier release is returned unchanged."""
        return opened_text(encrypted_text)


def sealed_text(text: str) -> str:
    """Seal a secret into text."""
    name = secrets.token_hex(8)
    blob = seal(text.encode(), org_id=NO_ORG, purpose=PURPOSE, record_id=name)
    return f"{SEALED}{name}:{base64.b64encode(blob).decode('ascii')}"


def opened_text(text: str) -> str:
    """The secret in a sealed text; raises SealingError if no key of the ring opens it."""
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
    """The stored secrets of an authenticator."""
    kept = [data[name] for name in SECRETS if data.get(name)]
    return [text for each in kept for text in (each if isinstance(each, list) else [each])]


def key_of_text(text: str) -> str:
    """Id of the key that a secret needs; empty if it is in the clear."""
    return key_of(_parts(text)[1]) if text.startswith(SEALED) else ""


def with_texts(data: dict[str, Any], change: Any) -> dict[str, Any]:
    """The data with each of its secrets transformed."""
    fresh = dict(data)
    for name in SECRETS:
        kept = data.get(name)
        if kept:
            fresh[name] = [change(text) for text in kept] if isinstance(kept, list) else change(kept)
    return fresh


def seal_what_lies_in_clear(authenticators: Any) -> int:
    """Seal secrets that an earlier release stored in the clear, if there is a key; returns the number of rows."""
    if not keys():
        return 0
    moved = 0
    for row in authenticators.objects.exclude(type="webauthn").order_by("pk"):
        if any(not text.startswith(SEALED) for text in texts_of(row.data)):
            moved += move(authenticators, row.pk, rewrapped_text)
    return moved


def move(authenticators: Any, pk: int, change: Any) -> bool:
    """Transform the secrets of one row under its lock, as a recovery code may be used at the same moment."""
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
