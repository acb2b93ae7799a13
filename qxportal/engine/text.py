"""What text is."""


def storable(text: str) -> bool:
    """Whether PostgreSQL can keep it: it has neither NUL nor half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
