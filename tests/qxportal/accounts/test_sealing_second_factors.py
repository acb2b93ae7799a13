"""Second factors lie sealed, those of an earlier release too; rotations, checks and retirements count them."""

import json
import re
from importlib import import_module
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from assessments.report_files import write_file
from qxportal.accounts.models import Organisation
from qxportal.accounts.second_factor import key_of_text, opened_text, sealed_text, texts_of
from qxportal.security import rotation
from qxportal.security.key_ring import add_key, keys, newest_key
from qxportal.security.models import Sealed
from qxportal.security.sealed import keep, opened
from qxportal.security.stores import STORES
from tests.qxportal.accounts.test_sealing_and_keys import age
from tests.support.tenants import new_user

PASSWORD = "nine-copper-lanterns"


@pytest.fixture
def ring(settings, tmp_path):
    settings.KEYS, settings.REPORTS_ROOT = tmp_path / "keys", tmp_path / "reports"
    add_key()
    return settings.KEYS


@pytest.fixture
def user(db, ring):
    """Somebody with both second factors."""
    made = new_user("Ruth Adeyemi", password=PASSWORD)
    TOTP.activate(made, generate_totp_secret())
    RecoveryCodes.activate(made)
    return made


def manage(*words):
    out = StringIO()
    call_command("keys", *words, stdout=out, stderr=out)
    return out.getvalue()


def rows(user):
    return list(Authenticator.objects.filter(user=user).order_by("type"))


def secrets_of(user):
    return [opened_text(text) for row in rows(user) for text in texts_of(row.data)]


def lay_open(user):
    """As an earlier release kept them."""
    for row in rows(user):
        data = {name: opened_text(text) if isinstance(text, str) else text for name, text in row.data.items()}
        Authenticator.objects.filter(pk=row.pk).update(data=data)


def signs_in(user):
    """By password and a code of the authenticator app."""
    secret = opened_text(Authenticator.objects.get(user=user, type="totp").data["secret"])
    code = format_hotp_value(hotp_value(secret, list(counters())[1]))
    browser = Client()
    browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    browser.post("/account/2fa/authenticate/", {"code": code})
    return browser.get("/account/").status_code == 200


def test_no_secret_lies_in_the_database(user):
    kept = json.dumps([row.data for row in rows(user)])

    for secret in secrets_of(user):
        assert len(secret) > 20
        assert secret not in kept
    assert signs_in(user)


def test_the_same_secret_is_sealed_differently_each_time(ring):
    assert sealed_text("ABC") != sealed_text("ABC")
    assert opened_text(sealed_text("ABC")) == "ABC"


def test_a_secret_of_an_earlier_release_works_and_is_sealed_by_the_migration(user):
    before = secrets_of(user)
    lay_open(user)
    assert before[0] in json.dumps([row.data for row in rows(user)])

    import_module("qxportal.accounts.migrations.0008_seal_second_factors").seal(apps, None)

    assert secrets_of(user) == before
    assert all(key_of_text(text) == newest_key() for row in rows(user) for text in texts_of(row.data))
    assert signs_in(user)


def test_a_secret_in_clear_is_taken_as_it_is(user):
    lay_open(user)

    assert signs_in(user)
    assert "second factors: 2 stored unsealed" in manage("status")


def test_going_back_to_the_release_before_opens_them_again(user):
    before = secrets_of(user)

    import_module("qxportal.accounts.migrations.0008_seal_second_factors").unseal(apps, None)

    assert [text for row in rows(user) for text in texts_of(row.data)] == before


def test_a_used_recovery_code_stays_used(user):
    codes = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes"))
    assert codes.validate_code(codes.get_unused_codes()[0])

    rotation.rotate()
    manage("rotate")

    left = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes")).get_unused_codes()
    assert len(left) == 9


@pytest.fixture
def everything(user):
    """Something of each kind: two second factors, a file of an open change, a report."""
    org = Organisation.objects.create(name="Ashgrove Optics", slug="ashgrove")
    keep(org.pk, "change", {"1:file": b"name,mail\n"})
    write_file(org.pk, b"%PDF-1.7 of somebody")
    return org


