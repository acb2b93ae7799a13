"""Puts translations into a survey: into questions as their authors wrote them, and from there into what is answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from qxportal.engine.models import Competency, Question, Stem, Survey
from qxportal.engine.surveys import parsed_survey as parsed
from qxportal.engine.surveys.answer_columns import has_own_scales
from qxportal.engine.surveys.headings import Heading, in_other_languages
from qxportal.engine.surveys.limits import LABEL, LANGUAGES, TRANSLATED_PARTS, WORDS, at_most, refusal
from qxportal.engine.surveys.php_values import as_map
from qxportal.engine.surveys.store import length, words
from qxportal.engine.surveys.translating.sheet import NAMES, Phrase

NAME_LENGTH = 200


def apply(survey: Survey, phrases: Sequence[Phrase]) -> int:
    """Take the texts that are in another language than the survey's own; gives how many they are."""
    taken = [phrase for phrase in phrases if phrase.language != survey.language and phrase.text]
    stems = {row.public_id: row for row in survey.stems.select_for_update()}
    questions = {row.public_id: row for row in survey.questions.select_for_update()}
    named: list[Phrase] = []
    touched: dict[str, Stem | Question] = {}
    for phrase in taken:
        id, _, column = phrase.question.partition("#")
        if not phrase.question and phrase.list:
            named.append(phrase)
        elif not phrase.question:
            _name(survey, phrase)
        elif id in stems:
            _of_stem(stems[id], column, phrase)
            touched[id] = stems[id]
        elif not stems and id in questions and not column:
            _of_question(questions[id], phrase)
            touched[id] = questions[id]
        else:
            raise refusal(phrase.place, f"the survey has no question {phrase.question[:40]!r}.")
    survey.languages = sorted({*survey.languages, *(phrase.language for phrase in taken)})
    at_most(LANGUAGES, len(survey.languages), "languages", "The survey")
    at_most(TRANSLATED_PARTS, len(survey.languages) * len(questions), "translated answers", "The survey")
    _save([row for row in touched.values() if isinstance(row, Stem)], questions)
    _save_plain([row for row in touched.values() if isinstance(row, Question)])
    _save_named(survey, named)
    return len(taken)


def _name(survey: Survey, phrase: Phrase) -> None:
    if len(phrase.text) > NAME_LENGTH:
        raise refusal(phrase.place, f"a name has at most {NAME_LENGTH} characters.")
    survey.names = {**survey.names, phrase.language: phrase.text}


def _save_named(survey: Survey, phrases: Sequence[Phrase]) -> None:
    """What a file says of competencies themselves holds before what follows from its questions."""
    headings = list(survey.competencies.select_for_update())
    for phrase in phrases:
        if int(phrase.choice) > len(headings):
            raise refusal(phrase.place, f"there is no competency {phrase.choice}: the survey has {len(headings)}.")
        limit = NAME_LENGTH if phrase.list == NAMES else LABEL
        if len(phrase.text) > limit:
            raise refusal(phrase.place, f"this text of a competency has more than {limit} characters.")
        said = {"name" if phrase.list == NAMES else "description": phrase.text}
        _say(headings[int(phrase.choice) - 1], phrase.language, said)
    Competency.objects.bulk_update(headings, ["translations"], batch_size=200)


def _say(heading: Competency, language: str, words: Mapping[str, str]) -> None:
    heading.translations = {**heading.translations, language: {**heading.translations.get(language, {}), **words}}


def _of_stem(stem: Stem, column: str, phrase: Phrase) -> None:
    said = stem.translations.setdefault(phrase.language, {})
    payload: Mapping[str, Any] = stem.payload
    if column:
        columns = as_map(payload.get("AdditionalQuestions"), phrase.place)
        if column not in columns:
            raise refusal(phrase.place, f"the question has no column {column[:20]!r}.")
        payload = {"Choices": payload.get("Choices"), **as_map(columns[column], phrase.place)}
        said = _inner(_inner(said, "AdditionalQuestions"), column)
    if not phrase.list:
        said["QuestionText"] = phrase.text
        return
    listed, path, choice = as_map(payload.get(phrase.list), phrase.place), [phrase.list], phrase.choice
    if phrase.list == "Answers" and has_own_scales(str(payload.get("Selector", "")), payload):
        statement, _, choice = phrase.choice.partition("_")
        listed, path = as_map(listed.get(statement), phrase.place), [phrase.list, statement]
    if choice not in listed:
        raise refusal(phrase.place, f"the question has no such choice or answer: {phrase.choice}.")
    for key in path:
        said = _inner(said, key)
    said[choice] = {"Display": phrase.text}


def _inner(said: dict[str, Any], key: str) -> dict[str, Any]:
    """The map there; a list that PHP wrote becomes one."""
    said[key] = inner = dict(as_map(said.get(key), key))
    return inner


def _of_question(question: Question, phrase: Phrase) -> None:
    said = question.translations.setdefault(phrase.language, {"text": question.text, "choices": list(question.choices)})
    number = int(phrase.choice) if phrase.choice.isdecimal() and len(phrase.choice) < 5 else 0
    if not phrase.list:
        said["text"] = phrase.text[:LABEL]
    elif phrase.list == "Choices" and 0 < number <= len(said["choices"]):
        said["choices"][number - 1] = phrase.text[:LABEL]
    else:
        raise refusal(phrase.place, f"the question has no such choice: {phrase.choice}.")


def _save(stems: Sequence[Stem], questions: Mapping[str, Question]) -> None:
    Stem.objects.bulk_update(stems, ["translations"], batch_size=200)
    changed: list[Question] = []
    weight = 0
    for stem in stems:
        spoken = words(parsed.ParsedQuestion(id=stem.public_id, payload=stem.payload, translations=stem.translations))
        for public_id, translations in spoken.items():
            if public_id in questions:  # of a question in the trash nothing is answered
                weight += sum(length(said["text"], said["choices"]) for said in translations.values())
                at_most(WORDS, weight, "characters in questions and choices", stem.public_id)
                questions[public_id].translations = translations
                changed.append(questions[public_id])
    Question.objects.bulk_update(changed, ["translations"], batch_size=200)
    _save_headings(stems)


def _save_headings(stems: Sequence[Stem]) -> None:
    """Competencies whose words are those of a question are translated with it."""
    parts = Question.objects.filter(stem__in=stems, competency__isnull=False).order_by("-position")
    home = {part.stem_id: part.competency for part in parts.select_related("competency") if part.competency}
    headings = {heading.pk: heading for heading in home.values()}
    for stem in stems:
        if stem.pk in home:
            heading = headings[home[stem.pk].pk]
            asked = parsed.ParsedQuestion(id=stem.public_id, payload=stem.payload, translations=stem.translations)
            for language, said in in_other_languages(Heading(heading.name, heading.description), asked).items():
                _say(heading, language, said)
    Competency.objects.bulk_update(headings.values(), ["translations"], batch_size=200)


def _save_plain(questions: Sequence[Question]) -> None:
    Question.objects.bulk_update(questions, ["translations"], batch_size=200)
