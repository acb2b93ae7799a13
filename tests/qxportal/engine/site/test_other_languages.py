"""The site in each language: no page shows an English sentence, and every page says which language it is in."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from qxportal.engine.models import Relationship
from tests.qxportal.engine.site.conftest import Released, Round, all_answers, opened
from tests.qxportal.engine.site.test_every_site_address import NOBODYS, SOMEBODYS, World, world
from tests.sentences.spoken import Nodes, catalogue, is_said

__all__ = ["world"]

ROOT = Path(__file__).parents[4]
OTHERS = ("de", "fr", "es")
ATTRIBUTES = ("alt", "aria-label", "title", "placeholder", "data-words", "content")
# What stands for anything at all, or names no language: a page can say it in any.
OPEN = re.compile(r"^\W*(%\(\w+\)[sd]|\{\w+\})\W*(%\(\w+\)[sd])?\W*$")


@cache
def messages(language: str) -> dict[str, str]:
    """Each message of the site with what it is in a language, where that differs from English."""
    found: dict[str, str] = {}
    for home in ("qxportal/locale", "qxportal/engine/locale"):  # the engine's own counts, as in its process
        found |= catalogue(ROOT / home / language / "LC_MESSAGES/django.mo")
    readers: set[str] = set()
    for home in ("qxportal/locale", "qxportal/engine/locale"):
        readers |= {*catalogue(ROOT / home / "fr/LC_MESSAGES/django.mo")}
    return {key: text for key, text in found.items() if key in readers and key != text and not OPEN.match(key)}


def english_in(texts: set[str], language: str) -> list[str]:
    """The English messages among the texts of a page in another language."""
    return [message for message in messages(language) if is_said(message, texts)]


def texts_of(page: requests.Response) -> set[str]:
    """What a page says; its questions are the survey's, and marked as such."""
    nodes = Nodes(*ATTRIBUTES)
    nodes.feed(re.sub(r'<(section|a)\b[^>]* lang="en".*?</\1>', "", page.text, flags=re.DOTALL))
    return nodes.texts


def lines(world: World, visitor: Any, language: str) -> Iterator[tuple[str, requests.Response]]:
    """Every page of the site: as it opens, then what a form with wrong or right fields answers."""
    people = {name: visitor(world.rows[name]) for name in ("zoe", "ben", "mona")}
    stranger = visitor()
    for browser in (*people.values(), stranger):
        browser.session.headers["Accept-Language"] = language
    people["zoe"].submit(people["zoe"].get(world.path("report")), {}, action="/open/")
    for method in ("get", "post"):
        for name in (*NOBODYS, *SOMEBODYS):
            browser = people[SOMEBODYS[name][0]] if name in SOMEBODYS else stranger
            if name in ("language", "leave", "report-pdf"):
                continue
            path = world.path(name)
            if method == "get":
                yield name, browser.get(path)
                continue
            token = next(one.value for one in browser.session.cookies if "csrf" in one.name)
            fields = {"csrfmiddlewaretoken": token, **world.fields.get(name, {})}
            yield name, browser.session.post(browser.url + path, fields, headers={"Referer": browser.url}, timeout=120)


@pytest.mark.parametrize("language", OTHERS)
def test_no_page_shows_an_english_sentence(world, visitor, language):
    said: set[str] = set()
    for name, page in lines(world, visitor, language):
        if page.headers["Content-Type"].startswith("text/html") and page.text:
            assert f'<html lang="{language}"' in page.text, name
            assert english_in(texts_of(page), language) == [], (name, page.url)
            said |= texts_of(page)

    shown = [text for text in messages(language).values() if is_said(text, said)]
    assert len(shown) > 180


def test_english_sentences_are_found():
    found = english_in({"Page 1 of 9", "Your tasks", "Continuer", "Everybody waits. The plan is saved."}, "fr")

    assert {"Page %(number)s of %(count)s", "Your tasks", "The plan is saved."} <= {*found}
    assert english_in({"Page 1 sur 9", "Vos tâches", "Continuer"}, "fr") == []


