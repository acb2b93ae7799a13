"""One command opens an organisation with a brand of its own at the engine; it is run again where it was cut short."""

import io
import json
import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.credentials import client_for, save_credential
from qxportal.accounts.models import AuditEntry, Credential, Invitation, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.failpoints import FailpointError, hits
from qxportal.engine import models as engine_models
from qxportal.security.key_ring import keys
from qxportal.setup.failpoints import FAILPOINTS
from qxportal.threesixty.calls.assessments import CreateAssessment
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.errors import BadCredential
from tests.support.engine_fixture import Engine
from tests.support.portal_fixture import Connected
from tests.support.tenants import new_member, signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

OWNER = "ines.ferreira@halden.example"


@pytest.fixture(autouse=True)
def _own_keys(settings, tmp_path):
    """A key ring that does not exist yet."""
    settings.KEYS = tmp_path / "keys"
    settings.REPORTS_ROOT = tmp_path / "reports"  # nothing sealed lies there from tests before


def manage(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def create(engine: Engine, *more: str, name: str = "Halden Group", slug: str = "halden", address: str = "") -> str:
    words = ("--slug", slug, "--owner", OWNER, "--engine", address or engine.url)
    return manage("organisation", "create", name, *words, *more)


def everything() -> list[object]:
    """All that the command makes, at both ends."""
    models: tuple[Any, ...] = (Organisation, Credential, Invitation, Member, engine_models.Brand, engine_models.User)
    rows = [list(model.objects.order_by("pk").values()) for model in models]
    for row in rows[1]:
        row.update(succeeded_at=None, heard=None, changed_at=None)
    return [*rows, list(engine_models.Survey.objects.order_by("pk").values())]


def test_one_command_gives_a_brand_and_a_credential_that_work(engine: Engine):
    said = create(engine, "--time-zone", "Europe/Oslo", "--language", "de", "--print-link")

    assert "the first key" in said
    assert f"The engine answers at {engine.url}." in said
    assert re.search(r"http://\S+/join/\S+", said)
    org = Organisation.objects.get(slug="halden")
    brand = engine_models.Brand.objects.get(name="halden")
    assert (brand.title, brand.language, brand.time_zone) == ("Halden Group", "DE", "Europe/Oslo")
    assert (org.language, org.credential.api_user) == ("de", "portal#halden")
    with client_for(org) as threesixty:
        assert list(threesixty.call(GetPersons())) == []
        surveys = threesixty.call(GetSurveys())
        assert len(surveys) == 2
        made = threesixty.call(CreateAssessment(name="Leaders", survey_id=surveys[0].vendor_id))
    assert made
    Connected(org, new_member(org, Role.ADMIN), engine).sync()
    assert Assessment.objects.get(org=org).name == "Leaders"
    assert not Person.objects.filter(org=org).exists()
    token = json.dumps(said) + json.dumps([str(entry.words) for entry in AuditEntry.objects.all()])
    assert not any(user.token_hash in token for user in engine_models.User.objects.exclude(token_hash=""))


def test_running_it_again_changes_nothing(engine: Engine):
    create(engine)
    before = everything()

    said = create(engine)

    assert "already connected" in said
    assert everything() == before
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("step", FAILPOINTS)
def test_it_is_finished_by_running_it_again(engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str):
    monkeypatch.setenv("QXP_FAILPOINT", f"{step}:raise")
    hits.clear()
    with pytest.raises(FailpointError):
        create(engine)
    assert not Member.objects.exists()
    assert not Invitation.objects.exists()
    assert mail.outbox == []
    monkeypatch.delenv("QXP_FAILPOINT")

    create(engine)

    org = Organisation.objects.get(slug="halden")
    assert engine_models.Brand.objects.filter(name="halden").count() == 1
    assert engine_models.Survey.objects.filter(brand__name="halden").count() == 2
    assert Invitation.objects.get(org=org).email == OWNER
    with client_for(org) as threesixty:
        assert list(threesixty.call(GetPersons())) == []


def test_a_brand_that_was_there_before_is_never_handed_over(engine: Engine):
    before = everything()

    with pytest.raises(CommandError, match="made for another organisation"):
        create(engine, name="Marlstone", slug="marlstone")

    assert [row for row in everything()[3:] if row] == [row for row in before[3:] if row]
    assert Credential.objects.count() == 0
    assert not Member.objects.exists()


def test_a_credential_for_something_else_stays(engine: Engine, key_ring: str):
    org = Organisation.objects.create(name="Halden Group", slug="halden")
    save_credential(org, by=None, host="eu.qualtrics.com", api_user="hr#halden", version="2.5", token="t0ken")
    before = everything()

    with pytest.raises(CommandError, match=r"already has a credential, hr#halden at https://eu\.qualtrics\.com"):
        create(engine)

    assert everything() == before


def test_a_refused_token_is_replaced(engine: Engine):
    create(engine)
    org = Organisation.objects.get(slug="halden")
    engine_models.User.objects.filter(user_name="portal#halden").update(token_hash="0" * 64)
    with pytest.raises(BadCredential), client_for(org) as threesixty:
        threesixty.call(GetPersons())

    create(engine)

    with client_for(org) as threesixty:
        assert list(threesixty.call(GetPersons())) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "Hal den"}, "is invalid"),
        ({"name": "  "}, "printable"),
        ({"address": "http://10.0.0.5:8001"}, "such as http://127.0.0.1:8001"),
        ({"address": "https://engine.halden.example"}, "QXP_ENGINE_HOSTS"),
        ({"address": "eu.qualtrics.com"}, "QXP_ENGINE_HOSTS"),
    ],
)
def test_what_cannot_be_opened_leaves_nothing(engine: Engine, wrong: dict[str, str], words: str):
    before = everything()

    with pytest.raises(CommandError, match=words):
        create(engine, **wrong)

    assert everything() == before
    assert keys() == []


