"""A report in another language says what the English one says: all sentences and figures, nothing that is hidden."""

import html as markup
import io
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation
from pypdf import PdfReader

from qxportal.engine.reports import fictional, html, labels, pdf
from qxportal.engine.reports.aggregate import report, report_json
from qxportal.engine.reports.results import Goal, ReportData, Verdict
from qxportal.engine.reports.types import (
    Competency,
    Earlier,
    Evaluation,
    Item,
    Kind,
    Norm,
    OpenQuestion,
    Policy,
    Relationship,
    ReportSource,
    Viewer,
    ViewerKind,
)
from tests.qxportal.engine.reports.report_sources import COMPETENCIES, ITEMS, RELATIONSHIPS, evaluation, source
from tests.sentences import code, templates
from tests.sentences.spoken import Nodes, catalogue, is_said

pytestmark = pytest.mark.long

ENGINE = Path(html.__file__).parent.parent
OTHERS = ("de", "fr", "es")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ELSEWHERE = {"for %(reader)s", "%(assessment)s: subject report", "j F Y"}  # in names, and a format
ON_NO_PAGE = {"General"}  # of a survey's statements without a competency: see test_languages_of_reports.py
IN_STYLE = {"Page %(page)s of %(pages)s", "Example: a fictional person and made-up figures"}  # in margins
MERGED = "combines these groups: %(merged_names)s (%(n)s person in total)"  # there are three at least


@pytest.fixture(scope="module", autouse=True)
def catalogues() -> Iterator[None]:
    """The catalogues in the order of the engine's process: its own comes first."""
    with override_settings(LOCALE_PATHS=[ENGINE / "locale", *settings.LOCALE_PATHS]):
        yield


def peers(*scores: int, count: int = 5, said: str = "") -> list[Evaluation]:
    return [evaluation("Peer", *scores, said=f"{said} {n}" if said else "") for n in range(count)]


def verdicts() -> ReportSource:
    """One competency for each verdict."""
    pairs = {"A": (4, 4), "B": (2, 2), "C": (2, 4), "D": (4, 2), "E": (5, 4), "F": (1, 3)}
    names = tuple(Competency(id=f"C{id}", name=f"Topic {id}", items=(Item(id=id, text=f"Item {id}"),)) for id in pairs)
    own = Evaluation(relationship="Self", answers={id: mine for id, (mine, _) in pairs.items()})
    others = Evaluation(relationship="Peer", answers={id: seen for id, (_, seen) in pairs.items()})
    spread = Evaluation(relationship="Peer", answers={id: max(1, seen - 1) for id, (_, seen) in pairs.items()})
    return source([own, *[others] * 4, spread], competencies=names)


