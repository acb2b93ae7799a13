"""What members did is read by others, each in the language of his or her choice."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from qxportal.accounts.audit import note
from qxportal.accounts.commands import save_organisation, set_role
from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, signed_in


@pytest.fixture
def owner(org):
    """Who did it."""
    return new_member(org, Role.OWNER)


@pytest.fixture
def log(org):
    """The log's page as an auditor reads it, in one language."""

    def read(language):
        auditor = new_member(org, Role.AUDITOR)
        auditor.user.language = language
        auditor.user.save(update_fields=["language"])
        with translation.override("en"):  # what the page speaks stays active in this thread
            return signed_in(auditor.user).get(reverse("ledger:log", args=[org.slug])).content.decode()

    return read


def test_log_speaks_the_language_of_its_reader(org, owner, log):
    set_role(new_member(org, Role.READER), Role.EDITOR, by=owner)

    assert "From Reader to Editor" in log("en")
    assert "Von Leser zu Bearbeiter" in log("de")


def test_log_names_the_settings_that_were_changed(org, owner):
    save_organisation(org, by=owner, name=org.name, paused=True, terms={"Subject": "Colleague"})

    assert str(AuditEntry.objects.get(verb="organisation.changed").words) == "Pause, Terms"


def test_log_entry_of_an_earlier_release_keeps_its_text(org, owner, log):
    entry = note(org, by=owner, verb="member.role-changed", words="anything")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_auditentry SET words = %s WHERE id = %s", ["From Reader to Editor (2 %)", entry.pk]
        )

    assert "From Reader to Editor (2 %)" in log("de")


def test_log_shows_names_that_look_like_messages_as_they_are(org, owner, log):
    note(org, by=owner, verb="organisation.created", words='{"message": "%(a)s 100 %"}')

    assert "{&quot;message&quot;: &quot;%(a)s 100 %&quot;}" in log("de")
