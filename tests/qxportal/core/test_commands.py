"""Commands of operators speak the language of the installation, or that of --language."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from qxportal.accounts.models import Organisation
from qxportal.core.commands import SpokenCommand

SPOKEN = (
    ("qxportal.accounts", "member"),
    ("qxportal.ledger", "instance"),
    ("qxportal.setup", "backup"),
    ("qxportal.setup", "organisation"),
)


def said(*words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize(("app", "name"), SPOKEN)
def test_command_takes_a_language(app, name):
    command = load_command_class(app, name)

    assert isinstance(command, SpokenCommand)
    with pytest.raises(CommandError, match="invalid choice: 'fr'"):
        call_command(command, "--language", "fr", "status")


@pytest.mark.django_db
def test_command_speaks_the_language_that_is_asked_for(settings):
    assert "There is no organisation." in said("organisation", "list")
    assert "Es gibt keine Organisation." in said("organisation", "--language", "de", "list")
    settings.LANGUAGE_CODE = "de"
    assert "Es gibt keine Organisation." in said("organisation", "list")
    assert "There is no organisation." in said("organisation", "--language", "en", "list")


@pytest.mark.django_db
def test_refusals_and_roles_are_german_too():
    Organisation.objects.create(name="Halden", slug="halden")
    add = ("member", "--language", "de", "add", "halden", "ines@halden.example", "--role", "owner", "--print-link")

    assert "ines@halden.example als Inhaber von Halden eingeladen." in said(*add)
    with pytest.raises(CommandError, match="Bekannt sind: halden"):
        call_command("member", "--language", "de", "remove", "nowhere", "ines@halden.example")


@pytest.mark.django_db
def test_instance_tells_its_standing_in_german():
    shown = said("instance", "--language", "de", "status")

    assert "Datenbank" in shown or "Maschine" in shown
    assert "Offene Änderungen: keine." in shown


@pytest.mark.django_db
def test_language_of_an_organisation_is_another_matter():
    said("organisation", "--language", "de", "create", "Halden", "--slug=halden", "--owner=a@b.example", "--print-link")

    assert Organisation.objects.get().language == "en"