def sources() -> dict[str, ReportSource]:
    """Reports that say between them whatever a report can say."""
    plain = source([evaluation("Self", 4, 4, 3), evaluation("Manager", 4, 3, 5), *peers(4, 5, 4, said="Fine")])
    split = [evaluation("Peer", a, b, c) for a, b, c in ((1, 3, 3), (5, 3, 4), (1, 4, 3), (5, 3, 4), (3, 3, 3))]
    lone = replace(plain, competencies=COMPETENCIES[:1])
    own = tuple(Relationship(name=f"G{n}", label=f"Group {n}", kind=Kind.CUSTOM, invited=3) for n in range(6))
    many = [evaluation(each.name, 4, 4, 4) for each in own for _ in range(3)]
    worded = [Evaluation(relationship="Peer", answers={}, comments={"Q1": f"Good {n}"}) for n in range(4)]
    thin = [evaluation("DirectReport", 3, 3, 3, said="Little"), evaluation("Customer", 4, 4, 4, said="Much")]
    return {
        "plain": plain,
        "verdicts": verdicts(),
        "norms": replace(plain, norms=(Norm(name="Norms", means={"C1": 3.4}, people=12_400), ONE, TWO)[:2]),
        "two": replace(plain, norms=(TWO,)),
        "spread": source([evaluation("Self", 5, 3, 3), *split]),
        "merged": source([evaluation("Self", 1, 1, 1), *peers(4, 4, 4, said="Yes"), *thin]),
        "uninvited": source([*peers(4, 4, 4), replace(peers(4, 4, 4)[0], unasked=True)]),
        "lone higher": replace(lone, evaluations=(evaluation("Self", 5, 5, 5), *peers(2, 2, 2))),
        "lone lower": replace(lone, evaluations=(evaluation("Self", 1, 1, 1), *peers(4, 4, 4))),
        "strengths": source([evaluation("Self", 5, 4, 5), *peers(5, 5, 4)]),
        "equal": source(peers(4, 4, 4)),
        "many": source([evaluation("Self", 4, 4, 4), *many], relationships=(*RELATIONSHIPS[:2], *own)),
        "managers": replace(plain, relationships=(*RELATIONSHIPS, MANAGERS)),
        "thin": source([evaluation("Self", 4, 4, 4, said="Mine"), *peers(3, 3, 3, count=2)]),
        "empty": source([]),
        "worded": source(worded, competencies=(), scale=(), other_questions=2),
        "one choice": source(worded, competencies=(), scale=(), other_questions=1),
        "manager alone": source([evaluation("Manager", 4, 4, 4)]),
        "other scale": replace(plain, competencies=(replace(COMPETENCIES[0], items=SEVEN), COMPETENCIES[1])),
        "own scales": replace(plain, competencies=(replace(COMPETENCIES[0], items=ENDS), COMPETENCIES[1])),
        "no glyph": replace(plain, subject_name="Odd \U00013000 name"),
        "compared": beside(replace(plain, competencies=COMPETENCIES[1:]), plain),
        "compared elsewhere": beside(plain, replace(plain, competencies=(replace(COMPETENCIES[0], items=SEVEN[:1]),))),
        "compared on another scale": beside(
            plain, replace(plain, competencies=(replace(COMPETENCIES[0], items=SEVEN),))
        ),
    }


def beside(now: ReportSource, then: ReportSource) -> ReportSource:
    """A report compared with one of the year before that asked statements with the same ids."""
    before = replace(then, assessment_name="Round before", data_date=date(2025, 11, 20))
    return replace(now, earlier=Earlier(source=before, pairs={name: name for name in ITEMS}))


ONE = Norm(name="One", means={"C1": 3.5}, people=1)
TWO = Norm(name="Two", means={"C2": 3.6}, people=2)
SEVEN = tuple(replace(item, points=7) for item in COMPETENCIES[0].items)
ENDS = tuple(
    replace(item, points=points, ends=("Slow", "Fast"))
    for item, points in zip(COMPETENCIES[0].items, (7, None), strict=True)
)
MANAGERS = Relationship(name="Managers", label="Managers", kind=Kind.CUSTOM, invited=2)


def in_language(data: ReportSource, language: str) -> ReportSource:
    """The same source for a subject who speaks it; labels as the engine gives them."""
    with translation.override(language):
        called = {each.name: labels.relationship(each.name) for each in data.relationships}
        called["Managers"] = str(labels.MANAGERS)
    relationships = tuple(replace(each, label=called.get(each.name, each.label)) for each in data.relationships)
    earlier = data.earlier and replace(data.earlier, source=in_language(data.earlier.source, language))
    return replace(data, language=language, relationships=relationships, earlier=earlier)


@cache
def reports(language: str) -> Mapping[str, ReportData]:
    found = {
        name: report(in_language(data, language), Viewer(kind=ViewerKind.ADMIN)) for name, data in sources().items()
    }
    plan = (Goal(goal="Listen", steps="Ask twice.", due=date(2026, 12, 24)),)
    with translation.override(language):
        example = report(fictional.with_answers(in_language(invited(), language), "1"), Viewer(kind=ViewerKind.ADMIN))
    return {**found, "plan": replace(found["plain"], plan=plan), "example": example}


def invited() -> ReportSource:
    """What the report of a fictional person begins with: as many people in each group as it needs to be shown."""
    empty = source([], example=True)
    lines = tuple(replace(one, invited=fictional.raters(one.kind, 3)) for one in empty.relationships)
    return replace(empty, relationships=lines)


@cache
def page(language: str, name: str) -> str:
    return html.html(reports(language)[name])


