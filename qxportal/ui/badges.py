"""How a status is shown."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Badge:
    """How a status appears: tone (quiet, busy, good, warn, bad), icon and label."""

    tone: str
    icon: str
    label: Words
