"""Errors of sealing."""


class SealingError(Exception):
    """A secret cannot be sealed or opened; the text gives the reason, without secrets."""
