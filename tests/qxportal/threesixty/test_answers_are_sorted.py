"""What an answer proves: which error a caller gets, for readings and for changes."""

import socket
import time
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote_plus

import pytest

from qxportal.threesixty.calls.assessments import ActivateAssessment, GetSubjectStatus
from qxportal.threesixty.calls.surveys import GetSurvey, ImportSurvey
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, MalformedResponse, OutcomeUnknown, Rejected, TransientError
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.conftest import TOKEN, answer, failure, success
from tests.qxportal.threesixty.recorded import (
    CSV,
    CSV_TYPE,
    PDF,
    ROWS,
)
from tests.qxportal.threesixty.whole_answers import PDF_CALL, READING, RESPONSES, WHOLE

CHANGE = ActivateAssessment(assessment_id="TS_8sLqH2mTz0aXc41")
MAINTENANCE = answer("<html><body>We will be back soon</body></html>", kind="text/html")

DEEP = "[" * 60 + "]" * 60
CASES = {
    "bad token": (failure("401 Unauthorized", "ESRV1"), BadCredential, BadCredential),
    "locked for a while": (failure("401 Unauthorized", "ESRV2", Retry_After="540"), TransientError, TransientError),
    "locked until opened": (failure("401 Unauthorized", "ESRV2"), BadCredential, BadCredential),
    "bad token and a time": (failure("401 Unauthorized", "ESRV1", Retry_After="9"), BadCredential, BadCredential),
    "bad parameter": (failure("400 Bad Request", "ESRV35|ThreeSixtyID"), Rejected, Rejected),
    "no right": (failure("403 Forbidden", "ESRV3"), Rejected, Rejected),
    "unknown request": (failure("404 Not Found", ""), Rejected, Rejected),
    "too many": (answer("", status="429 Too Many"), TransientError, TransientError),
    "busy, with a time": (answer("", status="503 Unavailable", Retry_After="7"), TransientError, TransientError),
    "busy, without": (answer("", status="503 Unavailable"), TransientError, OutcomeUnknown),
    "server error": (answer("oops", status="500 Error", kind="text/html"), TransientError, OutcomeUnknown),
    "server error until close": (answer("", status="502 Bad Gateway", framing="close"), TransientError, OutcomeUnknown),
    "business error": (failure("500 Error", "ESEC27"), Rejected, Rejected),
    "success body under 500": (success({}, status="500 Error"), TransientError, OutcomeUnknown),
    "error under 200": (failure("200 OK", "ESEC27"), Rejected, Rejected),
    "bad token under 200": (failure("200 OK", "ESRV1", number=401), BadCredential, BadCredential),
    "server error under 200": (failure("200 OK", "ESRV500", number=500), TransientError, OutcomeUnknown),
    "neither success nor error": (
        answer('{"Meta":{"Status":"Perhaps"},"Result":{"Assessments":[]}}'),
        MalformedResponse,
        OutcomeUnknown,
    ),
    "a length beyond belief": (
        answer("", framing="close", Content_Length="9" * 5000),
        MalformedResponse,
        OutcomeUnknown,
    ),
    "html page": (MAINTENANCE, MalformedResponse, OutcomeUnknown),
    "no status": (answer('{"Result": {"Assessments": []}}'), MalformedResponse, OutcomeUnknown),
    "empty": (answer(""), MalformedResponse, OutcomeUnknown),
    "gzip lie": (success(ROWS, Content_Encoding="gzip"), MalformedResponse, OutcomeUnknown),
    "same key twice": (
        answer('{"Meta":{"Status":"Error","Status":"Success"},"Result":{}}'),
        MalformedResponse,
        OutcomeUnknown,
    ),
    "NaN": (answer('{"Meta":{"Status":"Success"},"Result":NaN}'), MalformedResponse, OutcomeUnknown),
    "deep": (answer(f'{{"Meta":{{"Status":"Success"}},"Result":{DEEP}}}'), MalformedResponse, OutcomeUnknown),
    "nothing at all": (b"", TransientError, OutcomeUnknown),
    "see other": (answer("", status="303 See Other", Location="/elsewhere"), Rejected, OutcomeUnknown),
    "to a stranger": (answer("", status="302 Found", Location="https://evil.example/"), Rejected, Rejected),
    "to nowhere": (answer("", status="302 Found"), Rejected, Rejected),
    "to the cloud's inside": (answer("", status="307 T", Location="http://169.254.169.254/"), Rejected, Rejected),
    "to a broken address": (answer("", status="307 T", Location="http://[::1"), Rejected, Rejected),
    "in a circle": (answer("", status="302 Found", Location="/again"), Rejected, Rejected),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("call", [READING, CHANGE], ids=["reading", "change"])
def test_each_answer_is_read_by_rule(vendor, threesixty, name, call):
    said, for_reading, for_change = CASES[name]
    vendor.says(said)

    with pytest.raises(for_change if call.mutates else for_reading) as caught:
        threesixty.call(call)

    assert caught.type is (for_change if call.mutates else for_reading)
    assert TOKEN not in repr(caught.value)


def test_a_refused_survey_may_have_left_something_behind_whatever_the_status(vendor, threesixty):
    for said in (
        failure("400 Bad Request", "ESRV35|FileContents"),
        failure("200 OK", "ESRV35|FileContents"),
        failure("500 Error", "ESEC27"),
        answer("", RequestStatus="Failure"),
    ):
        vendor.says(said)
        with pytest.raises(OutcomeUnknown):
            threesixty.call(ImportSurvey(name="Leadership", file_contents=b"{}"))


def test_what_a_vendor_quotes_is_shown_without_the_secret_and_in_one_line(vendor, threesixty):
    shown = f"No:\x00 \u202e{TOKEN}\n{quote_plus(TOKEN)} {b64encode(TOKEN.encode()).decode()} " + "and so on " * 500
    vendor.says(failure("403 Forbidden", f"ESRV3|{TOKEN}\r\n{'x' * 500}", shown + TOKEN))

    with pytest.raises(Rejected) as caught:
        threesixty.call(READING)

    heard = threesixty.heard["getAssessments"].words
    assert str(caught.value) == heard
    assert heard.startswith("No:   … … … and so on")
    assert caught.value.code.startswith("ESRV3|…  xxx")
    assert (len(heard) <= 500, len(caught.value.code) <= 120) == (True, True)
    assert heard.isprintable()


def test_a_vendors_cookies_are_not_kept(vendor, threesixty):
    vendor.says(success(ROWS, Set_Cookie="visitor=7; Path=/"))

    threesixty.call(READING)
    threesixty.call(READING)

    assert b"visitor" not in vendor.asked[1]


def test_nobody_listening_means_nothing_was_done():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with ThreeSixty(url, "hr", Secret(TOKEN), allow_loopback=True) as client, pytest.raises(TransientError):
        client.call(CHANGE)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("-3", 1), ("0", 1), ("1000000000", 360), ("soon", None), ("", None)]
)
def test_a_wait_is_clamped_and_nonsense_ignored(vendor, threesixty, header, seconds):
    vendor.says(answer("", status="429 Too Many", Retry_After=header))

    with pytest.raises(TransientError) as caught:
        threesixty.call(READING)

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("where", ["head", "body"])
@pytest.mark.parametrize(("call", "error"), [(READING, TransientError), (CHANGE, OutcomeUnknown)])
def test_a_dripping_answer_is_cut_at_the_deadline(vendor, where, call, error):
    said, pieces = success(ROWS), 12
    start = 0 if where == "head" else said.index(b"\r\n\r\n") + 4
    vendor.says([said[:start], *(said[i : i + 1] for i in range(start, start + pieces * 20))])
    vendor.pause = 0.15
    begun = time.monotonic()

    with ThreeSixty(vendor.url, "hr", Secret(TOKEN), allow_loopback=True, total_seconds=0.6) as client:  # noqa: SIM117
        with pytest.raises(error, match="in time"):
            client.call(call)

    assert time.monotonic() - begun < 25  # it would drip for half a minute


