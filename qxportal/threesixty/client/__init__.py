"""Sends calls; `requests` is imported here alone."""

from qxportal.threesixty.client.threesixty import ThreeSixty

__all__ = ["ThreeSixty"]