@cache
def said(language: str) -> frozenset[str]:
    """Every text of every report, printed and on the web, and what stands between its separators."""
    found: set[str] = set()
    for name, data in reports(language).items():
        nodes = Nodes("alt", "data-foot")
        nodes.feed(page(language, name) + html.web(data))
        texts = {*nodes.texts, data.prepared_for}
        found |= texts | {part.strip("()") for text in texts for part in text.split(" · ")}
    return frozenset(found - {""})


def messages() -> Iterator[str]:
    """Every message of the catalogue that stands in a report."""
    for path in sorted((ENGINE / "reports").rglob("*.html")):
        yield from (each.text for each in templates.read(path.name, path.read_text()).messages)
    for path in sorted((ENGINE / "reports").glob("*.py")):
        yield from (each.text for each in code.read(path.name, path.read_text()).messages)


def said_by(language: str) -> Mapping[str, str]:
    """What the engine says in a language for each message."""
    return catalogue(ENGINE / f"locale/{language}/LC_MESSAGES/django.mo")


def test_reports_of_the_tests_say_every_message():
    unsaid = {message for message in messages() if not is_said(message, said("en")) and MERGED not in message}

    assert unsaid - ELSEWHERE - ON_NO_PAGE - IN_STYLE == set()


@pytest.mark.parametrize("language", OTHERS)
def test_report_has_no_english_sentence(language):
    same = {message for message in messages() if said_by(language).get(message) == message}
    left = {message for message in {*messages()} - same - ELSEWHERE if is_said(message, said(language))}

    assert left == set()
    assert len({*messages()} - same) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_report_says_the_sentences_of_its_catalogue(language):
    known = {
        message: said_by(language)[message] for message in {*messages()} - ELSEWHERE if message in said_by(language)
    }
    unsaid = {message for message, text in known.items() if not is_said(text, said(language))}

    assert len(unsaid) < len(known) / 10, unsaid  # forms of counts that the reports of the tests do not have
    assert len(known) > 120


def test_german_sentences_are_those_of_the_catalogue():
    texts = said("de")

    assert "Im Fremdbild ist „Topic A“ am höchsten bewertet" in " ".join(texts)
    assert {"Selbstbild", "Führungskraft", "Kolleginnen und Kollegen", "Mitarbeitende", "Alle Übrigen"} <= texts
    assert "nur Kommentare" in texts
    assert "die Administration von Marlstone Instruments" in texts


def test_counts_agree_with_their_nouns():
    texts = " ".join(said("de"))
    english = " ".join(said("en"))

    assert ("1 person gave feedback" in english, "1 people" in english) == (True, False)
    assert ("1 Person hat Ingrid Sørensen" in texts, "1 Personen" in texts) == (True, False)
    assert ("(1 Person)" in texts, "(2 Personen)" in texts, "(12.400 Personen)" in texts) == (True, True, True)
    assert ("1 Frage mit einer Auswahl" in texts, "2 Fragen mit einer Auswahl" in texts) == (True, True)
    assert "In der einzigen vergleichbaren Kompetenz" in texts


def figures(text: str) -> list[str]:
    """All numbers that a page says, whatever separates their parts."""
    body = markup.unescape(re.sub(r"<[^>]*>", " ", text.partition("<body")[2]))
    body = re.sub(r"(?<=\d)\xa0(?=\d{3}\b)", ",", body)  # between thousands, in French and Spanish
    return sorted(number.replace(",", ".") for number in NUMBER.findall(body))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", sources())
def test_figures_are_equal_in_each_language(name, language):
    english, other = (re.sub("[0-9a-f]{16}", "", page(code, name)) for code in ("en", language))
    charts = [html.document(reports(code)[name])[1] for code in ("en", language)]

    assert figures(english) == figures(other)
    assert charts[0] == charts[1]  # they have no words
    assert len(charts[0]) > 3 or not reports("en")[name].competencies


@pytest.mark.parametrize("language", OTHERS)
def test_data_differ_in_words_alone(language):
    def numbers(data: object) -> object:
        if isinstance(data, dict):
            return {key: numbers(value) for key, value in data.items()}
        return [numbers(each) for each in data] if isinstance(data, list) else None if isinstance(data, str) else data

    for name, english in reports("en").items():
        other = report_json(reports(language)[name])
        assert (report_json(english)["Language"], other["Language"]) == ("en", language)
        assert numbers(report_json(english)) == numbers(other)
        assert [each.get("Verdict") for each in report_json(english)["Competencies"]] == [
            each.get("Verdict") for each in other["Competencies"]
        ]


