"""Identifiers in the vendor's form: a prefix and 15 letters or digits."""

import secrets
import string

LENGTH = 15
ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """A new random identifier, e.g. `new_id("TS")`."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"
