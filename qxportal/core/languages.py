"""Languages for people outside HR, and the choice among them.

Codes are in the API's form (DE, DE-AT) for people, brands and surveys, and in Django's form (de) for pages, mails
and reports.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info

WRITTEN = tuple(code for code, _name in settings.SITE_LANGUAGES)  # the first one is the default

Said = TypeVar("Said")


def main(code: str) -> str:
    """The language of a code without its region: de for DE, de_AT and DE-CH."""
    return code.strip().replace("_", "-").partition("-")[0].lower()


def written(*codes: str) -> str:
    """The first of these languages in which we have texts, else English.

    >>> written("", "PL", "FR_CA")
    'fr'
    """
    return next((main(code) for code in codes if main(code) in WRITTEN), WRITTEN[0])


def said(translations: Mapping[str, Said], language: str) -> Said | None:
    """The value for a language, or for the first of its regional forms."""
    codes = sorted(code for code in translations if main(code) == language)
    return translations[codes[0]] if codes else None


def text_in(texts: Mapping[str, str], code: str) -> str:
    """A text in the language of a code, preferably in its regional form; empty if there is none.

    >>> text_in({"FR": "Bonjour", "FR-CA": "Allô"}, "FR-CA")
    'Allô'
    """
    return texts.get(code.strip().upper()) or said(texts, main(code)) or ""


def shared(texts: Sequence[Mapping[str, str]], *codes: str) -> str:
    """Language code for a mail with these texts: the first given code that all texts have, else English, else another
    one that all have, else one of the first text; empty without texts.

    >>> shared([{"EN": "Hello", "FR": "Bonjour"}, {"EN": "Please", "DE": "Bitte"}], "FR", "DE")
    'EN'
    """
    if not any(texts):
        return ""
    given = [text for text in texts if text]
    wanted = [*filter(None, codes), "EN", *given[0]]
    return next((code for code in wanted if all(text_in(text, code) for text in given)), next(iter(given[0])))


def name_of(code: str) -> str:
    """Name of a language in the active language; the code itself if unknown.

    >>> name_of("ES"), name_of("DE-CH"), name_of("XX")
    ('Spanish', 'German (CH)', 'XX')
    """
    try:
        info: Any = get_language_info(main(code))
    except KeyError:
        return code
    name, region = capfirst(str(info["name_translated"])), code.replace("_", "-").partition("-")[2]
    return f"{name} ({region})" if region else name


def choices() -> list[tuple[str, str]]:
    """Languages that HR can choose from, by Django's codes."""
    return [(code, name_of(code)) for code in WRITTEN]
