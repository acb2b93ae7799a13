"""Sends calls; the only package that imports `requests`."""

from qxportal.threesixty.client.threesixty import ThreeSixty

__all__ = ["ThreeSixty"]
