"""Nobody keeps an answer of the engine or guesses its type, whatever kind of answer it is."""

import socket
from urllib.parse import urlsplit

import pytest
import requests

from qxportal.engine.models import Brand
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import Engine

WANTED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def check(answer: requests.Response, status: int) -> None:
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in WANTED} == WANTED


def test_success_in_every_form(engine: Engine, call: Caller):
    (mara,) = engine.people(1)
    review = engine.assessment("Leaders")
    engine.subject(review, mara, status="Done", report_ready=True)
    both = {"ThreeSixtyID": review.public_id, "PersonID": mara.public_id}

    check(call("getSurveys"), 200)
    check(call("getSurveys", form="XML"), 200)
    check(call("getSubjectStatus", form="CSV", ThreeSixtyID=review.public_id), 200)
    pdf = call("getSubjectReportPDF", **both, Viewer="Admin")
    assert pdf.content.startswith(b"%PDF-")
    check(pdf, 200)


def test_refusals(engine: Engine, call: Caller):
    check(call("getSurveys", version="9"), 400)
    check(requests.post(engine.url + PATH, timeout=60), 400)
    check(call("steal"), 404)
    check(requests.get(engine.url + "/nowhere", timeout=60), 404)
    check(requests.put(engine.url + PATH, timeout=60), 405)
    engine.fault("500-before")
    check(call("getSurveys"), 500)
    engine.fault("429")
    check(call("getSurveys"), 429)
    engine.fault("maintenance")
    check(call("getSurveys"), 200)


def test_redirects(engine: Engine):
    engine.run(Brand.objects.update, data_centre="https://eu.example.com")
    who = {"User": engine.api_user.user_name, "Request": "getSurveys"}

    check(requests.get(engine.url + PATH, params=who, allow_redirects=False, timeout=60), 302)
    check(requests.post(engine.url + PATH, data=who, allow_redirects=False, timeout=60), 307)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"steal the silver\r\n\r\n", 400),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: steam\r\n\r\n", 501),
    ],
)
def test_what_is_no_http(engine: Engine, sent: bytes, status: int):
    parts = urlsplit(engine.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(sent)
        head, _, body = _all_of(connection).partition(b"\r\n\r\n")

    first, *lines = head.decode().split("\r\n")
    assert first.split()[1] == str(status)
    given = dict(line.split(": ", 1) for line in lines)
    assert WANTED.items() <= given.items()
    assert int(given["Content-Length"]) == len(body)
    assert b"malformed" in body
    assert b"silver" not in body


def _all_of(connection: socket.socket) -> bytes:
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found
