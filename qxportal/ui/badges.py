"""How a status is shown."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Badge:
    """How a status appears: tone (quiet, busy, good, warn, bad), icon and label, and what a legend says of it."""

    tone: str
    icon: str
    label: Words
    meaning: Words = ""  # one sentence; legends leave out states without one
