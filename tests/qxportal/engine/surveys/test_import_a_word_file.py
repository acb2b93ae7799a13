import base64
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qxportal.engine.models import Stem, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import asked, imported, refusal
from tests.qxportal.engine.surveys.word_files import BULLET, NUMBERED, Paragraph, W, archive, docx
from tests.support.engine_fixture import Engine

HERE = Path(__file__).parent
SOON = 10.0  # seconds, on a machine that does much else
MIB = 1024 * 1024
TEAM_LEADS = (HERE / "team_leads.doc").read_bytes()  # the same paragraphs, saved by an office program
TWO_CHOICES = (HERE / "two_choices.doc").read_bytes()
PARAGRAPHS: list[Paragraph] = [
    "Feedback for team leads – “short form”",
    "",
    ("Which of these does this person use?", NUMBERED),
    "[[MultipleAnswer]]",
    ("Team meetings", BULLET),
    ("Talks in person", BULLET),
    ("Letters", BULLET),
    ("How often does this person …", NUMBERED),
    ("… listen before answering?", BULLET),
    ("… explain decisions?", BULLET),
    "",
    ("Never", BULLET),
    ("Sometimes", BULLET),
    ("Always", BULLET),
    ("What else would you like to say – also in Ελληνικά?", NUMBERED),
    ("How long have you known each other?", NUMBERED),
    ("Less than a year", (1, 1)),
    ("Longer", (1, 1)),
    "[[PageBreak]]",
    "5. Typed by hand: who are you?",
    "",
    "Colleague",
    "Manager",
]
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def told(engine: Engine, survey: Survey) -> list[tuple[str, str, str]]:
    def read() -> list[tuple[str, str, str]]:
        return [(stem.type, stem.selector, stem.text) for stem in Stem.objects.filter(survey=survey)]

    return engine.run(read)


@pytest.mark.parametrize(
    ("kind", "file"),
    [("DOCX", docx(PARAGRAPHS)), ("DOCX", docx(PARAGRAPHS, namespace=STRICT)), ("DOC", TEAM_LEADS)],
)
def test_numbered_paragraphs_are_questions_and_bullets_their_choices(
    engine: Engine, call: Caller, kind: str, file: bytes
):
    survey = imported(call, file, ImportFormat=kind)

    assert told(engine, survey) == [
        ("DB", "TB", "Feedback for team leads – “short form”"),
        ("MC", "MAVR", "Which of these does this person use?"),
        ("Matrix", "Likert", "How often does this person …"),
        ("TE", "ML", "What else would you like to say – also in Ελληνικά?"),
        ("MC", "SAVR", "How long have you known each other?"),
        ("MC", "SAVR", "Typed by hand: who are you?"),
    ]
    questions = asked(call, survey)
    assert [questions[f"QID2_{n}"].choices[0] for n in (1, 2, 3)] == ["Team meetings", "Talks in person", "Letters"]
    assert questions["QID3_2"].text == "… explain decisions?"
    assert questions["QID3_2"].choices == ["Never", "Sometimes", "Always"]
    assert questions["QID5"].choices == ["Less than a year", "Longer"]


def test_a_document_in_a_parameter_is_written_in_base64(engine: Engine, call: Caller):
    text = base64.b64encode(docx(PARAGRAPHS)).decode()

    made = call.result("importSurvey", Name="Form", ImportFormat="DOCX", FileContents=text)

    assert len(told(engine, engine.run(Survey.objects.get, public_id=made["SurveyID"]))) == 6
    refused = call.refused("importSurvey", Name="Form", ImportFormat="DOCX", FileContents="1. What?")
    assert refused == (400, "ESRV35|FileContents")


def test_tags_and_tables_of_a_document_are_read_and_what_was_struck_out_is_not(engine: Engine, call: Caller):
    run = "<w:r><w:t>{}</w:t></w:r>"
    paragraphs: list[Paragraph] = [
        "[[AdvancedFormat]]",
        "[[Question:MC]]",
        f"{run.format('Would you ')}<w:del><w:r><w:delText>never</w:delText></w:r></w:del>"
        f"<w:moveFrom>{run.format('ever')}</w:moveFrom>{run.format('do it again?')}",
        "<w:r><w:t>[[Choices]]</w:t><w:br/><w:t>Yes</w:t></w:r>",
        "No",
    ]

    survey = imported(call, docx(paragraphs), ImportFormat="DOCX")

    assert told(engine, survey) == [("MC", "SAVR", "Would you do it again?")]
    assert asked(call, survey)["QID1"].choices == ["Yes", "No"]