def test_an_answer_beyond_the_cap_is_dropped(vendor, threesixty):
    vendor.says([answer(b" " * (17 * 1024 * 1024))])

    with pytest.raises(MalformedResponse, match="16 MB"):
        threesixty.call(READING)


def test_a_redirect_on_the_allowed_list_keeps_the_post(vendor, threesixty):
    vendor.says(answer("", status="307 TransientError Redirect", Location="/other/api.php"), success(ROWS))

    [record] = threesixty.call(READING)

    assert record.name == "Leadership 2026"
    assert [line.split(b"\r\n")[0] for line in vendor.asked] == [
        b"POST /WRAPI/ThreeSixty/api.php HTTP/1.1",
        b"POST /other/api.php HTTP/1.1",
    ]
    assert TOKEN.encode() in vendor.asked[1]


# -- cut answers: an error or the same, never something else


def test_responses_are_the_same_in_all_four_formats(vendor, threesixty):
    found = []
    for name in ("json", "csv", "xml", "html"):
        vendor.says(WHOLE[f"responses in {name}"][1])
        found.append(threesixty.call(RESPONSES))

    [record] = found[0]
    assert (record.vendor_id, record.finished, record.values) == ("R_1", True, {"Q1": "4"})
    assert found[1:] == [found[0]] * 3


@pytest.mark.parametrize("name", ["json", "csv", "xml", "html"])
def test_times_of_the_callers_own_clock_are_not_taken_for_utc(vendor, threesixty, name):
    vendor.says(WHOLE[f"responses in {name}"][1])

    [utc] = threesixty.call(RESPONSES)
    [local] = threesixty.call(replace(RESPONSES, local_time=True))

    assert (utc.started_at.isoformat(), utc.finished_at) == ("2026-03-01T09:00:00+00:00", None)
    assert (local.started_at.isoformat(), local.finished_at) == ("2026-03-01T09:00:00", None)


