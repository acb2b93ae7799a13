"""Storable text."""

import re

NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    """Whether PostgreSQL can store the text: neither NUL nor half a surrogate pair."""
    return NOT_STORABLE.search(text) is None
