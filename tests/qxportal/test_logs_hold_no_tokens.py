"""What the web process writes about requests: no token of a mailed link, and the address of the real caller."""

import json
import re
from urllib.parse import quote, urlsplit

import pytest
import structlog
from django.core import mail
from django.test import Client, RequestFactory

from qxportal.accounts.callers import RequestLog, caller_of
from qxportal.accounts.commands import invite
from qxportal.accounts.models import Member, User
from qxportal.accounts.roles import Role
from qxportal.redaction import redact_event, redacted
from tests.support.ports import free_port
from tests.support.processes import wait_for
from tests.support.tenants import new_member, new_user, signed_in
from tests.support.web_process import Web, ask

TOKEN = "s3cr3t-T0ken_of-a-Link"
PATHS = [
    f"/join/{TOKEN}/",
    f"/account/password/reset/key/2f-{TOKEN}/",
    f"/account/confirm-email/{TOKEN}/",
    f"/l/{TOKEN}:1xXf:{TOKEN}/",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "line",
    ["{}", "GET {}", "Unprocessable Entity: {}", "https://portal.example{}?next=x", "next={}&a=b", "['{}', 1]"],
)
def test_no_line_keeps_the_token_of_an_address(path, line):
    for written in (path, quote(path, safe=""), path.rstrip("/")):
        assert TOKEN not in redacted(line.format(written))


@pytest.mark.parametrize("name", ["token", "Token", "API_TOKEN", "password", "secret", "key", "code", "password1"])
def test_no_line_keeps_a_secret_of_a_query(name):
    assert redacted(f"GET /x/?a=1&{name}={TOKEN}&b=2") == f"GET /x/?a=1&{name}=…&b=2"


@pytest.mark.parametrize(
    "text", ["GET /o/halden/people/?q=key", "/join/", "/account/password/reset/key/2f-set-password/"]
)
def test_other_lines_stay_as_they_are(text):
    assert redacted(text) == text


def test_events_are_redacted_at_every_depth():
    event = redact_event(None, "info", {"event": PATHS[0], "deep": {"more": [PATHS[1]]}, "n": 3, "odd": {PATHS[2]: 1}})

    assert TOKEN not in json.dumps(event["deep"]) + event["event"]
    assert event["n"] == 3


# -- who asks


@pytest.mark.parametrize(
    ("behind", "headers", "found"),
    [
        (False, {"X-Forwarded-For": "6.6.6.6"}, "203.0.113.7"),
        (False, {"Client-IP": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}, "203.0.113.7"),
        (True, {"X-Forwarded-For": "6.6.6.6, 198.51.100.4"}, "198.51.100.4"),
        (True, {"X-Forwarded-For": "198.51.100.4:4711"}, "198.51.100.4"),
        (True, {"X-Forwarded-For": "6.6.6.6, [2001:db8::7]:4711"}, "2001:db8::7"),
        (True, {"X-Forwarded-For": "::ffff:198.51.100.4"}, "198.51.100.4"),
        (True, {"X-Forwarded-For": "6.6.6.6, unknown"}, "203.0.113.7"),
        (True, {"X-Forwarded-For": "6.6.6.6, "}, "203.0.113.7"),
        (True, {"Client-IP": "6.6.6.6"}, "203.0.113.7"),
        (True, {}, "203.0.113.7"),
    ],
)
def test_the_caller_is_the_peer_or_whom_our_proxy_added_last(settings, behind, headers, found):
    settings.BEHIND_PROXY = behind
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="203.0.113.7")

    assert caller_of(request) == found
    RequestLog.bind_ip(request)
    assert structlog.contextvars.get_contextvars()["ip"] == found
    structlog.contextvars.clear_contextvars()


def test_nobody_escapes_the_throttle_by_inventing_addresses(db, client):
    answers = [
        client.post(
            "/account/login/",
            {"login": f"n{n}@people.example", "password": "x"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
            REMOTE_ADDR="203.0.113.77",
        )
        for n in range(22)
    ]

    assert "Too many failed login attempts" in answers[-1].content.decode()


# -- joining


@pytest.fixture
def link(org):
    owner = new_member(org, Role.OWNER)
    invite(org, "tova.berg@ashgrove.example", Role.EDITOR, by=owner)
    found = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found[0]).path


def test_after_the_first_page_the_token_stands_in_no_address(client, org, link):
    first = client.get(link)
    token = link.split("/")[-2]

    assert token not in first.content.decode()
    assert first["Referrer-Policy"] == "strict-origin"
    weak = client.post("/join/", {"name": "Tova Berg", "password": "short"})
    assert weak.status_code == 422
    client.post("/join/", {"name": "Tova Berg", "password": "nine-copper-lanterns"})
    assert Member.objects.filter(org=org, user__email="tova.berg@ashgrove.example").exists()
    assert token not in str(client.session.items())


def test_the_invitation_survives_signing_in(org, link):
    known = User.objects.create_user("tova.berg@ashgrove.example", "nine-copper-lanterns", name="Tova Berg")
    browser = Client()
    page = browser.get(link).content.decode()
    found = re.search(r'href="(/account/login/[^"]+)"', page)
    assert found
    answer = browser.post(found[1], {"login": known.email, "password": "nine-copper-lanterns"})

    assert answer["Location"] == "/join/"
    browser.post("/join/")
    assert Member.objects.get(user=known).role == Role.EDITOR


def test_without_a_link_there_is_nothing_to_join(client, db, org):
    assert client.get("/join/").status_code == 410
    assert signed_in(new_user("Tova Berg")).post("/join/").status_code == 410


# -- a real web process


@pytest.mark.django_db(transaction=True)
def test_the_log_of_a_web_process_holds_no_token(tmp_path, org, link):
    log, port = tmp_path / "web.log", free_port()
    with Web(log, QXP_WEB_BIND=f"127.0.0.1:{port}", QXP_LOG_LEVEL="DEBUG") as process:
        wait_for(lambda: ask(port, "GET", "/health/", process)[0] == 200, "the site", alive=process)
        token = link.split("/")[-2]
        _status, page, cookies = ask(port, "GET", link)
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert csrf
        body = f"csrfmiddlewaretoken={csrf[1]}&name=Tova&password=short"
        assert ask(port, "POST", link, body=body, cookies=cookies)[0] == 422
        assert ask(port, "GET", f"/account/password/reset/key/2f-{token}/")[0] == 200
        assert ask(port, "GET", f"/account/login/?next={quote(link, safe='')}")[0] == 200
        assert ask(port, "GET", "/o/nowhere/", headers={"X-Forwarded-For": "6.6.6.6", "Client-IP": "6.6.6.6"})[0] == 302
        assert ask(port, "GET", f"{link}\x01")[0] in (400, 404)
    text = log.read_text()

    assert "Unprocessable" in text
    assert "/join/…" in text
    assert token not in text
    assert "6.6.6.6" not in text
    assert '"ip": "127.0.0.1"' in text


@pytest.mark.processes
@pytest.mark.parametrize("bind", ["unix:{}/web.sock", pytest.param("unix://{}/web.sock", marks=pytest.mark.thorough)])
def test_a_unix_socket_without_a_proxy_is_refused_with_words(tmp_path, bind):
    log = tmp_path / "web.log"
    with Web(log, QXP_WEB_BIND=bind.format(tmp_path)) as process:
        assert process.wait(60) == 1
    assert "Set QXP_BEHIND_PROXY=1" in log.read_text()
    assert "Traceback" not in log.read_text()
