"""In which language a report is written, and what a survey says in it.

Codes are written as the API writes them (DE, DE-AT) where people, brands and surveys name a language, and as Django
writes them (de) where a report does.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from qxportal.engine.models import Brand, Competency, Person, Question, Survey

REPORTS = ("en", "de")  # the first one where nothing else is said

Said = TypeVar("Said")


def main(code: str) -> str:
    """The language of a code whatever its region: de of DE, de_AT and DE-CH."""
    return code.strip().replace("_", "-").partition("-")[0].lower()


def of_report(person: Person, brand: Brand) -> str:
    """The language of the report about a person: the person's own, else the brand's, else English."""
    return written(str(person.metadata.get("Language", "")), brand.language)


def written(*codes: str) -> str:
    """The first of these languages in which we write, else English."""
    return next((main(code) for code in codes if main(code) in REPORTS), REPORTS[0])


def said(translations: Mapping[str, Said], language: str) -> Said | None:
    """What is said in a language, or in the first of its regional forms."""
    codes = sorted(code for code in translations if main(code) == language)
    return translations[codes[0]] if codes else None


def of_brand(texts: Mapping[str, str], language: str, brand: Brand) -> str:
    """What a brand says in a language, else in its own."""
    return said(texts, language) or said(texts, main(brand.language)) or ""


class Texts:
    """The texts of a survey in one language; its own ones where it is not translated."""

    def __init__(self, survey: Survey, language: str) -> None:
        self.language = language
        self.own = main(survey.language) == language
        translated = self.own or language in map(main, survey.languages)
        self.foreign = "" if translated else main(survey.language)  # where nothing of it is in the language

    @classmethod
    def own_of(cls, survey: Survey) -> "Texts":
        """The texts as their author wrote them."""
        return cls(survey, main(survey.language))

    def question(self, question: Question) -> str:
        """What a question asks."""
        return str(self._said(question.translations).get("text") or question.text)

    def choices(self, question: Question) -> tuple[str, ...]:
        """The labels of a question's choices."""
        translated = self._said(question.translations).get("choices") or ()
        return tuple(translated if len(translated) == len(question.choices) else question.choices)

    def name(self, competency: Competency) -> str:
        """What a competency is called."""
        return str(self._said(competency.translations).get("name") or competency.name)

    def description(self, competency: Competency) -> str:
        """What a competency means."""
        return str(self._said(competency.translations).get("description") or competency.description)

    def _said(self, translations: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        return {} if self.own else said(translations, self.language) or {}
