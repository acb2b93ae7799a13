"""Merge fields of texts: `${FirstName}` and the like, found, checked and filled in."""

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
    """The merge fields that a text names, each once, in order."""
    return list(dict.fromkeys(FIELD.findall(text)))


def unknown_fields(text: str) -> list[str]:
    """The merge fields of a text that nothing fills in.

    >>> unknown_fields("Dear ${FirstName}, see ${Lnk}")
    ['Lnk']
    """
    return [name for name in fields_in(text) if name not in KNOWN]


def merge(text: str, values: Mapping[str, str]) -> str:
    """A text with its fields filled in; a field without a value is left out.

    >>> merge("Dear ${FirstName},", {"FirstName": "Anna"})
    'Dear Anna,'
    """
    return FIELD.sub(lambda found: values.get(found[1], ""), text)
