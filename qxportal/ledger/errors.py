"""Errors for what the portal refuses to record or start."""


class ActionRefused(Exception):
    """The portal refuses to record this; the text gives the reason for the user."""
