"""An engine on another machine, behind a proxy with TLS: what is printed for it is run there as it stands."""

import io
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from assessments.models import Assessment
from qxportal.accounts.models import Credential, Member, Organisation
from qxportal.accounts.roles import Role
from tests.support.engine_fixture import Engine
from tests.support.portal_fixture import Connected
from tests.support.tenants import new_member
from tests.support.tls import Proxy, tls_proxy

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


class Operator:
    """Somebody who reads the terminal of the portal, runs on the engine's machine what it says, and pastes."""

    def __init__(self, engine: Engine, screen: io.StringIO) -> None:
        self.engine, self.screen = engine, screen
        self.run: list[str] = []

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        (line,) = [line for line in self.screen.getvalue().splitlines() if line.startswith("  manage.py ")][-1:]
        self.run.append(line.strip())
        out = io.StringIO()
        self.engine.run(call_command, *shlex.split(line)[1:], stdout=out, stderr=io.StringIO())
        return out.getvalue()


@pytest.fixture
def proxy(engine: Engine, settings, tmp_path: Path) -> Iterator[Proxy]:
    """The engine as the portal's machine sees it: by TLS, by its name."""
    with tls_proxy(engine.url, tmp_path) as found:
        settings.ENGINE_ALLOWED, settings.ENGINE_HOSTS = False, frozenset({found.name})
        settings.ENGINE_CA, settings.KEYS = found.authority, tmp_path / "keys"
        settings.REPORTS_ROOT = tmp_path / "reports"  # nothing sealed lies there from tests before
        yield found


def create(engine: Engine, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[str]]:
    screen = io.StringIO()
    operator = Operator(engine, screen)
    monkeypatch.setattr("sys.stdin", operator)
    words = ("--slug", "halden", "--owner", "ines@halden.example", "--time-zone", "Europe/Oslo", "--language", "de")
    call_command("organisation", "create", "Halden's Group", *words, "--engine", proxy.url, stdout=screen)
    return screen.getvalue(), operator.run


def test_it_works_once_the_token_was_pasted(engine: Engine, proxy: Proxy, monkeypatch):
    engine.survey("Somebody else's form")

    said, run = create(engine, proxy, monkeypatch)

    assert run == [
        """manage.py engine brand create halden --title='Halden'"'"'s Group' --language DE --time-zone Europe/Oslo"""
    ]
    assert f"The engine answers at {proxy.url}." in said
    org = Organisation.objects.get(slug="halden")
    connected = Connected(org, new_member(org, Role.ADMIN), engine)
    assert str(connected.sync().state) == "done"
    assert not Assessment.objects.exists()
    said, run = create(engine, proxy, monkeypatch)
    assert "already connected" in said
    assert run == []


def test_a_refused_token_is_asked_for_again(engine: Engine, proxy: Proxy, monkeypatch):
    create(engine, proxy, monkeypatch)
    Credential.objects.update(succeeded_at=None)
    engine.run(call_command, "engine", "token", "portal#halden", stdout=io.StringIO())  # given to somebody else

    with pytest.raises(CommandError, match=r"refused the token\. Run the same command again"):
        create(engine, proxy, monkeypatch)
    said, run = create(engine, proxy, monkeypatch)

    assert run == ["manage.py engine token 'portal#halden'"]
    assert f"The engine answers at {proxy.url}." in said


def test_without_its_authority_no_token_leaves(engine: Engine, proxy: Proxy, settings, monkeypatch):
    settings.ENGINE_CA = ""

    said, _run = create(engine, proxy, monkeypatch)

    assert "does not answer, or its certificate is not valid" in said
    assert [call.request for call in engine.calls()] == []
    assert not Member.objects.exists()
