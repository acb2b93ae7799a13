"""Titles of columns that stand for what everybody has: names, address and ids."""

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
    """Whether a column of this title is about what everybody has."""
    return squeeze(title) in KNOWN


def squeeze(title: str) -> str:
    """A title without what spreadsheets and people put into it: E-Mail, e mail and EMAIL* are one."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return "".join(
        char for char in plain if char.isalnum() or (char not in "-_.*:'\"" and char.isprintable() and char != " ")
    )
