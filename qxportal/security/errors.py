"""What sealing raises."""


class SealingError(Exception):
    """Something cannot be sealed or opened; the text says why, without secrets."""
