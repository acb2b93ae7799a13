"""Setting, using and losing an API credential; the token is written, never read."""

import base64
import json
import logging
import pickle
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

from qxportal.accounts.credentials import NoCredential, client_for, move_host, remember_refusal, save_credential
from qxportal.accounts.models import AuditEntry, Credential
from qxportal.accounts.roles import Role
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.errors import BadCredential, Rejected, TransientError
from tests.support.tenants import new_member, signed_in

TOKEN = "mX4-otter-canal-7Qz/9+w="
HOST, USER = "https://eu.qualtrics.com", "ines.vogel@ashgrove.example#ashgrove"
FORM = {"host": "eu.qualtrics.com", "api_user": USER, "version": "2.5", "token": TOKEN}

pytestmark = pytest.mark.usefixtures("key_ring")


@pytest.fixture
def admin(org):
    """Who looks after the credential."""
    return new_member(org, Role.ADMIN)


@pytest.fixture
def page(org):
    """The address of the page."""
    return f"/o/{org.slug}/settings/credential/"


def save(org, **fields):
    given = {"host": HOST, "api_user": USER, "version": "2.5", "token": TOKEN, **fields}
    return save_credential(org, by=None, **given)


def disguises(token):
    """The token in the forms in which it might slip out."""
    raw = token.encode()
    return {token, quote(token, safe=""), base64.b64encode(raw).decode(), raw.hex(), json.dumps(token)[1:-1]}


def assert_says_nothing(text, token=TOKEN):
    for form in disguises(token):
        assert form not in text


# -- the page


def test_an_admin_sets_the_credential_and_the_log_says_so(admin, org, page):
    answer = signed_in(admin.user).post(page, FORM)

    assert answer.status_code == 302
    credential = Credential.objects.get(org=org)
    assert (credential.host, credential.api_user, credential.version) == (HOST, USER, "2.5")
    assert credential.usable
    entry = AuditEntry.objects.get(org=org, verb="credential.changed")
    assert (entry.by, entry.target, str(entry.words)) == (admin, f"{USER} at {HOST}", "Token replaced")


def test_the_token_is_in_no_page_message_log_or_row(admin, org, page, caplog):
    caplog.set_level(logging.DEBUG)
    browser = signed_in(admin.user)

    shown = browser.post(page, FORM, follow=True).content.decode()
    shown += browser.get(page).content.decode()
    shown += browser.post(page, {**FORM, "host": "elsewhere.example"}).content.decode()
    shown += browser.get(f"/o/{org.slug}/changes/").content.decode()

    assert "Credential saved" in shown
    assert_says_nothing(shown)
    assert_says_nothing(caplog.text)
    assert_says_nothing(str(list(AuditEntry.objects.values())))
    row = Credential.objects.get()
    assert TOKEN.encode() not in bytes(row.sealed_token or b"")
    assert_says_nothing(str(vars(row)))


def test_the_page_tells_when_the_token_was_set_and_that_it_never_shows_it(admin, org, page):
    save(org)

    text = signed_in(admin.user).get(page).content.decode()

    assert "never shown" in text
    assert "Test connection" in text
    assert "<dd>None</dd>" in text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "eu.qualtrics.com.evil.example",
        "https://eu.qualtrics.com@evil.example",
        "eu.qualtrics.com:8443",
        "http://eu.qualtrics.com",
        "http://169.254.169.254:80",
        "http://10.0.0.5:8000",
        "file:///etc/passwd",
        "eu.qualtrics.com/path",
        "éu.qualtrics.com",
    ],
)
def test_a_host_that_is_no_data_centre_is_refused(admin, org, page, host):
    assert signed_in(admin.user).post(page, {**FORM, "host": host}).status_code == 422
    assert not Credential.objects.filter(org=org).exists()


