"""Whatever a name or comment is written in, it is printed, can be copied, and stands in the right order."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from qxportal.engine.reports import pdf, typefaces
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.direction import runs_left
from qxportal.engine.reports.fingerprint import fingerprint, letters_of, rendering_key
from qxportal.engine.reports.lettering import coverage, lettering
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.typefaces import HAN, INTER, LATIN
from qxportal.engine.reports.types import Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source
from tests.support.samples import sample, thorough

pytestmark = pytest.mark.long

NAMES = {
    "Simplified Chinese": "王小明",
    "Japanese": "すずき太郎",
    "Korean": "김민준",
    "Thai": "สมชายใจดี",
    "Ethiopic": "አበበ",
    "Georgian": "გიორგი",
    "Armenian": "Արամ",
    "Hebrew": "דוד",
    "Arabic": "محمد",
    "Latin": "Қайрат",
}


def data(*said: str, **changes: object) -> ReportData:
    forms = [evaluation("Self", 4, 4, 3, said=said[0] if said else "")]
    forms += [evaluation("Peer", 3, 3, 4, said=text) for text in said[1:]]
    return report(source(forms, **changes), Viewer())


def families(document: bytes) -> set[str]:
    """The fonts inside a PDF."""
    return {name.split("+")[1].replace("-", " ") for name, _font in fonts(document)}


def fonts(document: bytes) -> Iterator[tuple[str, Any]]:
    for sheet in PdfReader(io.BytesIO(document)).pages:
        resources: Any = sheet["/Resources"]
        for each in resources.get("/Font", {}).values():
            yield str(each.get_object()["/BaseFont"]), each.get_object()


def text_of(document: bytes) -> str:
    return "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(document)).pages)


@pytest.mark.parametrize(("family", "name"), sample([*NAMES.items()], every=4, first=1))
def test_a_name_is_printed_in_the_font_of_its_script(family, name):
    document = pdf.render(data("Fine", subject_name=name))
    used, printed = families(document), text_of(document)

    assert any(f"Report {family}" in each for each in used), used
    assert all(char in printed for char in name if family not in ("Arabic",))
    assert {each.partition(" ")[0] for each in used} <= {"Inter", "Report"}


def test_hindi_is_shaped_and_not_spelled():
    document = pdf.render(data("Fine", subject_name="राहुल शर्मा"))

    assert any("Report Devanagari" in each for each in families(document))


def test_emoji_are_printed_and_copied():
    document = pdf.render(data("Great 👍🏽 work 😀"))

    assert "😀" in text_of(document)
    assert any("Emoji" in each for each in families(document))


def outline(language: str, char: str) -> list[Any]:
    face = HAN[language]
    path = face.files[0]
    assert path
    font = TTFont(io.BytesIO(typefaces.content(face, path)))
    pen = RecordingPen()
    font.getGlyphSet()[font.getBestCmap()[ord(char)]].draw(pen)
    return list(pen.value)


def test_each_language_has_its_own_shapes_of_one_ideograph():
    assert len({str(outline(language, "遍")) for language in HAN}) == 4


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("东京的骨头说", "zh-Hans"),
        ("骨頭說話的們", "zh-Hant"),
        ("骨を直す", "ja"),
        ("뼈 骨", "ko"),
        ("駅前の関", "ja"),
    ],
)
def test_ideographs_are_printed_in_the_shapes_of_their_language(text, language):
    found = lettering(f"<html><head></head><body><p>{text}</p></body></html>", "en")

    assert f'<span lang="{language}">{text}</span>' in found.document
    assert HAN[language] in found.typefaces


def test_a_name_of_ideographs_alone_follows_the_language_around_it():
    page = "<html><head></head><body><h1>山田太郎</h1><p>とても良い</p><p>はい</p></body></html>"

    assert '<h1><span lang="ja">山田太郎</span></h1>' in lettering(page, "en").document


def test_what_no_font_has_gets_a_mark_and_spoils_nothing_else(caplog):
    subject = data("Well done \U000f1234 indeed", subject_name="Odd \U00013000 name")

    document = pdf.render(subject)

    assert letters_of(subject).missing == ("U+13000", "U+F1234")
    printed = text_of(document)
    assert "Well done [U+F1234] indeed" in printed
    assert "Odd [U+13000] name" in printed
    assert "stands for a character that cannot be printed with the fonts installed" in " ".join(printed.split())
    assert "2 characters have no glyph" in caplog.text
    assert "Well done" not in caplog.text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=200 if thorough() else 60, deadline=None)
def test_every_letter_has_a_font_or_a_mark(text):
    found = lettering(f"<html><head></head><body><p>{text.replace('<', '').replace('>', '')}</p></body></html>", "en")

    able = frozenset().union(*(typefaces.letters(each) for each in found.typefaces))
    printed = found.document.partition("<body>")[2]
    assert {c for c in printed if ord(c) not in able | {9, 10, 13}} <= set("\u200c\u200d\ufe0e\ufe0f") | {
        chr(c) for c in range(0xE0020, 0xE0080)
    }


def test_letters_that_inter_lacks_take_their_whole_text_along():
    found = lettering("<html><head></head><body><p>Қайрат</p><p>Anna</p></body></html>", "en")

    assert '<span class="one-font">Қайрат</span>' in found.document
    assert "<p>Anna</p>" in found.document
    assert found.typefaces == (INTER, LATIN)


def test_plain_reports_carry_no_more_than_before():
    document = "<html><head></head><body><p>Zoë Łęcki</p></body></html>"

    assert lettering(document, "en").document == document


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello", False),
        ("محمد said hello", True),
        ("12 שלום", True),
        ("…", False),
        ("Python עבודה", False),
        ("王 שלום", False),
    ],
)
def test_a_text_runs_as_its_first_letter_does(text, left):
    assert runs_left(text) is left


def test_a_right_to_left_comment_keeps_its_foreign_word_in_its_place():
    """Runs are drawn from left to right: the first word of the comment comes last, the foreign one between."""
    drawn: list[str] = []
    for sheet in PdfReader(io.BytesIO(pdf.render(data("אחד Python שלוש")))).pages:
        sheet.extract_text(visitor_text=lambda text, *_place: drawn.append(text.strip()))

    assert [word for word in drawn if word in ("אחד", "Python", "שלוש")] == ["שלוש", "Python", "אחד"]


def test_the_same_report_is_the_same_to_the_byte_whatever_was_printed_before():
    thai = data("ดี", subject_name="สมชาย")
    first = pdf.render(thai)
    pdf.render(data("很好", "とても", "좋아요", "good", subject_name="王"))

    assert pdf.render(thai) == first


def test_the_font_files_are_part_of_the_fingerprint(monkeypatch):
    plain, thai = data("Fine"), data("ดี")
    before = fingerprint(plain), fingerprint(thai)
    path = typefaces.found("NotoSansThai-Regular.ttf")
    assert path
    monkeypatch.setattr(typefaces, "hashes", lambda faces: {each.family: ["other"] for each in faces})

    assert fingerprint(plain) != before[0]
    assert fingerprint(thai) != before[1]


def test_what_the_bytes_depend_on_is_in_the_key():
    plain = data("Fine")

    assert rendering_key(plain) == rendering_key(data("Fine"))
    assert rendering_key(plain) != rendering_key(replace(plain, subject_title="Head of Calibration"))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(typefaces, "_installed", dict)

    assert typefaces.lacking() == ["fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"]
    assert "fonts-noto-cjk is not installed" in typefaces.warnings()[1]
    typefaces.letters.cache_clear()
    try:
        assert coverage("王", HAN["zh-Hans"]).missing == ("U+738B",)
    finally:
        typefaces.letters.cache_clear()
