"""The language of a report, and a survey's texts in it; codes as in `core.languages`."""

from collections.abc import Mapping
from typing import Any

from qxportal.core.languages import main, said, written
from qxportal.engine.models import Brand, Competency, Person, Question, Survey


def of_report(person: Person, brand: Brand) -> str:
    """The language of a report: the subject's, else the brand's, else English."""
    return written(str(person.metadata.get("Language", "")), brand.language)


def of_brand(texts: Mapping[str, str], language: str, brand: Brand) -> str:
    """A brand's text in a language, else in the brand's own."""
    return said(texts, language) or said(texts, main(brand.language)) or ""


def of_brand_words(texts: Mapping[str, str], language: str, brand: Brand) -> str:
    """The language of the text from `of_brand` if it is not the requested one; else empty."""
    own = main(brand.language)
    return "" if said(texts, language) or own == language or not said(texts, own) else own


class Texts:
    """A survey's texts in one language; untranslated ones in its own."""

    def __init__(self, survey: Survey, language: str) -> None:
        self.language = language
        self.own = main(survey.language) == language
        translated = self.own or language in map(main, survey.languages)
        self.foreign = "" if translated else main(survey.language)  # empty if translated

    @classmethod
    def own_of(cls, survey: Survey) -> "Texts":
        """The texts in the survey's own language."""
        return cls(survey, main(survey.language))

    def question(self, question: Question) -> str:
        """The text of a question."""
        return str(self._said(question.translations).get("text") or question.text)

    def choices(self, question: Question) -> tuple[str, ...]:
        """The choice labels of a question."""
        translated = self._said(question.translations).get("choices") or ()
        return tuple(translated if len(translated) == len(question.choices) else question.choices)

    def name(self, competency: Competency) -> str:
        """The name of a competency."""
        return str(self._said(competency.translations).get("name") or competency.name)

    def description(self, competency: Competency) -> str:
        """The description of a competency."""
        return str(self._said(competency.translations).get("description") or competency.description)

    def _said(self, translations: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        return {} if self.own else said(translations, self.language) or {}