def test_the_engine_of_this_machine_is_a_host_only_where_that_is_allowed(admin, org, page, settings):
    browser = signed_in(admin.user)
    form = {**FORM, "host": "http://127.0.0.1:8010"}

    settings.ENGINE_ALLOWED = False
    assert browser.post(page, form).status_code == 422
    assert "127.0.0.1" not in browser.get(page).content.decode()

    settings.ENGINE_ALLOWED = True
    assert browser.post(page, form).status_code == 302


def test_an_engine_elsewhere_is_a_host_only_where_an_operator_named_it(admin, org, page, settings):
    browser = signed_in(admin.user)
    form = {**FORM, "host": "engine.halden.example"}

    assert browser.post(page, form).status_code == 422

    settings.ENGINE_ALLOWED, settings.ENGINE_HOSTS = False, frozenset({"engine.halden.example"})
    assert "engine.halden.example" in browser.get(page).content.decode()
    assert browser.post(page, {**form, "host": "https://other.halden.example"}).status_code == 422
    assert browser.post(page, form).status_code == 302
    assert Credential.objects.get(org=org).host == "https://engine.halden.example"


@pytest.mark.parametrize("version", ["1.9", "2.6", ""])
def test_a_version_that_we_do_not_speak_is_refused(admin, page, version):
    assert signed_in(admin.user).post(page, {**FORM, "version": version}).status_code == 422


# -- what a change of the form does to the token


def test_an_empty_token_field_keeps_the_token(org):
    before = bytes(save(org).sealed_token or b"")

    credential = save(org, token=None, version="2.3")

    assert bytes(credential.sealed_token or b"") == before
    assert credential.version == "2.3"


@pytest.mark.parametrize("moved", [{"host": "https://fra1.qualtrics.com"}, {"api_user": "someone.else#ashgrove"}])
def test_another_host_or_user_clears_the_token(org, moved):
    save(org)

    credential = save(org, token=None, **moved)

    assert credential.sealed_token is None
    assert credential.fingerprint == ""
    assert str(AuditEntry.objects.filter(org=org).latest("pk").words) == "Token cleared"
    with pytest.raises(NoCredential), client_for(org):
        pass


def test_another_host_with_a_new_token_keeps_that_one(org):
    save(org)

    credential = save(org, host="https://fra1.qualtrics.com", token="another-token-altogether")

    assert credential.usable
    with client_for(org) as client:
        assert client._token.reveal() == "another-token-altogether"


def test_the_same_credential_does_not_serve_two_organisations(org, rival_org, member):
    save(org)

    page = member(Role.ADMIN, org=rival_org).post(f"/o/{rival_org.slug}/settings/credential/", FORM)

    assert page.status_code == 422
    assert "used by another organisation" in page.content.decode()
    assert_says_nothing(page.content.decode())
    assert not Credential.objects.filter(org=rival_org).exists()


def test_another_user_may_have_the_same_token(org, rival_org):
    save(org)

    assert save(rival_org, api_user="tom.hale#brackwater").usable


def test_a_moved_engine_still_knows_a_token_that_is_used_twice(org, rival_org):
    credential = save(org, host="http://127.0.0.1:8010")
    move_host(credential, "http://127.0.0.1:8011")

    with pytest.raises(ValueError, match="used by another"):
        save(rival_org, host="http://127.0.0.1:8011")


# -- the sealed row


def test_a_sealed_token_moved_to_another_organisation_does_not_open(org, rival_org):
    ours = save(org)
    theirs = save(rival_org, api_user="tom.hale#brackwater", token="a-token-of-the-rival")
    Credential.objects.filter(pk=theirs.pk).update(sealed_token=ours.sealed_token)

    with pytest.raises(NoCredential, match="cannot be opened") as caught, client_for(rival_org):
        pass

    assert_says_nothing("".join(traceback.format_exception(caught.value)))


def test_a_lost_key_ring_is_said_in_words(org, settings, tmp_path):
    save(org)
    settings.KEYS = tmp_path

    with pytest.raises(NoCredential, match="cannot be opened"), client_for(org):
        pass


