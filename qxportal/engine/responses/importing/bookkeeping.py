"""Columns of the vendor's exports that are no answers: recognised and ignored."""

import re

from qxportal.engine.assessments.relationships import squeeze

NAMES = frozenset(
    squeeze(name)
    for name in (
        "ResponseID",
        "_recordId",
        "ResponseSet",
        "Name",
        "ExternalDataReference",
        "ExternalReference",
        "EmailAddress",
        "IPAddress",
        "Progress",
        "Duration",
        "Duration (in seconds)",
        "Finished",
        "RecordedDate",
        "RecipientFirstName",
        "RecipientLastName",
        "RecipientEmail",
        "LocationLatitude",
        "LocationLongitude",
        "LocationAccuracy",
        "DistributionChannel",
        "UserLanguage",
        "ThreeSixtyID",
        "ResponseType",
        "Random ID",
        "Metadata",
        "Create New Field or Choose From Dropdown...",
    )
)
LONGEST = 200
PATTERNS = re.compile(
    r"""
    Q_\w.*                                              # what the vendor measures: Q_RecaptchaScore, Q_URL
    | SC\d+(?:[-_ ].*)? | SC_\w+(?:[-_ ].*)?            # scores
    | .+[_ ](?:First\ Click|Last\ Click|Page\ Submit|Click\ Count|FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)
    | .+[_ ](?:Browser|Version|Operating\ System|Resolution|BROWSER|VERSION|OS|RESOLUTION)
    | .+(?:[ ]-[ ]|_)(?:Parent\ )?Topics?(?:\ .*)?      # what text analysis found
    | .+[ ]-[ ](?:Sentiment|Actionability|Effort|Emotion|Emotion\ Intensity|Language)(?:\ .*)?
    | .+_(?:TOPICS|PARENT_TOPICS|SENTIMENT\w*|TOPIC_\w+)
    | .+_NPS_GROUP
    | .+_DO(?:[_-].*)? | .+\ -\ (?:.*\ )?Display\ Order(?:\ .*)? | FL_\d+\w*   # in which order it was shown
    | Q(?:ID)?\d+_(?:Id|Name|Size|Type|FILE_ID|FILE_NAME|FILE_SIZE|FILE_TYPE)   # files that were sent along
    """,
    re.VERBOSE,
)


def is_bookkeeping(title: str) -> bool:
    """Whether a column with this name is no answer in any survey."""
    if len(title) > LONGEST:  # a question's text, on which the patterns are slow
        return False
    return squeeze(title) in NAMES or PATTERNS.fullmatch(title) is not None
