"""In which language a report is written, and what a survey says in it; codes as in `core.languages`."""

from collections.abc import Mapping
from typing import Any

from qxportal.core.languages import main, said, written
from qxportal.engine.models import Brand, Competency, Person, Question, Survey


def of_report(person: Person, brand: Brand) -> str:
    """The language of the report about a person: the person's own, else the brand's, else English."""
    return written(str(person.metadata.get("Language", "")), brand.language)


def of_brand(texts: Mapping[str, str], language: str, brand: Brand) -> str:
    """What a brand says in a language, else in its own."""
    return said(texts, language) or said(texts, main(brand.language)) or ""


def of_brand_words(texts: Mapping[str, str], language: str, brand: Brand) -> str:
    """The language of what `of_brand` gives, where that is not the one asked for."""
    own = main(brand.language)
    return "" if said(texts, language) or own == language or not said(texts, own) else own


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