def test_the_client_itself_gives_the_token_to_nobody(org):
    save(org)

    with client_for(org) as client:
        assert_says_nothing(f"{client!r} {client._token!r} {client._token} {vars(client)}")
        with pytest.raises(TypeError):
            pickle.dumps(client._token)


def test_without_a_credential_the_words_say_where_to_enter_one(org):
    with pytest.raises(NoCredential, match="Settings, Credential"), client_for(org):
        pass


# -- what the vendor makes of it


@pytest.mark.django_db(databases=["default", "engine"])
def test_an_answer_is_remembered_as_a_success(connected):
    with client_for(connected.org) as client:
        client.call(GetSurveys())

    credential = Credential.objects.get(org=connected.org)
    assert credential.succeeded_at is not None
    text = signed_in(connected.admin.user).get(f"/o/{connected.org.slug}/settings/credential/").content.decode()
    assert "<dd>None</dd>" not in text


@pytest.mark.django_db(databases=["default", "engine"])
def test_a_refused_token_stops_everything_until_a_test_succeeds(connected):
    org, engine = connected.org, connected.engine
    save_credential(
        org, by=None, host=engine.url, api_user=engine.api_user.user_name, version="2.5", token="no-such-token-here"
    )

    with pytest.raises(BadCredential) as refused, client_for(org) as client:
        client.call(GetSurveys())
    asked = len(engine.calls())
    with pytest.raises(NoCredential, match="refused"), client_for(org):
        pass

    assert len(engine.calls()) == asked
    assert_says_nothing("".join(traceback.format_exception(refused.value)), "no-such-token-here")
    text = signed_in(connected.admin.user).get(f"/o/{org.slug}/settings/credential/").content.decode()
    assert "The survey service rejected this credential" in text

    Credential.objects.filter(org=org).update(sealed_token=None)
    save_credential(
        org, by=None, host=engine.url, api_user=engine.api_user.user_name, version="2.5", token=engine.api_user.token
    )
    with client_for(org, even_if_refused=True) as client:
        client.call(GetSurveys())
    assert Credential.objects.get(org=org).usable


def test_the_refusal_of_an_old_token_says_nothing_about_a_new_one(org):
    old = save(org)
    save(org, token="a-token-from-this-morning")

    remember_refusal(old, "Your token is not valid.")

    assert Credential.objects.get(org=org).usable


class _Quoting(BaseHTTPRequestHandler):
    """A vendor that quotes what it was sent."""

    status = 401

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        meta = {"Status": "Fail", "ErrorMessage": f"We cannot take the token {TOKEN} of {sent[:40]}"}
        body = json.dumps({"Meta": meta, "Result": None}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture
def quoting(org):
    """Makes the organisation's vendor one that quotes, with that status."""
    servers = []

    def start(status):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Quoting", (_Quoting,), {"status": status}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        save(org, host=f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "kind"), [(401, BadCredential), (500, TransientError)])
def test_a_vendor_that_quotes_the_token_does_not_make_us_show_it(org, quoting, status, kind, caplog):
    caplog.set_level(logging.DEBUG)
    quoting(status)

    with pytest.raises(kind) as caught, client_for(org) as client:
        client.call(GetSurveys())

    assert "token …" in str(caught.value)
    assert_says_nothing("".join(traceback.format_exception(caught.value)) + caplog.text)
    assert_says_nothing(Credential.objects.get(org=org).refusal)


def test_a_refusal_that_is_caught_on_its_way_does_not_show_it_either(org, quoting):
    quoting(403)

    with client_for(org) as client, pytest.raises(Rejected) as caught:
        client.call(GetSurveys())

    assert_says_nothing(str(caught.value))
    heard = Credential.objects.get(org=org).heard["getSurveys"]
    assert "token …" in heard["words"]
    assert_says_nothing(json.dumps(heard))
