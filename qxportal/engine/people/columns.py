"""Column titles for the standard fields of a person: names, address and ids."""

import unicodedata

KNOWN = {
    "firstname": "first_name",
    "lastname": "last_name",
    "email": "email",
    "emailaddress": "email",
    "username": "user_name",
    "uniqueidentifier": "unique_id",
    "uniqueid": "unique_id",
    "uniquepersonid": "unique_id",
    "personid": "person_id",
}


def known_column(title: str) -> bool:
    """Whether a column title means a standard field."""
    return squeeze(title) in KNOWN


def squeeze(title: str) -> str:
    """A title without case, punctuation and blanks: E-Mail, e mail and EMAIL* are equal."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return "".join(
        char for char in plain if char.isalnum() or (char not in "-_.*:'\"" and char.isprintable() and char != " ")
    )
