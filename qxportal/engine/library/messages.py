"""Library messages: their categories, and how a call gives their texts.

A text may hold HTML. It is kept as it came and only ever handed out as data; nothing here renders it.
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
    """Read one text for a language, or a map from language to text; `default` is the language of a text without one."""
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
    """The known texts with the new ones over them."""
    both = {**known, **new}
    if len(both) > MOST_LANGUAGES:
        raise Invalid("Message", f"A message has at most {MOST_LANGUAGES} languages; this one has {len(known)}.")
    return both


def _map(given: object, language: str) -> dict[str, object] | None:
    """The map that was given, also as a JSON text; None for a plain text, which may well begin with a brace."""
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
