"""Library messages: their categories, and parsing of their texts.

A text may contain HTML. It is stored unchanged and returned as data; nothing here renders it.
"""

import json
from collections.abc import Mapping

from qxportal.engine.http import languages
from qxportal.engine.http.errors import Invalid

BUCKETS: Mapping[str, str] = {  # category -> under which name getLibraryMessages lists it
    "InviteEmails": "INVITE",
    "InactiveSurveyMessages": "INACTIVESURVEY",
    "ReminderEmails": "REMINDER",
    "ThankYouEmails": "THANKYOU",
    "EndOfSurveyMessages": "ENDOFSURVEY",
    "GeneralMessages": "GENERAL",
    "ValidationMessages": "VALIDATION",
    "LookAndFeelMessages": "LOOKANDFEEL",
    "EmailSubject": "EMAILSUBJECT",
    "SMSInvite": "SMSINVITE",
    "SMSReminder": "SMSREMINDER",
    "SMSThankYou": "SMSTHANKYOU",
    "TicketMessages": "TICKET",
    "EvaluatorInvite": "EVALUATORINVITE",
    "EvaluatorReminder": "EVALUATORREMINDER",
    "TSSubjectLine": "TSSUBJECTLINE",
}
TEXT_BYTES = 64 * 1024
MOST_LANGUAGES = 50


def texts(given: object, language: str, *, default: str) -> dict[str, str]:
    """Texts by language from one text or a map; `default`: language of a text given without one. Raises Invalid."""
    found = _map(given, language)
    if found is None:
        if not isinstance(given, str):
            raise Invalid("Message", "A text, or a map from language to text, is expected.")
        found = {language or default: given}
    elif language:
        raise Invalid("Language", "It goes with a single text; a map names its languages itself.")
    if not 0 < len(found) <= MOST_LANGUAGES:
        raise Invalid("Message", f"Texts in 1 to {MOST_LANGUAGES} languages are expected.")
    named = {languages.code(key, parameter=_where(language)): _text(key, text) for key, text in found.items()}
    if len(named) < len(found):
        raise Invalid("Message", "A language is named twice.")
    return named


def merged(known: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The known texts updated with the new ones."""
    both = {**known, **new}
    if len(both) > MOST_LANGUAGES:
        raise Invalid("Message", f"A message has at most {MOST_LANGUAGES} languages; this one has {len(known)}.")
    return both


def _map(given: object, language: str) -> dict[str, object] | None:
    """The given map, perhaps as JSON; None for plain text, which may begin with a brace as well."""
    if isinstance(given, str) and not language and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None
    return given if isinstance(given, dict) else None


def _where(language: str) -> str:
    return "Language" if language else "Message"


def _text(language: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Invalid("Message", f"The text in {language[:20]} is missing.")
    if len(text.encode()) > TEXT_BYTES:
        raise Invalid("Message", f"The text in {language[:20]} is larger than {TEXT_BYTES // 1024} KiB.")
    return text
