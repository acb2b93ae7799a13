"""Answers made to use up memory or time are refused before they do."""

import time
import tracemalloc

import pytest

from qxportal.threesixty.calls.assessments import GetAssessments, GetSubjectStatus
from qxportal.threesixty.calls.persons import GetLazyPersons
from qxportal.threesixty.calls.reports import GetSubjectReportPDF
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.csv import MOST_CELLS, MOST_ROWS
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.strict_json import MOST_VALUES, read_json
from qxportal.threesixty.wire.answers import ANSWER_CAP, RawResponse, read_answer
from qxportal.threesixty.wire.markup import MOST_ATTRIBUTES, MOST_NODES, MOST_TAGS, parse_xml
from qxportal.threesixty.wire.pdf import PDF_CAP

pytestmark = pytest.mark.long

LISTING, PERSONS = GetAssessments(), GetLazyPersons()
SUBJECTS, RESPONSES = GetSubjectStatus(assessment_id="TS_1"), GetLegacyResponseData(survey_id="SV_1")
REPORT = GetSubjectReportPDF(assessment_id="TS_1", person_id="P_1", viewer="Admin")
JSON, XML, CSV, HTML, PDF = "application/json", "text/xml", "text/csv", "text/html", "application/pdf"
MEMORY, SECONDS = 200 * 1024 * 1024, 10  # of this thread alone; it takes a second or two where nothing else runs

BOMBS = {
    "json of lists": (LISTING, JSON, b'{"Result":[', b"[],", b"1]}"),
    "json of maps": (LISTING, JSON, b'{"Result":[', b"{},", b"1]}"),
    "json of rows": (PERSONS, JSON, b'{"Meta":{"Status":"Success"},"Result":{"Persons":[', b"{},", b"{}]}}"),
    "json of numbers": (LISTING, JSON, b'{"Result":[', b"1,", b"1]}"),
    "json of quotation marks": (LISTING, JSON, b'{"Result":"', b'\\"', b""),
    "csv of empty lines": (SUBJECTS, CSV, b"FirstName,LastName,Email,Status\n", b"\n", b""),
    "csv of short lines": (RESPONSES, CSV, b"V1\nResponseID\n", b"a\n", b""),
    "csv of commas": (SUBJECTS, CSV, b"FirstName,LastName,Email,Status", b",", b"\n"),
    "csv of one cell": (SUBJECTS, CSV, b"FirstName,LastName,Email,Status\n", b"a", b"\n"),
    "xml of a comment": (LISTING, XML, b"<XML><!--", b"a", b"--></XML>"),
    "xml of an attribute": (LISTING, XML, b"<XML a='", b"a", b"'/>"),
    "xml of an open attribute": (LISTING, XML, b"<XML a='", b"a", b""),
    "xml of attributes": (LISTING, XML, b"<XML", b' a=""', b"/>"),
    "xml of elements": (LISTING, XML, b"<XML>", b"<a/>", b"</XML>"),
    "html of rows": (RESPONSES, HTML, b"<table>", b"<tr>", b"</table></html>"),
    "html of brackets": (RESPONSES, HTML, b"<table>", b"<", b"</table></html>"),
    "html of open tags": (RESPONSES, HTML, b"<table>", b"<a ", b"</table></html>"),
    "html of attributes": (RESPONSES, HTML, b"<table><tr ", b"a ", b"></table></html>"),
    "html of open comments": (RESPONSES, HTML, b"<table>", b"<!--", b"</table></html>"),
    "html of half characters": (RESPONSES, HTML, b"<table><tr><td>", b"&a", b"</table></html>"),
    "html of unknown characters": (
        RESPONSES,
        HTML,
        b"<table><tr><td>",
        b"&aaaaaaaaaaaaaaaaaaaaaaa;",
        b"</table></html>",
    ),
    "pdf of hidden names": (REPORT, PDF, b"%PDF-1.7 ", b"/#41", b"/JavaScrip#74 %%EOF"),
    "pdf in loose base64": (REPORT, JSON, b'{"Meta":{"Status":"Success"},"Result":"', b"a ", b'"}'),
}


# Each takes a second or more; others of its kind are tried in every run.
SLOW = {"html of unknown characters", "xml of elements", "pdf of hidden names"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough if name in SLOW else ()) for name in BOMBS]
)
def test_a_bomb_is_refused_within_bounds(name):
    call, kind, head, piece, tail = BOMBS[name]
    cap = PDF_CAP if call is REPORT else ANSWER_CAP
    body = head + piece * ((cap - len(head) - len(tail)) // len(piece)) + tail
    answer = RawResponse(200, {"content-type": kind}, body)
    tracemalloc.start()
    begun = time.thread_time()
    try:
        with pytest.raises(MalformedResponse):
            call.read(read_answer(call, answer))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert time.thread_time() - begun < SECONDS
    assert peak < MEMORY


def xml(inner: bytes) -> bytes:
    return b"<XML>" + inner + b"</XML>"


def test_xml_may_be_as_large_as_its_bounds():
    assert len(parse_xml(xml(b"<a/>" * (MOST_NODES - 1)))) == MOST_NODES - 1
    assert len(parse_xml(xml(b'<a b="" c=""/>' * 1000))) == 1000
    with pytest.raises(MalformedResponse, match="too many elements"):
        parse_xml(xml(b"<a/>" * MOST_NODES))
    with pytest.raises(MalformedResponse, match="too many attributes"):
        parse_xml(xml(b"<a b='' c='' d=''/>" * (MOST_ATTRIBUTES // 3 + 1)))


def test_json_may_have_as_many_values_as_its_bound():
    assert read_json(b"[" + b"1," * (MOST_VALUES - 1) + b"1]")[-1] == 1
    with pytest.raises(MalformedResponse, match="too many values"):
        read_json(b"[" + b"1," * MOST_VALUES + b"1]")


def subjects(rows: bytes):
    head = b"FirstName,LastName,Email,Status\n"
    return SUBJECTS.read(read_answer(SUBJECTS, RawResponse(200, {"content-type": CSV}, head + rows)))


@pytest.mark.thorough
def test_a_table_may_have_as_many_rows_and_cells_as_its_bounds():
    row = b"Anna,Berger,a@b.example,Done\n"
    assert len(subjects(row * (MOST_ROWS - 1))) == MOST_ROWS - 1
    with pytest.raises(MalformedResponse, match="more than 250,000 rows"):
        subjects(row * MOST_ROWS)
    with pytest.raises(MalformedResponse, match="more than 5,000,000 cells"):
        subjects(b'Anna,Berger,a@b.example,"' + b"," * MOST_CELLS + b'"\n')


def test_a_page_may_have_as_many_rows_and_elements_as_its_bounds():
    def read(rows: bytes) -> int:
        page = b"<table><tr><th>V1<tr><th>ResponseID" + rows + b"</table></html>"
        return len(RESPONSES.read(read_answer(RESPONSES, RawResponse(200, {"content-type": HTML}, page))))

    assert read(b"<tr><td>R_1") == 1
    with pytest.raises(MalformedResponse, match="more than 250,000 rows"):
        read(b"<tr>" * (MOST_ROWS - 1))
    with pytest.raises(MalformedResponse, match="too many elements"):
        read(b"<b>" * MOST_TAGS)