def test_stores_are_registered_by_their_owners():
    assert list(STORES) == [
        "credentials",
        "second factors",
        "files of open changes",
        "uploaded files",
        "reports",
        "printed letters",
        "report previews",
        "exported answers",
    ]
    assert [name for name, store in STORES.items() if store.rewrap is None] == ["reports"]


def test_keeping_needs_a_store(everything):
    with pytest.raises(KeyError, match="elsewhere"):
        keep(everything.pk, "elsewhere", {"1:file": b"lost by the next rotation"})


def test_a_rotation_takes_all_but_reports_along(everything, user):
    first, before = newest_key(), secrets_of(user)

    said = manage("rotate")

    assert "credentials (0), second factors (2), files of open changes (1)" in said
    assert STORES["second factors"].count() == {newest_key(): 2}
    assert STORES["files of open changes"].count() == {newest_key(): 1}
    assert STORES["reports"].count() == {first: 1}
    assert secrets_of(user) == before
    assert opened(everything.pk, "change", "1:file") == b"name,mail\n"
    assert signs_in(user)


def test_a_key_stays_while_any_kind_needs_it(everything, user, ring):
    first = newest_key()
    add_key()
    age(ring)

    with pytest.raises(CommandError, match=r"still seals second factors \(2\)"):
        manage("retire", first)
    Authenticator.objects.all().delete()
    with pytest.raises(CommandError, match=r"still seals files of open changes \(1\)"):
        manage("retire", first)
    Sealed.objects.all().delete()
    with pytest.raises(CommandError, match=r"still seals reports \(1\)"):
        manage("retire", first)
    assert first in keys()


def test_checking_opens_each_of_them(everything, user):
    said = manage("verify")

    assert "second factors: 2 can be opened, 0 cannot." in said
    assert "files of open changes: 1 can be opened, 0 cannot." in said
    assert "reports: 1 can be opened, 0 cannot." in said


@pytest.mark.parametrize("spoiled", ["second factors", "files of open changes", "reports"])
def test_checking_names_what_does_not_open_and_no_secret(everything, user, spoiled, settings):
    other = opened_text(sealed_text("JBSWY3DPEHPK3PXP"))
    if spoiled == "second factors":
        row = Authenticator.objects.get(user=user, type="totp")
        text = row.data["secret"]
        row.data["secret"] = text[:-8] + ("AAAAAAA=" if text[-8:] != "AAAAAAA=" else "BBBBBBB=")
        row.save()
    elif spoiled == "reports":
        (path,) = (each for each in settings.REPORTS_ROOT.rglob("*") if each.is_file())
        path.write_bytes(path.read_bytes()[:-1])
    else:
        Sealed.objects.update(record="2:file")
    out = StringIO()

    with pytest.raises(CommandError, match=f"Some {spoiled} cannot be opened"):
        call_command("keys", "verify", stdout=out, stderr=out)

    assert re.search(rf"^{spoiled}, .*damaged", out.getvalue(), re.MULTILINE)
    assert other not in out.getvalue()


def test_a_sealed_text_of_another_kind_is_no_second_factor(everything, user):
    with pytest.raises(Exception, match="damaged, or belongs to another"):
        opened_text(sealed_text("ABC").replace("sealed:", "sealed:0", 1))


def test_without_a_key_a_page_says_so_and_keeps_nothing(db, settings, tmp_path):
    settings.KEYS = tmp_path / "keys"
    browser = Client(raise_request_exception=False)
    browser.force_login(new_user("Ruth Adeyemi", password=PASSWORD))
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    page = browser.get("/account/2fa/totp/activate/").content.decode()
    secret = browser.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, next(iter(counters()))))

    answer = browser.post("/account/2fa/totp/activate/", {"code": code})

    assert secret in page
    assert answer.status_code == 503
    assert "keys status" in answer.content.decode()
    assert not Authenticator.objects.exists()
