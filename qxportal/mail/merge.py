"""Merge fields of texts, such as `${FirstName}`: found, checked and filled in."""

import re
from collections.abc import Mapping

FIELD = re.compile(r"\$\{([^{}\s]{1,60})\}")
LINK = "ThreeSixtyLink"
KNOWN = (
    "FirstName",
    "LastName",
    "Organization",
    "AssessmentName",
    "SubjectFirstName",
    "SubjectLastName",
    "Relationship",
    "Tasks",
    "Deadline",
    LINK,
)
OF_ONE_TASK = frozenset({"SubjectFirstName", "SubjectLastName", "Relationship"})


def fields_in(text: str) -> list[str]:
    """The merge fields in a text, each once, in order."""
    return list(dict.fromkeys(FIELD.findall(text)))


def unknown_fields(text: str) -> list[str]:
    """Merge fields in a text that have no known value.

    >>> unknown_fields("Dear ${FirstName}, see ${Lnk}")
    ['Lnk']
    """
    return [name for name in fields_in(text) if name not in KNOWN]


def merge(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in; a field without a value becomes empty.

    >>> merge("Dear ${FirstName},", {"FirstName": "Anna"})
    'Dear Anna,'
    """
    return FIELD.sub(lambda found: values.get(found[1], ""), text)