def test_an_engine_that_is_not_allowed_here_is_refused(engine: Engine, settings):
    settings.ENGINE_ALLOWED = False

    with pytest.raises(CommandError, match="QXP_ENGINE_ALLOWED=1"):
        create(engine)

    assert not Organisation.objects.exists()


def test_a_lost_key_ring_is_not_replaced(engine: Engine, settings, tmp_path):
    create(engine)
    settings.KEYS = tmp_path / "elsewhere"

    with pytest.raises(CommandError, match="Bring the keys back"):
        create(engine)

    assert keys() == []


def test_an_engine_that_does_not_run_yet_is_told(engine: Engine):
    said = create(engine, address="http://127.0.0.1:10")

    assert "does not answer at http://127.0.0.1:10 yet" in said
    assert Invitation.objects.get().email == OWNER


def test_an_organisation_without_credential_is_connected_later(engine: Engine):
    manage("organisation", "create", "Halden Group", "--slug", "halden", "--owner", OWNER, "--language", "de")
    org = Organisation.objects.get()
    admin = signed_in(new_member(org, Role.ADMIN).user)
    assert "manage.py organisation connect halden<" in admin.get("/o/halden/").content.decode()
    reader = signed_in(new_member(org, Role.READER).user)
    assert "organisation connect" not in reader.get("/o/halden/").content.decode()

    for words in ("Connected Halden Group", "already connected"):
        assert words in manage("organisation", "connect", "halden", engine.url)

    assert engine_models.Brand.objects.get(name="halden").language == "DE"
    with client_for(org) as threesixty:
        assert list(threesixty.call(GetPersons())) == []
    assert "organisation connect" not in admin.get("/o/halden/").content.decode()
    with pytest.raises(CommandError, match="Unknown organisation nowhere"):
        manage("organisation", "connect", "nowhere")


# -- an engine on another machine


@pytest.fixture
def elsewhere(settings) -> str:
    """An engine that an operator named, on a machine that does not answer."""
    settings.ENGINE_ALLOWED, settings.ENGINE_HOSTS = False, frozenset({"localhost:10"})
    return "https://localhost:10"


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_an_engine_elsewhere_is_told_what_to_run_there(engine: Engine, elsewhere: str, monkeypatch):
    typed(monkeypatch, "t0ken-from-there\n")
    brands = engine_models.Brand.objects.count()

    said = create(engine, "--time-zone", "Europe/Oslo", name="Halden's Group", address=elsewhere)

    assert "manage.py engine brand create halden --title=" in said
    assert "t0ken-from-there" not in said
    assert engine_models.Brand.objects.count() == brands
    credential = Credential.objects.get(org__slug="halden")
    assert (credential.host, credential.api_user, credential.usable) == (elsewhere, "portal#halden", True)
    assert "already connected" in create(engine, name="Halden's Group", address=elsewhere)


def test_without_a_token_it_waits_for_the_next_run(engine: Engine, elsewhere: str, monkeypatch):
    typed(monkeypatch, "")
    with pytest.raises(CommandError, match="No token was entered"):
        create(engine, address=elsewhere)
    assert not Invitation.objects.exists()
    typed(monkeypatch, "t0ken-from-there")

    create(engine, address=elsewhere)

    assert Credential.objects.get().usable
    assert Invitation.objects.get().email == OWNER


# -- what becomes of it


def test_a_new_name_reaches_people_outside_hr(engine: Engine):
    create(engine)

    said = manage("organisation", "rename", "halden", "Halden AG")

    assert "Renamed Halden Group to Halden AG" in said
    assert Organisation.objects.get().name == "Halden AG"
    assert engine_models.Brand.objects.get(name="halden").title == "Halden AG"
    assert "already called" in manage("organisation", "rename", "halden", "Halden AG")
    with pytest.raises(CommandError, match="printable"):
        manage("organisation", "rename", "halden", " ")


def test_the_list_names_state_and_credential(engine: Engine):
    assert "There is no organisation" in manage("organisation", "list")
    create(engine)
    manage("organisation", "archive", "halden")

    assert f"halden\tHalden Group\tarchived\t0 members\tportal#halden at {engine.url}\n" in manage(
        "organisation", "list"
    )
    with pytest.raises(CommandError, match="is archived"):
        create(engine)


def test_the_owners_account_is_no_api_user(engine: Engine):
    User.objects.create_user(OWNER)

    create(engine)

    person = engine_models.User.objects.get(user_name="portal#halden")
    assert person.email != OWNER
    assert Member.objects.get().role == Role.OWNER
