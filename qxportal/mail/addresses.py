"""Addresses as mail servers write them: domains by IDNA 2008, before anything else encodes them otherwise."""

import idna


class AddressError(ValueError):
    """An address that no mail can go to."""


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
