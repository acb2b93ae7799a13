"""Sealing secrets: AES-256-GCM envelopes with a key ring of files.

Each sealing has a data key of its own, wrapped by a key of the ring; the organisation, the purpose and the record are
bound in, so that a sealed text moved to another row does not open. Layout of a blob:

    b"v1" | length of the key's id | the key's id | nonce 12 | wrapped data key 48 | nonce 12 | sealed text
"""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qxportal.security.errors import SealingError
from qxportal.security.key_ring import cipher_of, newest_key

MAGIC = b"v1"
NONCE_BYTES, WRAPPED_BYTES = 12, 48
HEAD_BYTES = 256  # of a sealed text, enough for `key_of`


@dataclass(frozen=True)
class _Envelope:
    key_id: str
    wrap_nonce: bytes
    wrapped: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def read(cls, blob: bytes) -> "_Envelope":
        length = blob[2] if len(blob) > 2 else 0
        at = 3 + length
        if not blob.startswith(MAGIC) or len(blob) < at + 2 * NONCE_BYTES + WRAPPED_BYTES:
            raise SealingError("This is no sealed text.")
        key_id = blob[3:at].decode("ascii", "replace")
        wrap_end = at + NONCE_BYTES + WRAPPED_BYTES
        return cls(
            key_id,
            blob[at : at + NONCE_BYTES],
            blob[at + NONCE_BYTES : wrap_end],
            blob[wrap_end : wrap_end + NONCE_BYTES],
            blob[wrap_end + NONCE_BYTES :],
        )

    def write(self) -> bytes:
        name = self.key_id.encode("ascii")
        return b"".join([MAGIC, bytes([len(name)]), name, self.wrap_nonce, self.wrapped, self.nonce, self.sealed])


def seal(plain: bytes, *, org_id: int, purpose: str, record_id: str) -> bytes:
    """Seal `plain` for one record of one organisation with the newest key."""
    bound = _bound(org_id, purpose, record_id)
    data_key = AESGCM.generate_key(256)
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(data_key).encrypt(nonce, plain, bound)
    return _wrap(data_key, newest_key(), bound, nonce, sealed)


def unseal(blob: bytes, *, org_id: int, purpose: str, record_id: str) -> bytes:
    """Open what was sealed for the same record; raises SealingError for any other, or when a bit differs."""
    bound = _bound(org_id, purpose, record_id)
    envelope = _Envelope.read(bytes(blob))
    try:
        return AESGCM(_unwrap(envelope, bound)).decrypt(envelope.nonce, envelope.sealed, bound)
    except InvalidTag:
        raise SealingError("The sealed text was damaged, or belongs to another record.") from None


def rewrap(blob: bytes, *, org_id: int, purpose: str, record_id: str) -> bytes:
    """The same sealed text under the newest key; the text itself is not opened."""
    bound = _bound(org_id, purpose, record_id)
    envelope = _Envelope.read(bytes(blob))
    try:
        data_key = _unwrap(envelope, bound)
    except InvalidTag:
        raise SealingError("The sealed text was damaged, or belongs to another record.") from None
    return _wrap(data_key, newest_key(), bound, envelope.nonce, envelope.sealed)


def key_of(blob: bytes) -> str:
    """Id of the key needed for a sealed text."""
    return _Envelope.read(bytes(blob)).key_id


def _wrap(data_key: bytes, name: str, bound: bytes, nonce: bytes, sealed: bytes) -> bytes:
    wrap_nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = cipher_of(name).encrypt(wrap_nonce, data_key, bound)
    return _Envelope(name, wrap_nonce, wrapped, nonce, sealed).write()


def _unwrap(envelope: _Envelope, bound: bytes) -> bytes:
    return cipher_of(envelope.key_id).decrypt(envelope.wrap_nonce, envelope.wrapped, bound)


def _bound(org_id: int, purpose: str, record_id: str) -> bytes:
    return f"{org_id}|{purpose}|{record_id}|v1".encode()
