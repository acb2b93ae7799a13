"""What the portal refuses to record or start."""


class ActionRefused(Exception):
    """The portal refuses to record this; the text says why, in words for the user."""
