"""The sealed stores of accounts: tokens of credentials, and secrets of second factors."""

from collections import Counter
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator

from qxportal.accounts.credentials import PURPOSE
from qxportal.accounts.models import Credential
from qxportal.accounts.second_factor import key_of_text, move, opened_text, rewrapped_text, texts_of
from qxportal.core.failpoints import failpoint
from qxportal.security.envelope import key_of, rewrap, unseal
from qxportal.security.key_ring import newest_key
from qxportal.security.stores import Checked, SealedStore, open_each


def _count_credentials() -> Counter[str]:
    return Counter(key_of(bytes(each.sealed_token or b"")) for each in _credentials())


def _verify_credentials() -> Checked:
    return open_each((each.org.slug, partial(_open, each)) for each in _credentials())


def _rewrap_credentials() -> int:
    newest, moved = newest_key(), 0
    for credential in _credentials():
        blob = bytes(credential.sealed_token or b"")
        if key_of(blob) == newest:
            continue
        fresh = rewrap(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))
        failpoint("rotation.rewrapped")
        moved += Credential.objects.filter(pk=credential.pk, sealed_token=blob).update(sealed_token=fresh)
        failpoint("rotation.moved")
    return moved


def _count_factors() -> Counter[str]:
    """Number of secrets per key; those without a key are in the clear from an earlier release."""
    return Counter(key_of_text(text) for row in _factors() for text in texts_of(row.data))


def _verify_factors() -> Checked:
    return open_each(
        (f"user {row.user_id}", partial(opened_text, text)) for row in _factors() for text in texts_of(row.data)
    )


def _rewrap_factors() -> int:
    return sum(move(Authenticator, row.pk, rewrapped_text) for row in _factors())


def _open(credential: Credential) -> bytes:
    blob = bytes(credential.sealed_token or b"")
    return unseal(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))


def _credentials() -> list[Credential]:
    return list(Credential.objects.exclude(sealed_token=None).select_related("org").order_by("pk"))


def _factors() -> list[Any]:
    return list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"))


CREDENTIALS = SealedStore(
    "credentials", _count_credentials, _verify_credentials, _rewrap_credentials, always_named=True
)
FACTORS = SealedStore("second factors", _count_factors, _verify_factors, _rewrap_factors)
