"""In which languages people outside HR are written to, and which one is chosen.

Codes are written as the API writes them (DE, DE-AT) where people, brands and surveys name a language, and as Django
writes them (de) where a page, mail or report does.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info

WRITTEN = tuple(code for code, _name in settings.SITE_LANGUAGES)  # the first one where nothing else is said

Said = TypeVar("Said")


def main(code: str) -> str:
    """The language of a code whatever its region: de of DE, de_AT and DE-CH."""
    return code.strip().replace("_", "-").partition("-")[0].lower()


def written(*codes: str) -> str:
    """The first of these languages in which we write, else English.

    >>> written("", "PL", "FR_CA")
    'fr'
    """
    return next((main(code) for code in codes if main(code) in WRITTEN), WRITTEN[0])


def said(translations: Mapping[str, Said], language: str) -> Said | None:
    """What is said in a language, or in the first of its regional forms."""
    codes = sorted(code for code in translations if main(code) == language)
    return translations[codes[0]] if codes else None


def text_in(texts: Mapping[str, str], code: str) -> str:
    """A text in the language of a code: in that of the same region first; empty where there is none.

    >>> text_in({"FR": "Bonjour", "FR-CA": "Allô"}, "FR-CA")
    'Allô'
    """
    return texts.get(code.strip().upper()) or said(texts, main(code)) or ""


def shared(texts: Sequence[Mapping[str, str]], *codes: str) -> str:
    """The code of the language of a mail of these texts: the first of the given ones that all of them have, else
    English, else another that all have, else one of the first text; empty where there is no text.

    >>> shared([{"EN": "Hello", "FR": "Bonjour"}, {"EN": "Please", "DE": "Bitte"}], "FR", "DE")
    'EN'
    """
    if not any(texts):
        return ""
    given = [text for text in texts if text]
    wanted = [*filter(None, codes), "EN", *given[0]]
    return next((code for code in wanted if all(text_in(text, code) for text in given)), next(iter(given[0])))


def name_of(code: str) -> str:
    """What a language is called in the language that is active; the code itself where it is not known.

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
    """The languages for a field where HR chooses one, by Django's codes."""
    return [(code, name_of(code)) for code in WRITTEN]