PROMISES = {
    "en": (
        "fewer than {}",
        "at least {} of its members have answered",
        "when there are at least {}.",
        "Totals include only the groups that are shown",
    ),
    "de": (
        "weniger als {}",
        "mindestens {} ihrer Mitglieder geantwortet",
        "ab einer Mindestzahl von {}.",
        "Gesamtwerte enthalten nur die ausgewiesenen Gruppen",
    ),
    "fr": (
        "moins de {}",
        "au moins {} de ses membres ont répondu",
        "sont affichés à partir de {}.",
        "Les totaux ne comprennent que les groupes affichés",
    ),
    "es": (
        "menos de {}",
        "al menos {} de sus miembros",
        "se muestran a partir de {}.",
        "Los totales incluyen solo los grupos que se muestran",
    ),
}


@pytest.mark.parametrize("minimum", [3, 4, 7])
def test_anonymity_is_promised_with_the_same_minimum(minimum):
    policy = Policy(min_group=minimum, min_comments=minimum, spread_min=max(5, minimum))
    data = source([evaluation("Self", 4, 4, 4), *peers(4, 4, 4, count=2, said="Yes")], policy=policy)

    for language, promises in PROMISES.items():
        text = html.html(report(in_language(data, language), Viewer()))
        for promise in promises:
            assert promise.format(minimum) in text, (language, promise)


def test_hidden_answers_are_nowhere_in_a_german_report():
    def world(score: int, said: str) -> bytes:
        forms = [evaluation("Self", 4, 4, 4), *[evaluation("DirectReport", score, score, score, said=said)] * 2]
        return pdf.render(report(in_language(source(forms), "de"), Viewer()))

    assert world(1, "Delegieren!") == world(5, "In jeder Hinsicht wunderbar.")


def test_a_german_document_says_so_and_writes_days_in_german():
    data = reports("de")["plain"]

    document = PdfReader(io.BytesIO(pdf.render(data)))

    pages = [" ".join(sheet.extract_text().split()) for sheet in document.pages]
    root = document.trailer["/Root"]
    assert root["/Lang"] == "de"  # type: ignore[index]
    assert document.metadata is not None
    assert document.metadata.title == "360°-Feedback-Bericht für Ingrid Sørensen: Leadership 360 autumn 2026"
    assert "26. Oktober 2026 – 23. November 2026" in pages[0]
    assert f"Seite 2 von {len(pages)}" in pages[1]
    assert any("4,0 (5)" in page for page in pages)


@pytest.mark.parametrize(
    ("language", "period", "count"),
    [
        ("fr", "26 octobre 2026 – 23 novembre 2026", "Page 2 sur {}"),
        ("es", "26 de octubre de 2026 – 23 de noviembre de 2026", "Página 2 de {}"),
    ],
)
def test_document_names_its_language_and_writes_days_in_it(language, period, count):
    document = PdfReader(io.BytesIO(pdf.render(reports(language)["plain"])))

    pages = [" ".join(sheet.extract_text().split()) for sheet in document.pages]
    assert document.trailer["/Root"]["/Lang"] == language  # type: ignore[index]
    assert period in pages[0]
    assert count.format(len(pages)) in pages[1]
    assert any("4,0 (5)" in page for page in pages)


def test_several_languages_are_printed_at_once():
    alone = {language: page(language, "merged") for language in ("en", *OTHERS)}
    wanted = ["en", *OTHERS] * 4

    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(lambda language: html.html(reports(language)["merged"]), wanted))

    assert printed == [alone[language] for language in wanted]


def test_every_verdict_is_said_in_each_language():
    for language in ("en", *OTHERS):
        with translation.override(language):
            assert len({labels.verdict(each) for each in Verdict}) == len(Verdict)
            assert len({labels.heading(each) for each in Verdict}) == len(Verdict)


def test_open_questions_keep_their_own_words():
    data = replace(sources()["plain"], open_questions=(OpenQuestion(id="Q1", text="Was beibehalten?"),))

    assert "Was beibehalten?" in html.html(report(in_language(data, "de"), Viewer()))