@pytest.mark.parametrize(("language", "words"), [("de", "Seite nicht gefunden"), ("fr", "Page introuvable")])
def test_error_pages_are_in_the_language(visitor, language, words):
    stranger = visitor()
    stranger.session.headers["Accept-Language"] = language

    page = stranger.get("/nowhere/")

    assert page.status_code == 404
    assert words in page.text
    assert english_in(texts_of(page), language) == []


def test_questions_in_another_language_say_so(round: Round, visitor: Any):
    ben = visitor(round.ben)
    ben.session.headers["Accept-Language"] = "es"

    page = ben.get(f"{round.path}go-on/")
    copied = ben.get(f"{round.path}copy/")
    ben.session.headers["Accept-Language"] = "en"
    english = ben.get(page.url)

    sections = re.findall(r'<section class="item"[^>]*>', page.text)
    assert sections
    assert all('lang="en"' in one for one in sections)
    assert all("lang=" not in one for one in re.findall(r'<section class="item"[^>]*>', english.text))
    assert 'data-words-saving="Guardando…"' in page.text
    assert re.findall(r'<section class="answered" lang="en">', copied.text) or "answered" not in copied.text


def test_questions_follow_regional_translations(round: Round, visitor: Any, engine: Any):
    survey = round.assessment.survey
    engine.run(type(survey).objects.filter(pk=survey.pk).update, languages=["FR-CA"])
    ben = visitor(round.ben)
    ben.session.headers["Accept-Language"] = "fr"

    page = ben.get(f"{round.path}go-on/")

    assert all("lang=" not in one for one in re.findall(r'<section class="item"[^>]*>', page.text))


def test_problems_of_answers_are_in_the_language(round: Round, visitor: Any):
    ben = visitor(round.ben)
    ben.session.headers["Accept-Language"] = "fr"
    page = ben.get(f"{round.path}go-on/")

    ben.submit(page, all_answers(page))
    missing = ben.get(f"{round.path}submit/")

    assert re.search(r"\d+ réponses manquent ou doivent être modifiées", missing.text)
    assert "Cette question est obligatoire." in missing.text
    assert english_in(texts_of(missing), "fr") == []


@pytest.mark.parametrize(("language", "words"), [("fr", "Comment lire ce rapport"), ("es", "Cómo leer este informe")])
def test_report_is_in_the_language_of_the_page(released: Released, visitor: Any, language: str, words: str):
    access = released.give()
    anna = visitor(released.anna)
    anna.session.headers["Accept-Language"] = language

    page = opened(anna, access)

    assert words in page.text
    assert f'<article class="report" lang="{language}">' in page.text
    assert english_in(texts_of(page), language) == []


def test_relationships_are_called_as_the_page_speaks(round: Round, visitor: Any, engine: Any):
    engine.run(
        Relationship.objects.create,
        assessment=round.assessment,
        name="Customer",
        position=9,
        translations={"FR": "Client", "DE": "Kundschaft"},
    )
    engine.run(type(round.evaluation).objects.filter(pk=round.evaluation.pk).update, relationship="Customer")
    ben = visitor(round.ben)

    said = {}
    for language in ("fr", "de", "es"):
        ben.session.headers["Accept-Language"] = language
        said[language] = ben.get(round.path).text

    assert "Client" in said["fr"]
    assert "Kundschaft" in said["de"]
    assert "Customer" in said["es"]


def test_language_of_the_foot_counts_before_the_browsers(round: Round, visitor: Any):
    ben = visitor(round.ben)
    ben.session.headers["Accept-Language"] = "de"
    page = ben.get("/tasks/")
    names = re.findall(r'<button name="language" value="(\w+)" lang="\1"[^>]*>\s*(\S+)\s*</button>', page.text)

    ben.submit(page, {"language": "es"}, action="/language/")

    assert names == [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
    assert '<html lang="es"' in ben.get("/tasks/").text
    assert re.search(r'value="es" lang="es" aria-current="true"', ben.get("/tasks/").text)


def test_browsers_of_other_languages_get_the_default(visitor: Any):
    stranger = visitor()
    stranger.session.headers["Accept-Language"] = "pl, fr-CH;q=0.7"

    assert '<html lang="fr"' in stranger.get("/").text
    stranger.session.headers["Accept-Language"] = "pl"
    assert '<html lang="en"' in stranger.get("/").text
