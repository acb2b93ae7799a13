"""Badges for statuses."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Badge:
    """A status on screens: tone (quiet, busy, good, warn, bad), icon, label, and its meaning for the legend."""

    tone: str
    icon: str
    label: Words
    meaning: Words = ""  # one sentence; legends leave out states without one
