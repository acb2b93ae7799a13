"""What of a DOCX paragraph is text: signs, formulas and hyphens, not what is hidden, struck out or a field code."""

import pytest

from qxportal.engine.surveys.word.docx import read
from tests.qxportal.engine.surveys.word_files import W, archive

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
STRICT, STRICT_MATH = (
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://purl.oclc.org/ooxml/officeDocument/math",
)
STYLES = """
<w:style w:type="character" w:styleId="Note"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Aside"><w:basedOn w:val="Note"/></w:style>
<w:style w:type="character" w:styleId="Shown">
<w:basedOn w:val="Note"/><w:rPr><w:vanish w:val="false"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Internal"><w:rPr><w:vanish/></w:rPr></w:style>
"""


def text(paragraph: str, *, word: str = W, math: str = MATH) -> str:
    """The text of the question that a paragraph becomes."""
    spaces = f'xmlns:w="{word}" xmlns:m="{math}"'
    body = f"<w:p><w:r><w:t>1. </w:t></w:r>{paragraph}</w:p>"
    made = archive(
        {
            "word/document.xml": f"<w:document {spaces}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {spaces}>{STYLES}</w:styles>",
        }
    )
    (stem,) = read(made).stems
    return stem.text("QuestionText")


def run(inner: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr>{inner}</w:r>"


def said(words: str, properties: str = "") -> str:
    return run(f'<w:t xml:space="preserve">{words}</w:t>', properties)


def field(kind: str) -> str:
    return run(f'<w:fldChar w:fldCharType="{kind}"/>')


FRACTION = "<m:f><m:fPr/><m:num>%s</m:num><m:den>%s</m:den></m:f>"


def m(words: str) -> str:
    return f"<m:r><m:t>{words}</m:t></m:r>"


POWER = f"<m:sSup><m:e>{m('x')}</m:e><m:sup>{m('2')}</m:sup></m:sSup>"


@pytest.mark.parametrize(
    ("paragraph", "words"),
    [
        (said("e") + run("<w:noBreakHyphen/>") + said("mail"), "e-mail"),
        (said("co") + run("<w:softHyphen/>") + said("operates, co\u00adoperates"), "cooperates, cooperates"),
        (said("a") + run("<w:ptab w:alignment='right'/>") + said("b") + run("<w:tab/>") + said("c"), "a b c"),
        (said("Done ") + run('<w:sym w:font="Wingdings" w:char="F0FC"/>'), "Done ✓"),
        (run('<w:sym w:font="Symbol" w:char="F061"/>') + run('<w:sym w:font="Symbol" w:char="57"/>'), "αΩ"),
        (run('<w:sym w:font="Arial" w:char="20AC"/>') + run('<w:sym w:font="Odd" w:char="F041"/>'), "€A"),
        (said("Seen") + said(" not seen", "<w:vanish/>"), "Seen"),
        (said("Seen", '<w:vanish w:val="0"/>') + said(" too", '<w:rStyle w:val="Shown"/>'), "Seen too"),
        (said("Seen") + said(" not", '<w:rStyle w:val="Note"/>') + said(" nor", '<w:rStyle w:val="Aside"/>'), "Seen"),
        (said("Shown", '<w:rStyle w:val="Note"/><w:vanish w:val="false"/>'), "Shown"),
        (f"<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins>{said('new')}</w:ins>", "new"),
        (f"<w:moveFrom>{said('here')}</w:moveFrom><w:moveTo>{said('there')}</w:moveTo>", "there"),
        (
            said("By ")
            + field("begin")
            + run("<w:instrText> AUTHOR </w:instrText>")
            + field("begin")
            + said("inner code")
            + field("end")
            + field("separate")
            + said("Ada")
            + field("end")
            + said("."),
            "By Ada.",
        ),
        (f'<w:fldSimple w:instr=" DATE ">{said("May")}</w:fldSimple>', "May"),
        (f"<m:oMath>{FRACTION % (m('a+b'), m('c'))}</m:oMath>", "(a+b)/c"),
        (f"<m:oMathPara><m:oMath>{POWER}</m:oMath></m:oMathPara>", "x^2"),
        (f"<m:oMath><m:rad><m:deg/><m:e>{m('n')}</m:e></m:rad></m:oMath>", "√(n)"),
        (
            "<m:oMath><m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>"
            f"<m:sub>{m('i=1')}</m:sub><m:sup>{m('n')}</m:sup><m:e>{m('i')}</m:e></m:nary></m:oMath>",
            "∑_(i=1)^n i",
        ),
        (f"<m:oMath><m:d><m:dPr/><m:e>{m('a')}</m:e></m:d></m:oMath>", "(a)"),
    ],
)
def test_a_paragraph_is_read_as_its_reader_sees_it(paragraph: str, words: str):
    assert text(paragraph) == words


def test_text_of_a_hidden_paragraph_style_is_left_out_unless_it_says_otherwise():
    style = '<w:pPr><w:pStyle w:val="Internal"/></w:pPr>'
    shown = '<w:vanish w:val="0"/>'
    body = f"<w:p>{style}{said('1. For us', shown)}{said(' alone')}</w:p>"
    made = archive(
        {
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{W}">{STYLES}</w:styles>',
        }
    )

    assert [stem.text("QuestionText") for stem in read(made).stems] == ["For us"]


def test_a_strict_document_is_read_alike():
    paragraph = (
        said("Seen") + said(" not", '<w:rStyle w:val="Note"/>') + f"<m:oMath>{FRACTION % (m('a'), m('b'))}</m:oMath>"
    )

    assert text(paragraph, word=STRICT, math=STRICT_MATH) == "Seena/b"
