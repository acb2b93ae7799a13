"""What text is."""

import re

NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    """Whether PostgreSQL can keep it: it has neither NUL nor half a surrogate pair."""
    return NOT_STORABLE.search(text) is None