def test_letters_of_one_byte_are_read(call: Caller):
    wide = "1. Only simple letters here\r\rYes\rNo\r"
    narrow = wide.replace("simple", "\xe4ltere").encode("cp1252")
    place = TWO_CHOICES.index(wide.encode("utf-16-le"))
    piece = TWO_CHOICES.index(struct.pack("<BII", 2, 16, 0)) + 15  # where the piece table says that they lie
    (within,) = struct.unpack_from("<I", TWO_CHOICES, piece)
    file = bytearray(TWO_CHOICES)
    file[place : place + len(narrow)] = narrow
    file[piece : piece + 4] = struct.pack("<I", within * 2 | 0x40000000)

    questions = asked(call, imported(call, bytes(file), ImportFormat="DOC"))

    assert questions["QID1"].text == "Only ältere letters here"
    assert questions["QID1"].choices == ["Yes", "No"]


LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:document xmlns:w="x">&b;</w:document>'
FAR = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document xmlns:w="x">&a;</w:document>'


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"1. What?", "The file is no DOCX document"),
        (lambda: archive({"word/document.xml": b"0" * (65 * MIB)}), "unpacks to more than 64 MiB"),
        (lambda: archive({"word/document.xml": b" " * 1_100_000}), "or 100 times its size"),
        (archive({f"word/{number}.xml": b"x" for number in range(201)}), "more than 200 parts"),
        (archive({"other.xml": b"<a/>"}), "The document has no part word/document.xml"),
        (archive({"word/document.xml": LAUGHS}), "The part word/document.xml is no sound XML"),
        (archive({"word/document.xml": FAR}), "The part word/document.xml is no sound XML"),
        (archive({"word/document.xml": "<a><b></a>"}), "The part word/document.xml is no sound XML"),
        (archive({"word/document.xml": "<a>" * 200 + "</a>" * 200}), "or they lie too deep"),
        (docx(PARAGRAPHS)[:-300], "The file is no DOCX document"),
        (docx(PARAGRAPHS, parts={"word/numbering.xml": "<a"}), "The part word/numbering.xml is no sound XML"),
        (docx([("Only a list", BULLET)]), "it has no question that can be answered"),
        (docx(["[[Question:Hologram]]"]), "Line 1: 'Hologram' is no type of question"),
    ],
)
def test_a_hostile_or_broken_docx_is_refused(call: Caller, file: bytes | Callable[[], bytes], words: str):
    assert words in refusal(call, file() if callable(file) else file, ImportFormat="DOCX")


def test_a_docx_whose_content_was_damaged_is_refused(call: Caller):
    file = bytearray(docx(PARAGRAPHS))
    place = file.index(b"word/document.xml") + 60
    file[place : place + 40] = b"\xff" * 40

    assert "cannot be unpacked" in refusal(call, bytes(file), ImportFormat="DOCX")


NOISE = random.Random(7).randbytes(700_000)  # keeps a document of 700 kB from looking like a bomb


def _many_attributes() -> str:
    return " ".join(f'a{number}=""' for number in range(400_000))


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (lambda: f"<!--{'>' * 60 * MIB}-->", "larger than 16 MiB or has too many attributes"),
        (lambda: f"<w:p {_many_attributes()}/>", "larger than 16 MiB or has too many attributes"),
        (lambda: "<w:p/>" * 60_000, "more than 50000 paragraphs"),
        (lambda: "<w:r/>" * 250_000, "more than 200000 elements"),
        (lambda: f"<!--{'>' * 15 * MIB}-->", "it has no question that can be answered"),
    ],
    ids=["a comment of 60 MiB", "attributes", "paragraphs", "elements", "a comment of 15 MiB"],
)
def test_a_docx_that_unpacks_to_much_work_is_refused_soon(call: Caller, inner: Callable[[], str], words: str):
    """Read in pieces, a comment of 60 MiB took minutes."""
    document = f'<w:document xmlns:w="{W}"><w:body>{inner()}</w:body></w:document>'
    file = archive({"word/document.xml": document, "word/media/photo.jpeg": NOISE})
    began = time.monotonic()

    assert words in refusal(call, file, ImportFormat="DOCX")

    assert time.monotonic() - began < SOON


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"1. What?", "The file is no DOC document"),
        (b"{\\rtf1 What?}", "The file is no DOC document"),
        (docx(PARAGRAPHS), "set ImportFormat to DOCX"),
        (TEAM_LEADS[:600], "The file is no DOC document"),
        (TEAM_LEADS.replace(struct.pack("<HH", 0xA5EC, 0x101), struct.pack("<HH", 0xA5EC, 0x65)), "older than Word 97"),
    ],
)
def test_a_broken_doc_is_refused(call: Caller, file: bytes, words: str):
    assert words in refusal(call, file, ImportFormat="DOC")


def test_a_doc_with_any_byte_changed_is_read_or_refused(call: Caller):
    for at in range(0, len(TEAM_LEADS), 257):
        file = bytearray(TEAM_LEADS)
        file[at] ^= 0xFF
        answer = call.upload("importSurvey", bytes(file), Name="Form", ImportFormat="DOC")
        assert answer.status_code in (200, 400), (at, answer.text)
