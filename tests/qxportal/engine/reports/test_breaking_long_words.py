"""Long words are broken where their language breaks them, in the parts that German compounds are made of."""

from typing import Any

import pyphen
import pytest
import weasyprint

from qxportal.engine.reports import hyphenation, pdf

GERMAN = [  # as libhyphen 2.8 breaks them with the same dictionary
    "mit-ar-bei-ter",
    "Mit-ar-bei-ten-de",
    "Zu-sam-men-ar-beit",
    "Fort-schritt",
    "Per-so-nal-ab-tei-lung",
    "fort-set-zen",
    "Mit-ar-bei-ter-en-ga-ge-ment",
    "Durch-set-zungs-ver-mö-gen",
    "FÜH-RUNGS-KRAFT",
    "Feed-back",
]
OTHERS = {
    "en_US": ["cooperation", "Evaluations", "communication"],
    "en_GB": ["cooperation", "self-assessment"],
    "fr": ["collaborateurs", "Évaluation", "développement"],
    "es": ["responsabilidad", "Colaboración"],
    "hu_HU": ["asszonnyal", "együttműködés"],  # letters change where the first is broken
}
PAGE = """<html lang="de"><style>@page {{ size: 200mm }}
p {{ width: {width}mm; font-size: 10pt; hyphens: auto }}</style>
<p>Zusammenarbeit</p></html>"""


@pytest.fixture(autouse=True)
def prepared() -> None:
    pdf.prepare()


@pytest.mark.parametrize("broken", GERMAN)
def test_german_compounds_are_broken_between_and_within_their_parts(broken: str):
    assert pyphen.Pyphen(lang="de").inserted(broken.replace("-", "")) == broken


@pytest.mark.parametrize("language", OTHERS)
def test_dictionaries_of_one_level_are_read_as_before(language: str):
    before = pyphen.HyphDict.one(pyphen.LANGUAGES[language])
    for word in OTHERS[language]:
        now = pyphen.Pyphen(lang=language).hd.positions(word)
        shown = [place for place in before.positions(word) if 2 <= place <= len(word) - 2]
        assert [(place, place.data) for place in now] == [(place, place.data) for place in shown]
        assert now


def test_a_word_that_grows_in_lower_case_stays_whole():
    assert pyphen.Pyphen(lang="de").inserted("İbrahimoğlu") == "İbrahimoğlu"


def test_dictionaries_are_taken_once():
    taken = pyphen.HyphDict
    hyphenation.read_levels()
    assert pyphen.HyphDict is taken


def test_a_report_prints_no_other_break():
    firsts = set()
    for width in range(4, 32):
        [page] = weasyprint.HTML(string=PAGE.format(width=width)).render().pages
        firsts.add(lines(page._page_box)[0].rstrip("-‐"))
    assert firsts <= {"Zu", "Zusam", "Zusammen", "Zusammenar", "Zusammenarbeit"}
    assert len(firsts) > 2


def lines(box: Any) -> list[str]:
    if type(box).__name__ == "LineBox":
        return [text(box)]
    return [line for child in getattr(box, "children", ()) for line in lines(child)]


def text(box: Any) -> str:
    return getattr(box, "text", "") + "".join(text(child) for child in getattr(box, "children", ()))