def test_a_survey_is_read_whole(vendor, threesixty):
    vendor.says(WHOLE["survey xml"][1])

    survey = threesixty.call(GetSurvey(survey_id="SV_1"))

    [question] = survey.questions
    assert (survey.name, survey.active, survey.languages) == ("Leadership <360>", True, ("EN", "DE"))
    assert (question.type, question.required, question.export_tag) == ("Matrix", True, "Q1")
    assert [choice.description for choice in question.choices] == ["Listens first"]
    assert [(answer.recode, answer.description) for answer in question.answers] == [("5", "Never")]
    assert survey.blocks[0].questions == ("QID1",)
    assert (survey.flow, survey.embedded_data, survey.expires_at) == ((("Block", "BL_1"),), {"Team": "Sales"}, None)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><XML><Meta><Status>Success</Status></Meta>&b;</XML>'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><XML><Meta><Status>Success</Status></Meta></XML>'


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        OUTSIDE,
        "<XML>" + "<a>" * 120 + "</a>" * 120 + "</XML>",
        "<XML>" + "<a/>" * 200_001 + "</XML>",
        "<XML><Meta><Status>Success</Status><Status>Error</Status></Meta><Result/></XML>",
        "<Html><Meta><Status>Success</Status></Meta></Html>",
    ],
    ids=["entities", "outside", "deep", "many", "twice", "another root"],
)
def test_hostile_xml_is_refused(vendor, threesixty, document):
    vendor.says(answer(document, kind="text/xml"))

    with pytest.raises(MalformedResponse):
        threesixty.call(READING)


def test_a_table_that_ends_where_the_connection_closes_is_refused(vendor, threesixty):
    vendor.says(answer(CSV, kind=CSV_TYPE, framing="close"))

    with pytest.raises(MalformedResponse, match="where it ends"):
        threesixty.call(GetSubjectStatus(assessment_id="TS_1"))


@pytest.mark.parametrize(
    "table",
    [
        "FirstName,LastName,Email\r\nAnna,Berger,anna@acme.example\r\n",
        "FirstName,LastName,Email,Status\r\nAnna,Berger\r\n",
        "FirstName,LastName,Email,Status\r\nAnna,Berger,anna@acme.example,Done",
        'FirstName,LastName,Email,Status\r\nAnna,"Berger,anna@acme.example,Done\r\n',
        "FirstName,LastName,Email,Status,email\r\n",
        ",".join(["FirstName,LastName,Email,Status", *(f"M{i}" for i in range(97))]) + "\r\n",
        f"FirstName,LastName,Email,Status\r\nAnna,{'x' * 70_000},anna@acme.example,Done\r\n",
        "",
    ],
    ids=["column missing", "uneven", "no line end", "open quote", "column twice", "101 columns", "huge cell", "empty"],
)
def test_a_table_that_is_not_whole_is_refused(vendor, threesixty, table):
    vendor.says(answer(table, kind=CSV_TYPE))

    with pytest.raises(MalformedResponse):
        threesixty.call(GetSubjectStatus(assessment_id="TS_1"))


def test_a_tables_columns_are_found_by_name(vendor, threesixty):
    vendor.says(
        answer(
            "\ufeffstatus, E-mail,EMAIL,Last Name,first name\nDONE,x,anna@acme.example,Berger,Anna\n", kind="text/csv"
        )
    )

    [subject] = threesixty.call(GetSubjectStatus(assessment_id="TS_1"))

    assert (subject.first_name, subject.last_name, subject.status) == ("Anna", "Berger", "Done")


# -- reports


def test_a_report_may_come_as_a_link_and_is_fetched_without_credentials(vendor, threesixty):
    vendor.says(success({"URL": f"{vendor.url}/files/report.pdf"}), answer(PDF, kind="application/pdf"))

    assert threesixty.call(PDF_CALL).content == PDF
    assert vendor.asked[1].startswith(b"GET /files/report.pdf ")
    assert TOKEN.encode() not in vendor.asked[1]


@pytest.mark.parametrize("link", ["https://evil.example/report.pdf", "http://10.0.0.8/report.pdf", "http://[::1"])
def test_a_report_is_not_fetched_from_a_stranger(vendor, threesixty, link):
    vendor.says(success({"URL": link}))

    with pytest.raises(MalformedResponse):
        threesixty.call(PDF_CALL)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    "content",
    [
        PDF[:-7],
        b"GIF89a" + PDF,
        PDF.replace(b"/Catalog", b"/JavaScript"),
        PDF.replace(b"/Catalog", b"/J#61vaScript"),
        PDF.replace(b"/Catalog", b"/Launch"),
        PDF.replace(b"/Catalog", b"/EmbeddedFiles"),
    ],
    ids=["cut", "picture", "script", "hidden script", "launch", "attachment"],
)
def test_an_unsound_report_is_refused(vendor, threesixty, content):
    vendor.says(answer(content, kind="application/pdf"))

    with pytest.raises(MalformedResponse):
        threesixty.call(PDF_CALL)
