"""Addresses in the form of mail servers: domains by IDNA 2008, before other code encodes them differently."""

import idna


class AddressError(ValueError):
    """An address that cannot receive mail."""


def ascii_domain(address: str) -> str:
    """The address with its domain in ASCII; raises AddressError.

    >>> ascii_domain("anna@straße.example")
    'anna@xn--strae-oqa.example'
    """
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain):
        raise AddressError("The address is incomplete.")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        raise AddressError("The address has a domain that does not exist.") from None
